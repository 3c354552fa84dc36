/**
 * Listening: a peer that was away, or starts again, first learns what happened, and what it may itself have signed. PROTOCOL.md,
 * rule C7.
 */
import type { Pulse } from '../wire/pulse.js'
import { MAX_MISSING_EPOCHS } from '../wire/repair.js'
import { claimedEpoch } from './claims.js'
import { reachable } from './expect.js'
import type { Neighbour, SwarmState } from './state.js'

/** When a peer stops waiting for answers, milliseconds. Alone, there is nobody to wait for. */
export function listensUntil({ own, clock, manifest }: SwarmState): number {
  if (own.listeningSince === null) return Number.POSITIVE_INFINITY
  const { aloneGraceMs, maxEpochMs } = manifest.clock
  return own.listeningSince + (clock.firstNeighbourAt === null ? aloneGraceMs : 2 * maxEpochMs)
}

/** Begins to listen, or goes on: whoever has told its history already need not tell it again. */
export function listen({ own, neighbours }: SwarmState, now: number): void {
  if (own.listeningSince === null) for (const neighbour of neighbours.values()) forgetTold(neighbour)
  own.listeningSince = now
}

export function forgetTold(neighbour: Neighbour): void {
  neighbour.owes = null
  neighbour.agreed = false
  neighbour.told = false
}

/** Takes in how a neighbour's pulse compared with the own set. */
export function noteAgreement(state: SwarmState, neighbour: Neighbour, pulse: Pulse, now: number): void {
  const { own, clock, manifest } = state
  if (own.listeningSince === null && own.missedFrom === null) return
  // Agreeing about no old epoch at all tells nothing to whom a history is missing.
  if (pulse.rootEnd === 0 && own.missedFrom !== null) return
  const { oldAgreed, oldDiffered, below, base } = neighbour.comparison
  const kept = base <= (own.missedFrom ?? base)
  // Histories that differ below what both keep: listening on teaches nothing.
  neighbour.agreed = oldAgreed || (below !== null && kept)
  // Own updates of epochs that are not taken yet would not be learnt: first the clock follows.
  const inReach = pulse.rootEnd + pulse.recent.length <= clock.epoch + manifest.clock.stalenessBound + 1
  if (neighbour.owes === null && (inReach || !own.returned) && (neighbour.agreed || (oldDiffered && kept)))
    askAll(state, neighbour, pulse)
  endListening(state, neighbour, now)
}

/** Asks about every epoch of which something may be missing: what a peer was not there for it need not find out by digests. */
function askAll({ set, own }: SwarmState, neighbour: Neighbour, { rootEnd, recent }: Pulse): void {
  const { comparison } = neighbour
  const owes = new Set<number>()
  if (!neighbour.agreed)
    for (let epoch = Math.max(set.base, own.missedFrom ?? rootEnd); epoch < rootEnd; epoch++) owes.add(epoch)
  if (own.returned) {
    for (const epoch of comparison.recentDiffered) owes.add(epoch)
    // Own updates from before may be ahead of the neighbour's clock, where its pulses do not reach.
    const from = rootEnd + recent.length
    for (let epoch = from; epoch < from + MAX_MISSING_EPOCHS; epoch++) owes.add(epoch)
  }
  for (const epoch of owes) comparison.epochs.add(epoch)
  neighbour.owes = owes
  neighbour.oldEnd = rootEnd
}

/**
 * Ends listening when most neighbours have told what they know: each had the own history at a pulse, or has answered all that was
 * asked about the difference. One is not enough, because it may be catching up too, and know as little. To be called when
 * `neighbour` told something.
 */
export function endListening(state: SwarmState, neighbour: Neighbour, now: number): void {
  const { own } = state
  if (own.listeningSince === null && own.missedFrom === null) return
  if (hasAnswered(neighbour)) neighbour.told = true
  const around = reachable(state, now)
  const told = around.filter(peer => state.neighbours.get(peer)!.told)
  if (2 * told.length <= around.length) return
  stopListening(state, now)
  own.missedFrom = null
}

/**
 * It owes no answer about old epochs. That two histories are equal at the instant of a pulse is more than can be hoped for while
 * updates come late to either, and the recent epochs, which change all the time, gossip brings.
 */
function hasAnswered({ owes, oldEnd, agreed, comparison }: Neighbour): boolean {
  if (owes === null || owes.size > 0) return false
  if (agreed) return true
  const { asking, epochs, ranges } = comparison
  if (asking || ranges.length > 0) return false
  for (const epoch of epochs) if (epoch < oldEnd) return false
  return true
}

/** Whoever was here before publishes in an epoch that nobody has yet been in. */
export function stopListening(state: SwarmState, now: number): void {
  const { own, clock, manifest, options } = state
  own.listeningSince = null
  if (!own.returned) return
  own.returned = false
  const claimed = claimedEpoch(clock, manifest.clock, options.pulseMs, now)
  own.watchUntil = Math.max(own.watchUntil, claimed + 1)
}
