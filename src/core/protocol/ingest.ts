/** A valid update enters the set. PROTOCOL.md, section 6. */
import type { Candidate } from './admit.js'
import { hearUpdate } from './claims.js'
import { hearLate } from './deadline.js'
import type { Effect } from './effects.js'
import { markDirty, remember } from './model.js'
import { loseResidual } from './publish.js'
import { forgetEqual } from './pulsing.js'
import { countOf, type InsertResult, insertUpdate } from './set.js'
import type { SwarmState } from './state.js'
import type { Verdict } from './verdict.js'

/**
 * Updates that repair takes per author before they must wait: a whole retention may come at once, and no author can
 * make a peer rewrite old epochs all day.
 */
const REPAIR_BURST = 4096
const REPAIR_PER_MINUTE = 256
const QUOTA_AUTHORS = 4096

/** Joins one update, an own or a checked one, into the set and what follows from it. */
export function join(state: SwarmState, { update, coordinates }: Candidate): InsertResult {
  const result = insertUpdate(state.set, update)
  if (result === 'duplicate' || result === 'before-base') return result
  remember(state.model, update, coordinates)
  markDirty(state.model, update.epoch)
  // What neighbours told of their sets before no longer shows that they have this update.
  forgetEqual(state)
  return result
}

/** Takes in one update from a neighbour, its signature checked. */
export function ingest(
  state: SwarmState,
  candidate: Candidate,
  from: string,
  via: 'gossip' | 'repair',
  now: number
): { verdict: Verdict; effects: Effect[] } {
  const { update } = candidate
  const { stalenessBound } = state.manifest.clock
  if (update.epoch > state.clock.epoch + stalenessBound) {
    // Not taken yet, but a claim: where epochs are shorter than pulses, a newcomer would never catch up by pulses alone.
    if (update.author === state.options.self) learnOwn(state, update.epoch)
    else hearUpdate(state.clock, update.author, update.epoch, now)
    return { verdict: { kind: 'ignore', reason: 'far-future' }, effects: [] }
  }
  const recent = update.epoch >= state.clock.epoch - stalenessBound
  if (via === 'repair' && !recent && !takeQuota(state, update.author, now))
    return { verdict: { kind: 'ignore', reason: 'busy' }, effects: [] }
  const result = join(state, candidate)
  if (result === 'duplicate' || result === 'before-base')
    return { verdict: { kind: 'ignore', reason: result }, effects: [] }
  state.counters.payloadBytesReceived += update.envelope.length
  if (update.author === state.options.self) {
    learnOwn(state, update.epoch)
  } else if (recent) {
    // What repair brings from long ago says where its author stood then, not where it stands.
    hearUpdate(state.clock, update.author, update.epoch, now)
  }
  if (via === 'gossip' && state.clock.late.has(update.epoch))
    hearLate(state.clock, update.epoch, countOf(state.set, update.epoch, state.manifest.limits.maxAuthors), now)
  // Whoever hands over its own second update cannot be honest; a neighbour that passes on a conflict can.
  const effects: Effect[] = result === 'conflict' && from === update.author ? [{ type: 'penalise', peer: from }] : []
  return { verdict: { kind: 'accept', news: result }, effects }
}

/** An own update from an earlier life. One that is not remembered took from the residual what is still in it here. */
function learnOwn(state: SwarmState, epoch: number): void {
  if (epoch <= state.own.signedEpoch) return
  state.own.signedEpoch = epoch
  loseResidual(state)
}

function takeQuota(state: SwarmState, author: string, now: number): boolean {
  const quota = state.repairQuota.get(author) ?? { left: REPAIR_BURST, at: now }
  quota.left = Math.min(REPAIR_BURST, quota.left + ((now - quota.at) * REPAIR_PER_MINUTE) / 60_000)
  quota.at = now
  state.repairQuota.delete(author)
  state.repairQuota.set(author, quota)
  if (state.repairQuota.size > QUOTA_AUTHORS) state.repairQuota.delete(state.repairQuota.keys().next().value!)
  if (quota.left < 1) return false
  quota.left--
  return true
}
