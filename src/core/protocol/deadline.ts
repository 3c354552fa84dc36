/** How long a peer waits for a quorum: by how long recent ones took. PROTOCOL.md, section 5 (rule C1). */
import type { Manifest } from './manifest.js'

export type ClockRules = Manifest['clock']

export interface QuorumTimes {
  /** Milliseconds to quorum of recent epochs that reached it, newest last. */
  readonly quorumTimes: number[]
  /** Their lower median; null before the first. */
  quorumMs: number | null
  /** Recent epochs that closed before their quorum was in; it may still come, and then tells how long it took. */
  readonly late: Map<number, { readonly enteredAt: number; readonly needed: number }>
}

/** Enough for a median that one odd epoch does not move. */
const QUORUM_TIMES = 16
/** A quorum that comes later than this was cut off, not slow, and says nothing about the network. */
const LATE_EPOCHS = 4

export function createQuorumTimes(): QuorumTimes {
  return { quorumTimes: [], quorumMs: null, late: new Map() }
}

/** Twice the median time to quorum, within the manifest's bounds; the upper bound before any quorum. */
export function deadlineMs(clock: QuorumTimes, rules: ClockRules): number {
  if (clock.quorumMs === null) return rules.maxEpochMs
  return Math.min(rules.maxEpochMs, Math.max(2 * clock.quorumMs, rules.minDeadlineMs))
}

/**
 * An update of a closed epoch came, and there are `updates` of it now. A quorum that comes late teaches the deadline that
 * updates take longer than it thought; without that, a network that slows down would be closed upon for ever.
 */
export function hearLate(clock: QuorumTimes, epoch: number, updates: number, now: number): void {
  const closed = clock.late.get(epoch)
  if (closed === undefined || updates < closed.needed) return
  clock.late.delete(epoch)
  learn(clock, now - closed.enteredAt)
}

/** Takes in how long quorums took, newest last: measured now, or kept from before a restart. */
export function learn(clock: QuorumTimes, ...quorumMs: readonly number[]): void {
  clock.quorumTimes.push(...quorumMs)
  clock.quorumTimes.splice(0, clock.quorumTimes.length - QUORUM_TIMES)
  if (clock.quorumTimes.length === 0) return
  const times = [...clock.quorumTimes].sort((a, b) => a - b)
  clock.quorumMs = times[(times.length - 1) >> 1]!
}

/** The quorum of an epoch that closes now may still come. @param needed updates */
export function expectLate(clock: QuorumTimes, epoch: number, enteredAt: number, needed: number): void {
  clock.late.set(epoch, { enteredAt, needed })
}

/** Those that are too far back are given up. @param epoch that is entered */
export function forgetLate(clock: QuorumTimes, epoch: number): void {
  for (const closed of clock.late.keys()) if (closed < epoch - LATE_EPOCHS) clock.late.delete(closed)
}
