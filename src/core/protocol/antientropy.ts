/**
 * Anti-entropy: neighbours compare digests in pulses and pull what they lack. Gossip may lose anything; this is what
 * makes equal sets certain. PROTOCOL.md, section 7.
 */
import { equalBytes, toHex } from '../bytes.js'
import type { Pulse } from '../wire/pulse.js'
import { MAX_RECENT, ROOT_BYTES, SHORT_DIGEST_BYTES } from '../wire/pulse.js'
import {
  type ChainAnswer,
  type EpochHave,
  encodeChainAnswer,
  encodeDigestsAnswer,
  encodeMissingAnswer,
  MAX_HAVE,
  MAX_MISSING_EPOCHS,
  MAX_RANGES,
  MAX_REPAIR_ANSWER_BYTES,
  RANGE_DIGEST_BYTES,
  type Reckoning,
  type RepairRequest,
  type ServedSnapshot
} from '../wire/repair.js'
import { chainDigest, entriesOf, epochDigest, rangeDigest, type UpdateSet, updatesOf } from './set.js'

/** Where the comparison with one neighbour stands. */
export interface Comparison {
  /** Its newest pulse agreed with the own set. */
  equal: boolean
  /** Its newest pulse differed in the old epochs. */
  oldDiffered: boolean
  /** Its newest pulse agreed in the old epochs: false also when the two could not be compared. */
  oldAgreed: boolean
  /** Recent epochs that differed in the newest pulse. */
  recentDiffered: ReadonlySet<number>
  /** What both keep is equal from this epoch on, and the difference lies before it; null when that is not so. */
  below: number | null
  /** Since when; null with `below`. Milliseconds. */
  belowSince: number | null
  /** What its history comes to before some epochs, as it says. */
  readonly reckonings: Map<number, Reckoning>
  /** Epochs before which its history is still to be asked for. */
  readonly toReckon: Set<number>
  /** Snapshots that it serves, newest first; null before it was asked. */
  serves: readonly ServedSnapshot[] | null
  /** Ranges still to be asked about, and epochs whose missing updates are still to be asked for. */
  readonly ranges: { from: number; to: number }[]
  readonly epochs: Set<number>
  /** A question is under way. */
  asking: boolean
  /** The last question failed: nothing is asked before the next pulse shows that the neighbour is there. */
  paused: boolean
  /** First epoch of the neighbour's raw updates. */
  base: number
}

export function createComparison(): Comparison {
  return {
    equal: false,
    oldDiffered: false,
    oldAgreed: false,
    recentDiffered: new Set(),
    below: null,
    belowSince: null,
    reckonings: new Map(),
    toReckon: new Set(),
    serves: null,
    ranges: [],
    epochs: new Set(),
    asking: false,
    paused: false,
    base: 0
  }
}

/** The digests of a pulse: one root over what is older than the window, short ones for what is newer. */
export function pulseDigests(set: UpdateSet, epoch: number, window: number): Omit<Pulse, 'claims' | 'intervalMs'> {
  const rootEnd = Math.max(set.base, epoch + 1 - window)
  const recent: Uint8Array[] = []
  for (let e = rootEnd; e <= epoch && recent.length < MAX_RECENT; e++)
    recent.push(epochDigest(set, e).subarray(0, SHORT_DIGEST_BYTES))
  return { base: set.base, rootEnd, root: chainDigest(set, rootEnd).subarray(0, ROOT_BYTES), recent }
}

/**
 * Compares a neighbour's pulse with the own set. What differs in two successive pulses is put on the list to ask for;
 * what differs once may just be on its way.
 * @param newest latest epoch to look at, exclusive: beyond it updates are not taken yet
 * @param needed the pulse must tell of all epochs before this one to count as equal
 * @param atOnce who catches up asks about every difference: nothing of what it lacks is on its way
 */
export function comparePulse(
  set: UpdateSet,
  comparison: Comparison,
  pulse: Pulse,
  newest: number,
  needed: number,
  atOnce = false
): void {
  comparison.base = pulse.base
  comparison.paused = false
  const recent = new Set<number>()
  pulse.recent.forEach((short, i) => {
    const epoch = pulse.rootEnd + i
    if (epoch < set.base || epoch >= newest) return
    if (!equalBytes(short, epochDigest(set, epoch).subarray(0, SHORT_DIGEST_BYTES))) recent.add(epoch)
  })
  for (const epoch of recent) if (atOnce || comparison.recentDiffered.has(epoch)) comparison.epochs.add(epoch)
  comparison.recentDiffered = recent

  // Both sides are checked: a chain up to any epoch that a neighbour makes up would take for ever to compute.
  const comparable = set.base <= pulse.rootEnd && pulse.rootEnd <= newest
  const differs = comparable && !equalBytes(pulse.root, chainDigest(set, pulse.rootEnd).subarray(0, ROOT_BYTES))
  if (differs && (atOnce || comparison.oldDiffered) && comparison.ranges.length === 0) {
    const from = Math.max(set.base, pulse.base)
    const to = Math.min(pulse.rootEnd, newest)
    if (from < to) comparison.ranges.push({ from, to })
  }
  comparison.oldDiffered = differs
  comparison.oldAgreed = comparable && !differs
  if (!differs) forgetBelow(comparison)
  comparison.equal = comparable && !differs && recent.size === 0 && pulse.rootEnd + pulse.recent.length >= needed
}

/** Nothing is known to differ below what both keep. */
function forgetBelow(comparison: Comparison): void {
  comparison.below = null
  comparison.belowSince = null
  comparison.reckonings.clear()
}

