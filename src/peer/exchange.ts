/** What passes between this peer and its neighbours: updates, pulses, questions and answers. PROTOCOL.md, 5 to 8. */
import { answerQuestion } from '../core/protocol/antientropy.js'
import type { Effect, Input } from '../core/protocol/effects.js'
import type { SwarmState } from '../core/protocol/state.js'
import type { Verdict } from '../core/protocol/verdict.js'
import { DecodeError } from '../core/wire/error.js'
import { decodeRepairRequest } from '../core/wire/repair.js'
import type { PeerKey, RequestKind } from '../interface.js'
import type { PeerComponents } from './events.js'
import { createIncoming } from './incoming.js'
import { type Answer, ask } from './questions.js'
import type { SnapshotServer } from './snapshots.js'
import type { Unwanted } from './unwanted.js'

export interface ExchangeInit {
  readonly snapshots: SnapshotServer
  /** Hands an input to the core. @returns the verdict on an update */
  readonly feed: (input: Input) => Verdict | undefined
  readonly unwanted: Unwanted
  readonly signal: AbortSignal
}

const STOPPED: Verdict = { kind: 'ignore', reason: 'stopped' }

export function createExchange(
  state: SwarmState,
  { identity, gossip, streams, metrics }: PeerComponents,
  domain: string,
  { feed, snapshots, unwanted, signal }: ExchangeInit
) {
  const incoming = createIncoming(state, identity, domain)

  /** It did what no honest peer does. */
  function blame(peer: PeerKey): void {
    metrics?.count('penalties')
    gossip.penalise(peer)
  }

  /** Checks, takes in and counts one update. */
  async function take(bytes: Uint8Array, from: PeerKey, via: 'gossip' | 'repair'): Promise<Verdict> {
    const checked = await incoming.check(bytes, via)
    const verdict = 'update' in checked ? (feed({ type: 'update', candidate: checked, from, via }) ?? STOPPED) : checked
    const reason = verdict.kind === 'accept' ? verdict.news : verdict.reason
    metrics?.count(`updates_${verdict.kind}_${reason}`)
    return verdict
  }

  async function takeMissing(from: PeerKey, answer: Answer & { kind: 'missing' }): Promise<void> {
    const { request, updates, more } = answer
    let accepted = 0
    for (const bytes of updates) {
      // A copy: a view would keep the whole answer in memory.
      const verdict = await take(new Uint8Array(bytes), from, 'repair')
      if (verdict.kind === 'accept') accepted++
      if (verdict.kind !== 'reject') continue
      // A neighbour checks what it stores, so it cannot pass on in good faith what must be rejected.
      blame(from)
      feed({ type: 'question-failed', from, request })
      return
    }
    metrics?.count('updates_repaired', accepted)
    feed({ type: 'missing-done', from, request, accepted, more })
  }

  return {
    blame,

    /** Gossip's validator. */
    validate: (bytes: Uint8Array, from: PeerKey): Promise<Verdict> => take(bytes, from, 'gossip'),

    async hearPulse(bytes: Uint8Array, from: PeerKey): Promise<void> {
      metrics?.count('pulse_bytes_received', bytes.length)
      const checked = await incoming.checkPulse(bytes, from)
      if (checked !== undefined) {
        feed({ type: 'pulse', from, ...checked })
        return
      }
      metrics?.count('pulses_rejected')
      blame(from)
    },

    /** Puts a question of the core to a neighbour and feeds the answer back. */
    async ask(effect: Effect & { type: 'ask' }): Promise<void> {
      const { to: from, request } = effect
      const answer = await ask(streams, effect, state.manifest.limits.maxUpdateBytes, signal)
      metrics?.count('repair_bytes_received', answer.bytes)
      if (answer.kind === 'missing') {
        await takeMissing(from, answer)
      } else if (answer.kind === 'digests') {
        feed({ type: 'digests', from, request: answer.request, digests: answer.digests })
      } else if (answer.kind === 'chain') {
        feed({ type: 'chain', from, request: answer.request, answer: answer.answer })
      } else {
        if (answer.rubbish) blame(from)
        feed({ type: 'question-failed', from, request })
      }
    },

    /** Answers a neighbour. @throws {DecodeError} or {RangeError} when there is no answer to it */
    answer(kind: RequestKind, bytes: Uint8Array, from: PeerKey): Uint8Array {
      try {
        if (kind === 'snapshot') return snapshots.range(bytes)
        const request = decodeRepairRequest(bytes)
        unwanted.asked(from, request)
        return answerQuestion(state.set, request, before => snapshots.chain(before))
      } catch (error) {
        if (error instanceof DecodeError) {
          metrics?.count('requests_rejected')
          blame(from)
        }
        throw error
      }
    }
  }
}

export type Exchange = ReturnType<typeof createExchange>
