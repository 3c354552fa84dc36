/** What all hostile peers share: a genuine key, an endpoint, ears, and a timer on which they do what they like. */
import { toHex } from '../../core/bytes.js'
import { digest } from '../../core/digest.js'
import type { Manifest } from '../../core/protocol/manifest.js'
import { createSet, insertUpdate, type UpdateSet } from '../../core/protocol/set.js'
import type { Random } from '../../core/random.js'
import { decodeClaim } from '../../core/wire/claim.js'
import { CLAIM_PAYLOAD, decodeEnvelope, UPDATE_PAYLOAD } from '../../core/wire/envelope.js'
import { decodePulse, MAX_CLAIM_ENVELOPE_BYTES, type Pulse } from '../../core/wire/pulse.js'
import { peekBody } from '../../core/wire/update.js'
import type { Clock, Identity, PeerKey, RequestKind } from '../../interface.js'
import type { Endpoint } from '../network.js'

export interface HostileComponents {
  readonly identity: Identity
  readonly endpoint: Pick<Endpoint, 'gossip' | 'streams' | 'tell'>
  readonly clock: Clock
}

export interface HostileInit {
  readonly manifest: Manifest
  readonly random: Random
  /** Milliseconds from turn to turn, where its behaviour sets no pace of its own. @default 200 */
  readonly everyMs?: number
}

/** What a hostile peer knows and can do. */
export interface Hands extends HostileInit {
  readonly identity: Identity
  /** Turns taken so far. */
  readonly turn: number
  readonly neighbours: readonly PeerKey[]
  /** Where the neighbours say they are: the lower median of their newest claims; 0 before the first. */
  readonly epoch: number
  /** All updates it has heard by gossip, whether valid or not. */
  readonly set: UpdateSet
  pulse(to: PeerKey, bytes: Uint8Array): void
  gossip(bytes: Uint8Array): void
  /** Gossips to one neighbour only. */
  tell(to: PeerKey, bytes: Uint8Array): void
  /** The answer, if any, is of no interest. */
  ask(to: PeerKey, kind: RequestKind, bytes: Uint8Array): void
}

export interface Behaviour {
  /** Milliseconds from turn to turn. @default as told when it is made */
  readonly everyMs?: number
  /** @default says nothing */
  act?(hands: Hands): void | Promise<void>
  /** @default never answers */
  answer?(kind: RequestKind, bytes: Uint8Array, from: PeerKey, hands: Hands): Uint8Array | Promise<Uint8Array>
  /** An update came by gossip. */
  hear?(update: Uint8Array): void
  /** A pulse came. */
  hearPulse?(bytes: Uint8Array, pulse: Pulse): void
}

export interface HostilePeer {
  /** Listens and acts until it is stopped. */
  start(): Promise<void>
  /** Twice is fine. */
  stop(): Promise<void>
}

/** Enough for whatever it takes them to answer; nothing of the answer is kept. */
const ASK = { maxBytes: 2 ** 24, timeoutMs: 5000 }

export function createStranger(
  { identity, endpoint, clock }: HostileComponents,
  { manifest, random, everyMs = 200 }: HostileInit,
  behaviour: Behaviour
): HostilePeer {
  const { gossip, streams, tell } = endpoint
  const neighbours: PeerKey[] = []
  const claims = new Map<PeerKey, number>()
  const set = createSet()
  let turn = 0
  let stopped = false
  let cancel = () => {}

  const hands: Hands = {
    manifest,
    random,
    identity,
    neighbours,
    set,
    get turn() {
      return turn
    },
    get epoch() {
      const epochs = neighbours.map(peer => claims.get(peer) ?? 0).sort((a, b) => a - b)
      return epochs[Math.floor((epochs.length - 1) / 2)] ?? 0
    },
    pulse: (to, bytes) => void streams.pulse(to, bytes).catch(() => {}),
    gossip: bytes => void gossip.publish(bytes),
    tell,
    ask: (to, kind, bytes) => void streams.request(to, kind, bytes, ASK).catch(() => {})
  }

  function hearUpdate(bytes: Uint8Array): void {
    try {
      const { author, payload } = decodeEnvelope(bytes, { maxBytes: 2 ** 22, payloadType: UPDATE_PAYLOAD })
      const { epoch, weight, drawBits } = peekBody(payload)
      insertUpdate(set, {
        author: toHex(author),
        epoch,
        weight,
        drawBits,
        contentHash: digest(payload),
        envelope: bytes
      })
      behaviour.hear?.(bytes)
    } catch {
      // Other hostile peers' rubbish.
    }
  }

  function hearPulse(bytes: Uint8Array, from: PeerKey): void {
    try {
      const pulse = decodePulse(bytes)
      const own = { maxBytes: MAX_CLAIM_ENVELOPE_BYTES, payloadType: CLAIM_PAYLOAD }
      claims.set(from, decodeClaim(decodeEnvelope(pulse.claims[0]!, own).payload).epoch)
      behaviour.hearPulse?.(bytes, pulse)
    } catch {
      // As above.
    }
  }

  function again(): void {
    if (behaviour.act === undefined || stopped) return
    cancel = clock.after(behaviour.everyMs ?? everyMs, () => {
      const acting = behaviour.act?.(hands)
      turn++
      void Promise.resolve(acting).then(again)
    })
  }

  return {
    async start() {
      await gossip.start(async bytes => {
        hearUpdate(bytes)
        return { kind: 'ignore', reason: 'busy' } // passes nothing on
      })
      await streams.start({
        pulse: hearPulse,
        request: async (kind, bytes, from) =>
          behaviour.answer === undefined ? new Promise(() => {}) : behaviour.answer(kind, bytes, from, hands),
        neighbour(peer, connected) {
          const at = neighbours.indexOf(peer)
          if (connected && at < 0) neighbours.push(peer)
          else if (!connected && at >= 0) neighbours.splice(at, 1)
        }
      })
      again()
    },
    async stop() {
      if (stopped) return
      stopped = true
      cancel()
      await gossip.stop()
      await streams.stop()
    }
  }
}