/** The own set is another one now. */
export function resetComparison(comparison: Comparison): void {
  forgetBelow(comparison)
  comparison.equal = false
  comparison.oldDiffered = false
  comparison.oldAgreed = false
  comparison.recentDiffered = new Set()
  comparison.ranges.length = 0
  comparison.epochs.clear()
  comparison.toReckon.clear()
}

/**
 * The next question for this neighbour; undefined when there is none.
 * @param waits for a snapshot, which answers most questions about updates
 */
export function nextQuestion(set: UpdateSet, comparison: Comparison, waits = false): RepairRequest | undefined {
  if (comparison.asking || comparison.paused) return undefined
  for (const before of comparison.toReckon) {
    comparison.toReckon.delete(before)
    return { kind: 'chain', before }
  }
  if (waits) return undefined
  if (comparison.epochs.size > 0) return missingQuestion(set, comparison.epochs)
  const range = comparison.ranges.pop()
  if (range === undefined) return undefined
  const step = Math.ceil((range.to - range.from) / MAX_RANGES)
  return { kind: 'digests', from: range.from, step, count: Math.ceil((range.to - range.from) / step) }
}

/** Takes the oldest epochs off the list, as many as fit into one request. */
function missingQuestion(set: UpdateSet, wanted: Set<number>): RepairRequest {
  const epochs: EpochHave[] = []
  let room = MAX_HAVE
  for (const epoch of [...wanted].sort((a, b) => a - b).slice(0, MAX_MISSING_EPOCHS)) {
    const have = [...entriesOf(set, epoch).values()].map(entry => entry.id)
    if (have.length > room && epochs.length > 0) break
    // Of an epoch with more than 8,000 updates, some are sent again.
    epochs.push({ epoch, have: have.slice(0, room) })
    room -= have.length
    wanted.delete(epoch)
    if (room <= 0) break
  }
  return { kind: 'missing', epochs }
}

/**
 * Takes in that the answer to a `missing` question was worked off. @param accepted updates of it that were news
 * @param more the neighbour has more of them
 */
export function questionAnswered(
  comparison: Comparison,
  request: RepairRequest & { kind: 'missing' },
  accepted: number,
  more: boolean
): void {
  comparison.asking = false
  if (!more) return
  for (const { epoch } of request.epochs) comparison.epochs.add(epoch)
  // Asking on and on for what brings nothing would be a flood.
  if (accepted === 0) comparison.paused = true
}

/** Takes in what a neighbour's history comes to. */
export function chainAnswered(
  comparison: Comparison,
  request: RepairRequest & { kind: 'chain' },
  { reckoning, snapshots }: ChainAnswer
): void {
  comparison.asking = false
  comparison.serves = snapshots
  if (reckoning === null) comparison.reckonings.delete(request.before)
  else comparison.reckonings.set(request.before, reckoning)
}

/** A question was not answered: it is asked again, after the next pulse. */
export function questionFailed(comparison: Comparison, request: RepairRequest): void {
  comparison.asking = false
  comparison.paused = true
  if (request.kind === 'missing') for (const { epoch } of request.epochs) comparison.epochs.add(epoch)
  else if (request.kind === 'digests')
    comparison.ranges.push({ from: request.from, to: request.from + request.step * request.count })
}

/** Takes in digests: ranges that differ are asked about more finely, single epochs are asked for. */
export function compareRanges(
  set: UpdateSet,
  comparison: Comparison,
  request: RepairRequest & { kind: 'digests' },
  digests: readonly (Uint8Array | null)[]
): void {
  digests.forEach((theirs, i) => {
    const from = request.from + i * request.step
    const to = from + request.step
    if (theirs === null || from < set.base) return
    if (equalBytes(theirs, rangeDigest(set, from, to).subarray(0, RANGE_DIGEST_BYTES))) return
    if (request.step === 1) comparison.epochs.add(from)
    else comparison.ranges.push({ from, to })
  })
}

/**
 * The answer to a neighbour's question, at most {@link MAX_REPAIR_ANSWER_BYTES} unless a single update is larger.
 * @param chainAnswer answers a `chain` question
 */
export function answerQuestion(
  set: UpdateSet,
  request: RepairRequest,
  chainAnswer: (before: number) => ChainAnswer
): Uint8Array {
  if (request.kind === 'chain') return encodeChainAnswer(chainAnswer(request.before))
  if (request.kind === 'digests') {
    const digests = Array.from({ length: request.count }, (_, i) => {
      const from = request.from + i * request.step
      if (from < set.base) return null
      return rangeDigest(set, from, from + request.step).subarray(0, RANGE_DIGEST_BYTES)
    })
    return encodeDigestsAnswer(digests)
  }
  const updates: Uint8Array[] = []
  let bytes = 0
  for (const { epoch, have } of request.epochs) {
    const known = new Set(have.map(toHex))
    for (const entry of entriesOf(set, epoch).values()) {
      if (known.has(toHex(entry.id))) continue
      const envelopes = updatesOf(entry).map(update => update.envelope)
      const size = envelopes.reduce((sum, envelope) => sum + envelope.length, 0)
      if (bytes > 0 && bytes + size > MAX_REPAIR_ANSWER_BYTES - 1024)
        return encodeMissingAnswer({ updates, more: true })
      updates.push(...envelopes)
      bytes += size
    }
  }
  return encodeMissingAnswer({ updates, more: false })
}
