/**
 * Listening: a peer that was away, or starts again, first learns what happened, and what it may itself have signed. PROTOCOL.md,
 * rule C7.
 */
import type { Pulse } from '../wire/pulse.js'
import { MAX_MISSING_EPOCHS } from '../wire/repair.js'
import { claimedEpoch } from './clock.js'
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
  if (own.listeningSince === null)
    for (const neighbour of neighbours.values()) {
      neighbour.overlaps = false
      neighbour.told = false
    }
  own.listeningSince = now
}

/** Takes in how a neighbour's pulse compared with the own set. */
export function noteAgreement(state: SwarmState, neighbour: Neighbour, pulse: Pulse, now: number): void {
  const { own } = state
  if (own.listeningSince === null && own.missedFrom === null) return
  const { oldAgreed, oldDiffered, below, base } = neighbour.comparison
  const kept = base <= (own.missedFrom ?? base)
  // Agreeing about no old epoch at all tells nothing to whom a history is missing.
  const says = pulse.rootEnd > 0 || own.missedFrom === null
  neighbour.overlaps = says && (oldAgreed || (oldDiffered && kept))
  // Histories that differ below what both keep: listening on teaches nothing.
  if (says && (oldAgreed || (below !== null && kept))) neighbour.told = true
  if (!neighbour.overlaps && !neighbour.told) return
  if (own.returned && !neighbour.askedAhead) {
    // Own updates from before may be ahead of the neighbour's clock, where its pulses do not reach.
    neighbour.askedAhead = true
    const from = pulse.rootEnd + pulse.recent.length
    for (let epoch = from; epoch < from + MAX_MISSING_EPOCHS; epoch++) neighbour.comparison.epochs.add(epoch)
  }
  endListening(state, neighbour, now)
}

/**
 * Ends listening when most neighbours have told what they know: each had the own history at a pulse, or has answered all that was
 * asked about the difference. One is not enough, because it may be catching up too, and know as little. To be called when
 * `neighbour` told something.
 */
export function endListening(state: SwarmState, neighbour: Neighbour, now: number): void {
  const { own } = state
  if (own.listeningSince === null && own.missedFrom === null) return
  const { asking, epochs, ranges } = neighbour.comparison
  // Equal at one instant is more than can be hoped for while updates come late to either of two.
  if ((neighbour.overlaps || neighbour.told) && !asking && epochs.size === 0 && ranges.length === 0) {
    neighbour.told = true
    neighbour.answered = neighbour.askedAhead
  }
  const around = reachable(state, now).map(peer => state.neighbours.get(peer)!)
  const told = around.filter(one => one.told && (one.answered || !own.returned))
  if (2 * told.length <= around.length) return
  stopListening(state, now)
  own.missedFrom = null
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
