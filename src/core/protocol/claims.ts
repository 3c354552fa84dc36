/**
 * What others say of where they stand: the newest claim of each signer, which counts for a while, and what these say
 * together whoever lies. PROTOCOL.md, section 5.
 */
import { type ClockRules, deadlineMs, type QuorumTimes } from './deadline.js'
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

export interface Claims {
  /** Newest claim of each signer, own one excluded; heard longest ago first. */
  readonly claims: Map<string, HeardClaim>
  /** Those that still count, in the same order. */
  readonly fresh: Map<string, HeardClaim>
  /** Epochs of the fresh ones, and of those among them whose signers' pulses are heard. */
  readonly freshEpochs: Tally
  readonly currentEpochs: Tally
  /** Since when there was a fresh one at every look; null where there is none. Milliseconds. */
  heardSince: number | null
  /** When they were looked at last, milliseconds. */
  lookedAt: number
  /** Signers whose newest claim is a goodbye. */
  readonly left: Set<string>
  /** Signers whose newest claim says that they publish nothing for now. */
  readonly watching: Set<string>
}

/** A claim counts for this many pulse intervals after it was heard. */
export const CLAIM_PULSES = 3
/** Signers remembered; of more, those heard longest ago are dropped. 100 bytes each. */
export const MAX_SIGNERS = 4096

export function createClaims(): Claims {
  return {
    claims: new Map(),
    fresh: new Map(),
    freshEpochs: createTally(),
    currentEpochs: createTally(),
    heardSince: null,
    lookedAt: Number.NEGATIVE_INFINITY,
    left: new Set(),
    watching: new Set()
  }
}

/** With what claims are measured: the own epoch, and how long epochs take. */
export type Vantage = Claims & QuorumTimes & { readonly epoch: number }

/**
 * Takes in a claim whose signature was checked. @returns whether it says anything new
 * @param current see {@link HeardClaim}
 */
export function hear(
  clock: Claims,
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

function forget(clock: Claims, signer: string): void {
  clock.claims.delete(signer)
  clock.left.delete(signer)
  clock.watching.delete(signer)
  const fresh = clock.fresh.get(signer)
  if (fresh !== undefined) fade(clock, signer, fresh)
}

/** The claim no longer counts. It is kept, so that it cannot be heard as news again. */
function fade(clock: Claims, signer: string, claim: HeardClaim): void {
  clock.fresh.delete(signer)
  removeFrom(clock.freshEpochs, claim.epoch)
  if (claim.current) removeFrom(clock.currentEpochs, claim.epoch)
}

/** An update is a claim too: its author stood at its epoch. */
export function hearUpdate(clock: Claims, author: string, epoch: number, now: number): boolean {
  const current = clock.claims.get(author)?.current ?? false
  return hear(clock, author, { epoch, counter: 0, leaving: false, observer: false }, now, current)
}

/** Milliseconds after which a claim no longer counts. */
export function claimLifeMs(clock: QuorumTimes, rules: ClockRules, pulseMs: number): number {
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

export function standing(clock: Vantage, rules: ClockRules, pulseMs: number, now: number): Standing {
  const life = claimLifeMs(clock, rules, pulseMs)
  for (const [signer, claim] of clock.fresh) {
    if (now - claim.heardAt <= life) break
    fade(clock, signer, claim)
  }
  // Nobody was heard, or nobody was awake to hear: whoever comes now is the first.
  if (clock.fresh.size === 0) clock.heardSince = null
  else if (clock.heardSince === null || now - clock.lookedAt > life) clock.heardSince = now
  clock.lookedAt = now
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
export function claimedEpoch(clock: Vantage, rules: ClockRules, pulseMs: number, now: number): number {
  return standing(clock, rules, pulseMs, now).furthest
}
