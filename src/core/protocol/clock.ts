/**
 * The epoch clock: when a peer goes on to the next epoch, with nobody in charge. It sees only counts and claims.
 * PROTOCOL.md, section 5 (rules C1 to C7).
 */
import type { Manifest } from './manifest.js'

/** What somebody's newest claim says, and when it was heard. */
export interface HeardClaim {
  readonly epoch: number
  readonly counter: number
  readonly leaving: boolean
  readonly observer: boolean
  /** Milliseconds of the own clock. */
  readonly heardAt: number
}

export interface EpochClock {
  epoch: number
  /** Milliseconds when this epoch began here. */
  enteredAt: number
  /** When the first neighbour was met; null before. */
  firstNeighbourAt: number | null
  readonly startedAt: number
  /** When this epoch's quorum was reached; null before. */
  quorumAt: number | null
  /** Milliseconds to quorum of recent epochs that reached it, newest last. */
  readonly quorumTimes: number[]
  /** Updates that this epoch's quorum takes, as last expected. */
  needed: number
  /** Recent epochs that closed before their quorum was in; it may still come, and then tells how long it took. */
  readonly late: Map<number, { readonly enteredAt: number; readonly needed: number }>
  /** Newest claim of each signer, own one excluded. */
  readonly claims: Map<string, HeardClaim>
}

export type ClockRules = Manifest['clock']

/** Circumstances that the clock cannot know by itself. */
export interface ClockView {
  /** Nothing of the peer's own is still to be published in this epoch. */
  readonly ownDone: boolean
  /** Updates of this epoch in the set, conflicts excluded, and how many are expected. */
  readonly updates: number
  readonly expected: number
  /** Reachable neighbours. */
  readonly reachable: number
}

export type ClockDecision =
  | { readonly kind: 'advance'; readonly closedBy: 'quorum' | 'deadline' }
  | { readonly kind: 'jump'; readonly to: number }
  /** Nothing to do before `until` (milliseconds) unless something arrives; `held` when ahead of the others. */
  | { readonly kind: 'wait'; readonly until: number; readonly held: boolean }

/** Enough for a median that one odd epoch does not move. */
const QUORUM_TIMES = 16
/** A claim counts for this many pulse intervals after it was heard. */
export const CLAIM_PULSES = 3
/** Signers remembered; of more, those heard longest ago are dropped. 100 bytes each. */
export const MAX_SIGNERS = 4096

export function createClock(epoch: number, now: number): EpochClock {
  return {
    epoch,
    enteredAt: now,
    firstNeighbourAt: null,
    startedAt: now,
    quorumAt: null,
    quorumTimes: [],
    needed: 0,
    late: new Map(),
    claims: new Map()
  }
}

/** Takes in a claim whose signature was checked. @returns whether it says anything new */
export function hear(clock: EpochClock, signer: string, claim: Omit<HeardClaim, 'heardAt'>, now: number): boolean {
  const known = clock.claims.get(signer)
  // By epoch first, for a peer that starts over counts its claims from the beginning again.
  if (known !== undefined && claim.epoch < known.epoch) return false
  if (known !== undefined && claim.epoch === known.epoch && claim.counter <= known.counter) return false
  clock.claims.delete(signer)
  clock.claims.set(signer, { ...claim, heardAt: now })
  if (clock.claims.size > MAX_SIGNERS) clock.claims.delete(clock.claims.keys().next().value!)
  return true
}

/** An update is a claim too: its author stood at its epoch. */
export function hearUpdate(clock: EpochClock, author: string, epoch: number, now: number): boolean {
  return hear(clock, author, { epoch, counter: 0, leaving: false, observer: false }, now)
}

/** Twice the median time to quorum, within the manifest's bounds; the upper bound before any quorum. */
export function deadlineMs(clock: EpochClock, rules: ClockRules): number {
  const times = [...clock.quorumTimes].sort((a, b) => a - b)
  if (times.length === 0) return rules.maxEpochMs
  const median = times[Math.floor((times.length - 1) / 2)]!
  return Math.min(rules.maxEpochMs, Math.max(2 * median, rules.minDeadlineMs))
}

/** Milliseconds after which a claim no longer counts. */
export function claimLifeMs(clock: EpochClock, rules: ClockRules, pulseMs: number): number {
  return Math.max(CLAIM_PULSES * pulseMs, 2 * deadlineMs(clock, rules))
}

/** Epochs claimed by fresh signers, the own one included, ascending, and the liars f' they allow for. */
export function freshClaims(clock: EpochClock, rules: ClockRules, pulseMs: number, now: number) {
  const life = claimLifeMs(clock, rules, pulseMs)
  const epochs = [clock.epoch]
  for (const claim of clock.claims.values()) if (!claim.leaving && now - claim.heardAt <= life) epochs.push(claim.epoch)
  epochs.sort((a, b) => a - b)
  return { epochs, liars: Math.min(rules.liars, Math.floor((epochs.length - 1) / 2)) }
}

