/**
 * The epoch clock: when a peer goes on to the next epoch, with nobody in charge. It sees only counts and claims.
 * PROTOCOL.md, section 5 (rules C1 to C7).
 */
import { type Claims, claimLifeMs, createClaims, type Standing, standing } from './claims.js'
import {
  type ClockRules,
  createQuorumTimes,
  deadlineMs,
  expectLate,
  forgetLate,
  learn,
  type QuorumTimes
} from './deadline.js'

export interface EpochClock extends Claims, QuorumTimes {
  epoch: number
  /** Milliseconds when this epoch began here. */
  enteredAt: number
  /** When the first neighbour was met; null before. */
  firstNeighbourAt: number | null
  readonly startedAt: number
  /** When this epoch's quorum was reached; null before. */
  quorumAt: number | null
  /** Updates that this epoch's quorum takes, as last expected. */
  needed: number
  /** Since when this peer waits for the others because it is ahead of them; null when it does not. Milliseconds. */
  heldSince: number | null
}

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

export function createClock(epoch: number, now: number): EpochClock {
  return {
    epoch,
    enteredAt: now,
    firstNeighbourAt: null,
    startedAt: now,
    quorumAt: null,
    needed: 0,
    heldSince: null,
    ...createQuorumTimes(),
    ...createClaims()
  }
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
  const jump = judgeJump(clock, rules, view, where)
  if (jump !== undefined && now >= jump.at) {
    clock.heldSince = null
    return { kind: 'jump', to: jump.to }
  }
  const decision = judge(clock, rules, view, where, now)
  const jumpsAt = jump?.at ?? Number.POSITIVE_INFINITY
  if (decision.kind !== 'wait' || !decision.held) {
    clock.heldSince = null
    return decision.kind === 'wait' ? { ...decision, until: Math.min(decision.until, jumpsAt) } : decision
  }
  clock.heldSince ??= now
  const giveUpAt = clock.heldSince + 2 * rules.maxEpochMs
  const ahead = view.reachable > 0 && clock.epoch - where.others > rules.stalenessBound
  if (ahead && now > giveUpAt && where.others >= 0) return { kind: 'back', to: where.others }
  // Wait for the slow ones' claims to move on, or to grow old.
  let until = Math.min(jumpsAt, ahead ? Math.max(giveUpAt, now) + 1 : Number.POSITIVE_INFINITY)
  for (const claim of clock.fresh.values()) {
    if (!claim.current) continue
    until = Math.min(until, claim.heardAt + claimLifeMs(clock, rules, pulseMs) + 1)
    break
  }
  return { ...decision, until }
}

/** Where the others' claims take this peer, and from when on it believes them. */
function judgeJump(
  clock: EpochClock,
  rules: ClockRules,
  view: ClockView,
  { furthest: target }: Standing
): { readonly to: number; readonly at: number } | undefined {
  // Others that are one epoch ahead are no reason to hurry: the updates they went on with are on their way. And a peer in
  // the middle of its local steps lets them be further ahead, so that its work still counts here.
  const far = Math.floor(rules.stalenessBound / 2)
  const patience = view.ownDone ? Math.min(1, far) : far
  if (target - clock.epoch <= patience) return undefined
  // Not far behind, epochs are closed one by one, because each is a chance to publish.
  return { to: target - clock.epoch > far ? target : clock.epoch + 1, at: believesAt(clock, rules) }
}

function judge(
  clock: EpochClock,
  rules: ClockRules,
  view: ClockView,
  { slowest }: Standing,
  now: number
): ClockDecision {
  const start = startsAt(clock, rules)
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

/** When epoch 0 may end at the earliest. */
export function startsAt(clock: EpochClock, rules: ClockRules): number {
  if (clock.epoch > 0) return Number.NEGATIVE_INFINITY
  return clock.firstNeighbourAt === null ? clock.startedAt + rules.aloneGraceMs : clock.firstNeighbourAt + rules.graceMs
}

/** When others are believed at the earliest: whoever is heard first, or first after a silence, is heard alone, and f' of two is none. */
export function believesAt(clock: EpochClock, rules: ClockRules): number {
  const { heardSince } = clock
  return Math.max(startsAt(clock, rules), heardSince === null ? Number.NEGATIVE_INFINITY : heardSince + rules.graceMs)
}

/** Enters `epoch`. Only epochs that reached quorum teach the deadline; others would make it run away. */
export function enter(clock: EpochClock, epoch: number, now: number): void {
  if (clock.epoch > 0) {
    if (clock.quorumAt !== null) learn(clock, clock.quorumAt - clock.enteredAt)
    else if (clock.needed > 0) expectLate(clock, clock.epoch, clock.enteredAt, clock.needed)
  }
  forgetLate(clock, epoch)
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
