/**
 * The epoch clock: when a peer goes on to the next epoch, with nobody in charge. It sees only counts and claims.
 * PROTOCOL.md, section 5 (rules C1 to C7).
 */
import type { Manifest } from './manifest.js'
import { addTo, createTally, largest, removeFrom, smallest, type Tally } from './tally.js'

/** What somebody's newest claim says, and when it was heard. */
export interface HeardClaim {
  readonly epoch: number
  readonly counter: number
  readonly leaving: boolean
  readonly observer: boolean
  /**
   * The signer's own pulses are heard, so that it would be heard again, had it gone on. Updates alone do not tell: who is slow,
   * or not drawn, may be far ahead of its last one.
   */
  readonly current: boolean
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
  /** Their lower median; null before the first. */
  quorumMs: number | null
  /** Updates that this epoch's quorum takes, as last expected. */
  needed: number
  /** Recent epochs that closed before their quorum was in; it may still come, and then tells how long it took. */
  readonly late: Map<number, { readonly enteredAt: number; readonly needed: number }>
  /** Newest claim of each signer, own one excluded; heard longest ago first. */
  readonly claims: Map<string, HeardClaim>
  /** Those that still count, in the same order. */
  readonly fresh: Map<string, HeardClaim>
  /** Epochs of the fresh ones, and of those among them whose signers' pulses are heard. */
  readonly freshEpochs: Tally
  readonly currentEpochs: Tally
  /** Signers whose newest claim is a goodbye. */
  readonly left: Set<string>
  /** Signers whose newest claim says that they publish nothing for now. */
  readonly watching: Set<string>
  /** Since when this peer waits for the others because it is ahead of them; null when it does not. Milliseconds. */
  heldSince: number | null
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
  /** Ahead of everybody for good: to where the others are. */
  | { readonly kind: 'back'; readonly to: number }
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
    quorumMs: null,
    needed: 0,
    late: new Map(),
    claims: new Map(),
    fresh: new Map(),
    freshEpochs: createTally(),
    currentEpochs: createTally(),
    left: new Set(),
    watching: new Set(),
    heldSince: null
  }
}

/**
 * Takes in a claim whose signature was checked. @returns whether it says anything new
 * @param current see {@link HeardClaim}
 */
export function hear(
  clock: EpochClock,
  signer: string,
  claim: Omit<HeardClaim, 'heardAt' | 'current'>,
  now: number,
  current = true
): boolean {
  const known = clock.claims.get(signer)
  // By epoch first, for a peer that starts over counts its claims from the beginning again.
  if (known !== undefined && claim.epoch < known.epoch) return false
  if (known !== undefined && claim.epoch === known.epoch && claim.counter <= known.counter) return false
  if (known !== undefined) forget(clock, signer)
  const { epoch, counter, leaving, observer } = claim
  const heard = { epoch, counter, leaving, observer, current, heardAt: now }
  clock.claims.set(signer, heard)
  if (claim.observer) clock.watching.add(signer)
  if (claim.leaving) clock.left.add(signer)
  else {
    clock.fresh.set(signer, heard)
    addTo(clock.freshEpochs, claim.epoch)
    if (current) addTo(clock.currentEpochs, claim.epoch)
  }
  if (clock.claims.size > MAX_SIGNERS) forget(clock, clock.claims.keys().next().value!)
  return true
}

function forget(clock: EpochClock, signer: string): void {
  clock.claims.delete(signer)
  clock.left.delete(signer)
  clock.watching.delete(signer)
  const fresh = clock.fresh.get(signer)
  if (fresh !== undefined) fade(clock, signer, fresh)
}

/** The claim no longer counts. It is kept, so that it cannot be heard as news again. */
function fade(clock: EpochClock, signer: string, claim: HeardClaim): void {
  clock.fresh.delete(signer)
  removeFrom(clock.freshEpochs, claim.epoch)
  if (claim.current) removeFrom(clock.currentEpochs, claim.epoch)
}

/** An update is a claim too: its author stood at its epoch. */
export function hearUpdate(clock: EpochClock, author: string, epoch: number, now: number): boolean {
  const current = clock.claims.get(author)?.current ?? false
  return hear(clock, author, { epoch, counter: 0, leaving: false, observer: false }, now, current)
}

