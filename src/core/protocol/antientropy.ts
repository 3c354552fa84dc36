/**
 * Anti-entropy: neighbours compare digests in pulses and pull what they lack. Gossip may lose anything; this is what
 * makes equal sets certain. PROTOCOL.md, section 7.
 */
import { equalBytes, toHex } from '../bytes.js'
import type { Pulse } from '../wire/pulse.js'
import { MAX_RECENT, ROOT_BYTES, SHORT_DIGEST_BYTES } from '../wire/pulse.js'
import {
  type ChainAnswer,
  encodeChainAnswer,
  encodeDigestsAnswer,
  encodeMissingAnswer,
  MAX_MISSING_EPOCHS,
  MAX_RANGES,
  MAX_REPAIR_ANSWER_BYTES,
  RANGE_DIGEST_BYTES,
  type RepairRequest
} from '../wire/repair.js'
import { chainDigest, entriesOf, epochDigest, rangeDigest, type UpdateSet, updatesOf } from './set.js'

/** Where the comparison with one neighbour stands. */
export interface Comparison {
  /** Its newest pulse agreed with the own set. */
  equal: boolean
  /** Its newest pulse and the one before differed in the old epochs. */
  oldDiffered: boolean
  /** Recent epochs that differed in the newest pulse. */
  recentDiffered: ReadonlySet<number>
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
    recentDiffered: new Set(),
    ranges: [],
    epochs: new Set(),
    asking: false,
    paused: false,
    base: 0
  }
}

/** The digests of a pulse: one root over what is older than the window, short ones for what is newer. */
export function pulseDigests(set: UpdateSet, epoch: number, window: number): Omit<Pulse, 'claims'> {
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
 */
export function comparePulse(
  set: UpdateSet,
  comparison: Comparison,
  pulse: Pulse,
  newest: number,
  needed: number
): void {
  comparison.base = pulse.base
  comparison.paused = false
  const recent = new Set<number>()
  pulse.recent.forEach((short, i) => {
    const epoch = pulse.rootEnd + i
    if (epoch < set.base || epoch >= newest) return
    if (!equalBytes(short, epochDigest(set, epoch).subarray(0, SHORT_DIGEST_BYTES))) recent.add(epoch)
  })
  for (const epoch of recent) if (comparison.recentDiffered.has(epoch)) comparison.epochs.add(epoch)
  comparison.recentDiffered = recent

  const comparable = pulse.rootEnd >= set.base
  const differs = comparable && !equalBytes(pulse.root, chainDigest(set, pulse.rootEnd).subarray(0, ROOT_BYTES))
  if (differs && comparison.oldDiffered && comparison.ranges.length === 0) {
    const from = Math.max(set.base, pulse.base)
    const to = Math.min(pulse.rootEnd, newest)
    if (from < to) comparison.ranges.push({ from, to })
  }
  comparison.oldDiffered = differs
  comparison.equal = comparable && !differs && recent.size === 0 && pulse.rootEnd + pulse.recent.length >= needed
}

/** The next question for this neighbour; undefined when there is none. */
export function nextQuestion(set: UpdateSet, comparison: Comparison): RepairRequest | undefined {
  if (comparison.asking || comparison.paused) return undefined
  const epochs = [...comparison.epochs].sort((a, b) => a - b).slice(0, MAX_MISSING_EPOCHS)
  if (epochs.length > 0) {
    for (const epoch of epochs) comparison.epochs.delete(epoch)
    return {
      kind: 'missing',
      epochs: epochs.map(epoch => ({ epoch, have: [...entriesOf(set, epoch).values()].map(entry => entry.id) }))
    }
  }
  const range = comparison.ranges.pop()
  if (range === undefined) return undefined
  const step = Math.ceil((range.to - range.from) / MAX_RANGES)
  return { kind: 'digests', from: range.from, step, count: Math.ceil((range.to - range.from) / step) }
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

/** Ranges and windows are short; nobody can make a peer hash its whole history over and over. */
const MAX_RANGE_STEP = 65_536

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
      if (from < set.base || request.step > MAX_RANGE_STEP) return null
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
