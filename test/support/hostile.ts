/** Neighbours that do not keep to the protocol: they sign with a real key and send what they like. */
import { fromHex } from '#src/core/bytes.js'
import { type Manifest, swarmId } from '#src/core/protocol/manifest.js'
import type { SparseUpdate } from '#src/core/sparse/update.js'
import { encodeClaim } from '#src/core/wire/claim.js'
import { CLAIM_PAYLOAD, encodeEnvelope, envelopeDomain, signingBytes, UPDATE_PAYLOAD } from '#src/core/wire/envelope.js'
import { encodePulse, ROOT_BYTES } from '#src/core/wire/pulse.js'
import { encodeBody } from '#src/core/wire/update.js'
import type { Identity, PeerKey, RequestKind } from '#src/interface.js'
import type { Simulation } from '#src/sim/simulation.js'

export async function signedEnvelope(
  identity: Identity,
  manifest: Manifest,
  payloadType: Uint8Array,
  payload: Uint8Array
): Promise<Uint8Array> {
  const signature = await identity.sign(signingBytes(envelopeDomain(swarmId(manifest)), payloadType, payload))
  return encodeEnvelope({ author: fromHex(identity.key), payloadType, payload, signature })
}

export interface SignedUpdate {
  readonly epoch: number
  readonly weight?: number
  readonly drawBits?: number
  /** index → level, at shift 10 */
  readonly levels: Readonly<Record<number, number>>
  readonly shift?: number
}

/** A genuine update of `identity`. */
export function signedUpdate(
  identity: Identity,
  manifest: Manifest,
  { epoch, weight = 1, drawBits = 0, levels, shift = 10 }: SignedUpdate,
  size = 48
): Promise<Uint8Array> {
  const indices = Uint32Array.from(Object.keys(levels).map(Number)).sort()
  const delta: SparseUpdate = {
    valueBits: 4,
    size,
    indices,
    levels: Int16Array.from(indices, i => levels[i]!),
    shifts: Uint8Array.of(indices.length > 0 ? shift : 0)
  }
  return signedEnvelope(identity, manifest, UPDATE_PAYLOAD, encodeBody({ epoch, weight, drawBits, delta }))
}

export interface SignedPulse {
  readonly epoch: number
  readonly counter: number
  readonly base?: number
  readonly rootEnd?: number
  readonly leaving?: boolean
}

export async function signedPulse(
  identity: Identity,
  manifest: Manifest,
  { epoch, counter, base = 0, rootEnd = 0, leaving = false }: SignedPulse
): Promise<Uint8Array> {
  const claim = encodeClaim({ epoch, counter, leaving, observer: false })
  const claims = [await signedEnvelope(identity, manifest, CLAIM_PAYLOAD, claim)]
  return encodePulse({ claims, base, rootEnd, root: new Uint8Array(ROOT_BYTES).fill(7), recent: [] })
}

export interface Hostile {
  /** @default says nothing */
  readonly everyMs?: number
  readonly act?: (tools: HostileTools) => Promise<void> | void
  /** @default never answers */
  readonly answer?: (kind: RequestKind, bytes: Uint8Array) => Promise<Uint8Array>
}

export interface HostileTools {
  readonly turn: number
  readonly neighbours: readonly PeerKey[]
  pulse(to: PeerKey, bytes: Uint8Array): void
  gossip(bytes: Uint8Array): void
}

/** Connects a hostile endpoint to `neighbours`. It acts until `stop`. */
export async function addHostile(
  flock: Simulation,
  identity: Identity,
  neighbours: readonly PeerKey[],
  { everyMs = 200, act, answer }: Hostile
): Promise<{ stop(): void }> {
  const { gossip, streams } = flock.network.endpoint(identity.key)
  await gossip.start(async () => ({ kind: 'ignore', reason: 'busy' }))
  await streams.start({
    pulse: () => {},
    request: (kind, bytes) => answer?.(kind, bytes) ?? new Promise(() => {}),
    neighbour: () => {}
  })
  for (const peer of neighbours) flock.network.connect(identity.key, peer)
  let cancel = () => {}
  let turn = 0
  const again = () => {
    cancel = flock.clock.after(everyMs, () => {
      void act?.({
        turn: turn++,
        neighbours,
        pulse: (to, bytes) => void streams.pulse(to, bytes),
        gossip: bytes => void gossip.publish(bytes)
      })
      again()
    })
  }
  if (act !== undefined) again()
  return { stop: () => cancel() }
}