/** The (f'+1)-th largest fresh claim: at least one honest peer stands there or further on. */
export function claimedEpoch(clock: EpochClock, rules: ClockRules, pulseMs: number, now: number): number {
  const { epochs, liars } = freshClaims(clock, rules, pulseMs, now)
  return epochs[epochs.length - 1 - liars]!
}

/**
 * The decision for now. With m fresh signers it is safe against f' = min(f, ⌊(m−1)/2⌋) liars.
 * @param pulseMs interval of pulses, by which claims age
 */
export function decide(
  clock: EpochClock,
  rules: ClockRules,
  view: ClockView,
  pulseMs: number,
  now: number
): ClockDecision {
  const { epochs, liars } = freshClaims(clock, rules, pulseMs, now)
  const target = epochs[epochs.length - 1 - liars]!
  // Others that are one epoch ahead are no reason to hurry: the updates they went on with are on their way. And a peer in
  // the middle of its local steps lets them be further ahead, so that its work still counts here.
  const far = Math.floor(rules.stalenessBound / 2)
  const patience = view.ownDone ? Math.min(1, far) : far
  // Nor before the start is over: whoever is heard first is heard alone, and f' of two is none.
  const start = startsAt(clock, rules)
  if (target - clock.epoch > patience && now >= start)
    // Not far behind, epochs are closed one by one, because each is a chance to publish.
    return { kind: 'jump', to: target - clock.epoch > far ? target : clock.epoch + 1 }

  const deadline = clock.enteredAt + deadlineMs(clock, rules)
  clock.needed = Math.ceil((view.expected * rules.quorumPercent) / 100)
  const quorum = view.updates >= clock.needed
  // An epoch for which nobody was drawn says nothing about how long updates take.
  if (quorum && clock.quorumAt === null && view.expected > 0) clock.quorumAt = now

  const earliest = earliestClose(clock, rules, view)
  if (!view.ownDone) return { kind: 'wait', until: now < start ? start : Number.POSITIVE_INFINITY, held: false }
  if (now < earliest) return { kind: 'wait', until: earliest, held: false }
  if (!quorum && now < deadline) return { kind: 'wait', until: Math.max(deadline, earliest), held: false }
  const slowest = epochs[liars]!
  if (clock.epoch + 1 - slowest > rules.stalenessBound) {
    // Wait for the slow ones' claims to move on, or to grow old.
    const life = claimLifeMs(clock, rules, pulseMs)
    let until = Number.POSITIVE_INFINITY
    for (const claim of clock.claims.values())
      if (!claim.leaving && now - claim.heardAt <= life) until = Math.min(until, claim.heardAt + life + 1)
    return { kind: 'wait', until, held: true }
  }
  return { kind: 'advance', closedBy: quorum ? 'quorum' : 'deadline' }
}

function earliestClose(clock: EpochClock, rules: ClockRules, view: ClockView): number {
  let earliest = Math.max(clock.enteredAt + rules.minEpochMs, startsAt(clock, rules))
  // Alone, the slow pace: whoever is cut off falls behind and can jump when it is back.
  if (view.reachable === 0) earliest = Math.max(earliest, clock.enteredAt + rules.maxEpochMs)
  return earliest
}

/** When epoch 0 may end at the earliest; before that nobody is believed. */
export function startsAt(clock: EpochClock, rules: ClockRules): number {
  if (clock.epoch > 0) return Number.NEGATIVE_INFINITY
  return clock.firstNeighbourAt === null ? clock.startedAt + rules.aloneGraceMs : clock.firstNeighbourAt + rules.graceMs
}

/** Enters `epoch`. Only epochs that reached quorum teach the deadline; others would make it run away. */
export function enter(clock: EpochClock, epoch: number, now: number): void {
  if (clock.epoch > 0) {
    if (clock.quorumAt !== null) learn(clock, clock.quorumAt - clock.enteredAt)
    else if (clock.needed > 0) clock.late.set(clock.epoch, { enteredAt: clock.enteredAt, needed: clock.needed })
  }
  for (const closed of clock.late.keys()) if (closed < epoch - LATE_EPOCHS) clock.late.delete(closed)
  clock.epoch = epoch
  clock.enteredAt = now
  clock.quorumAt = null
}

/**
 * An update of a closed epoch came, and there are `updates` of it now. A quorum that comes late teaches the deadline that
 * updates take longer than it thought; without that, a network that slows down would be closed upon for ever.
 */
export function hearLate(clock: EpochClock, epoch: number, updates: number, now: number): void {
  const closed = clock.late.get(epoch)
  if (closed === undefined || updates < closed.needed) return
  clock.late.delete(epoch)
  learn(clock, now - closed.enteredAt)
}

/** A quorum that comes later than this was cut off, not slow, and says nothing about the network. */
const LATE_EPOCHS = 4

function learn(clock: EpochClock, quorumMs: number): void {
  clock.quorumTimes.push(quorumMs)
  if (clock.quorumTimes.length > QUORUM_TIMES) clock.quorumTimes.shift()
}
