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

/** Takes in how a neighbour's pulse compared with the own set. */
export function noteAgreement(state: SwarmState, neighbour: Neighbour, pulse: Pulse, now: number): void {
  const { own } = state
  if (own.listeningSince === null && own.missedFrom === null) return
  // Agreeing about no old epoch at all tells nothing to whom a history is missing.
  const agrees = hasTold(state, neighbour) && (pulse.rootEnd > 0 || own.missedFrom === null)
  neighbour.agreed = agrees
  if (!agrees) return
  if (own.returned && !neighbour.askedAhead) {
    // Own updates from before may be ahead of the neighbour's clock, where its pulses do not reach.
    neighbour.askedAhead = true
    const from = pulse.rootEnd + pulse.recent.length
    for (let epoch = from; epoch < from + MAX_MISSING_EPOCHS; epoch++) neighbour.comparison.epochs.add(epoch)
  }
  endListening(state, neighbour, now)
}

/**
 * Ends listening when most neighbours have the own history; one is not enough, because it may be catching up too, and know as
 * little. To who was here before they must also have told what they know of it. To be called when `neighbour` told something.
 */
export function endListening(state: SwarmState, neighbour: Neighbour, now: number): void {
  const { own } = state
  if (!neighbour.agreed || (own.listeningSince === null && own.missedFrom === null)) return
  const { asking, epochs, ranges } = neighbour.comparison
  neighbour.answered = neighbour.askedAhead && !asking && epochs.size === 0 && ranges.length === 0
  const around = reachable(state, now).map(peer => state.neighbours.get(peer)!)
  const agreed = around.filter(one => (own.returned ? one.agreed && one.answered : hasTold(state, one)))
  if (2 * agreed.length <= around.length) return
  stopListening(state, now)
  own.missedFrom = null
}

/** The own history is its own, or differs below what both keep, where listening on teaches nothing. */
function hasTold({ own }: SwarmState, { comparison }: Neighbour): boolean {
  const { oldAgreed, below, base } = comparison
  return oldAgreed || (below !== null && base <= (own.missedFrom ?? base))
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