/** Twice the median time to quorum, within the manifest's bounds; the upper bound before any quorum. */
export function deadlineMs(clock: EpochClock, rules: ClockRules): number {
  if (clock.quorumMs === null) return rules.maxEpochMs
  return Math.min(rules.maxEpochMs, Math.max(2 * clock.quorumMs, rules.minDeadlineMs))
}

/** Milliseconds after which a claim no longer counts. */
export function claimLifeMs(clock: EpochClock, rules: ClockRules, pulseMs: number): number {
  return Math.max(CLAIM_PULSES * pulseMs, 2 * deadlineMs(clock, rules))
}

/** What the claims that still count say of where the others are. */
export interface Standing {
  /** f', the liars that so many signers allow for. */
  readonly liars: number
  /** The (f'+1)-th largest claim, the own one included: at least one honest peer stands there or further on. */
  readonly furthest: number
  /** The (f'+1)-th smallest of those whose pulses are heard, the own one included: all but f' of them stand there or further on. */
  readonly slowest: number
  /** The (f'+1)-th largest of the others; minus infinity when they are too few. */
  readonly others: number
}

export function standing(clock: EpochClock, rules: ClockRules, pulseMs: number, now: number): Standing {
  const life = claimLifeMs(clock, rules, pulseMs)
  for (const [signer, claim] of clock.fresh) {
    if (now - claim.heardAt <= life) break
    fade(clock, signer, claim)
  }
  const { epoch, freshEpochs, currentEpochs } = clock
  const liars = Math.min(rules.liars, freshEpochs.size >> 1)
  const slow = Math.min(rules.liars, currentEpochs.size >> 1)
  // The k-th of the others and the own one together is between the k-th and the one before it of the others.
  const before = liars > 0 ? largest(freshEpochs, liars - 1) : Number.POSITIVE_INFINITY
  const after = slow > 0 ? smallest(currentEpochs, slow - 1) : Number.NEGATIVE_INFINITY
  return {
    liars,
    furthest: Math.min(before, Math.max(epoch, largest(freshEpochs, liars))),
    slowest: Math.max(after, Math.min(epoch, smallest(currentEpochs, slow))),
    others: largest(freshEpochs, liars)
  }
}

/** The (f'+1)-th largest fresh claim: at least one honest peer stands there or further on. */
export function claimedEpoch(clock: EpochClock, rules: ClockRules, pulseMs: number, now: number): number {
  return standing(clock, rules, pulseMs, now).furthest
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
  const where = standing(clock, rules, pulseMs, now)
  const decision = judge(clock, rules, view, where, now)
  if (decision.kind !== 'wait' || !decision.held) {
    clock.heldSince = null
    return decision
  }
  clock.heldSince ??= now
  const giveUpAt = clock.heldSince + 2 * rules.maxEpochMs
  const ahead = view.reachable > 0 && clock.epoch - where.others > rules.stalenessBound
  if (ahead && now > giveUpAt && where.others >= 0) return { kind: 'back', to: where.others }
  // Wait for the slow ones' claims to move on, or to grow old.
  let until = ahead ? Math.max(giveUpAt, now) + 1 : Number.POSITIVE_INFINITY
  for (const claim of clock.fresh.values()) {
    if (!claim.current) continue
    until = Math.min(until, claim.heardAt + claimLifeMs(clock, rules, pulseMs) + 1)
    break
  }
  return { ...decision, until }
}

function judge(
  clock: EpochClock,
  rules: ClockRules,
  view: ClockView,
  { furthest: target, slowest }: Standing,
  now: number
): ClockDecision {
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
  if (clock.epoch + 1 - slowest > rules.stalenessBound)
    return { kind: 'wait', until: Number.POSITIVE_INFINITY, held: true }
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

/** Goes back to `epoch`. What closed late after it says nothing any more. */
export function goBack(clock: EpochClock, epoch: number, now: number): void {
  clock.late.clear()
  clock.epoch = epoch
  clock.enteredAt = now
  clock.quorumAt = null
  clock.heldSince = null
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

/** Takes in how long quorums took, newest last: measured now, or kept from before a restart. */
export function learn(clock: EpochClock, ...quorumMs: readonly number[]): void {
  clock.quorumTimes.push(...quorumMs)
  clock.quorumTimes.splice(0, clock.quorumTimes.length - QUORUM_TIMES)
  if (clock.quorumTimes.length === 0) return
  const times = [...clock.quorumTimes].sort((a, b) => a - b)
  clock.quorumMs = times[(times.length - 1) >> 1]!
}
