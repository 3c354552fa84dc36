/**
 * What is known of the epochs that were folded: how many entries they held, and which, as far back as a peer may have to
 * find its own updates in somebody else's history. PROTOCOL.md, section 7.
 */
import { compareBytes } from '../bytes.js'
import { ENTRY_ID_BYTES, type Reckoning } from '../wire/repair.js'
import { type Ledger, MAX_LEDGER_IDS } from '../wire/snapshot.js'
import type { Manifest } from './manifest.js'

/** Of all epochs before a base. Every field follows from the entries and the base, so equal histories are equal here too. */
export interface History {
  /** Epochs that the ledger reaches back at most. */
  readonly horizon: number
  readonly entries: number
  readonly tally: number
  readonly ledger: Ledger
}

/** Three times the retention may pass before two halves meet again, and each can still find its own updates. */
export function ledgerEpochs(manifest: Manifest): number {
  return 4 * manifest.limits.retentionEpochs
}

/** Before the first epoch. */
export function noHistory(horizon: number): History {
  return { horizon, entries: 0, tally: 0, ledger: { from: 0, ids: new Map() } }
}

/** What an entry adds to a history's tally: the first 20 bits of its id, so that sums of 2^33 entries are exact. */
export function tallyOf(id: Uint8Array): number {
  return (id[0]! << 12) | (id[1]! << 4) | (id[2]! >> 4)
}

/** Ids one after another, ascending. */
export function sortedIds(ids: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(ids.length * ENTRY_ID_BYTES)
  for (const [i, id] of [...ids].sort(compareBytes).entries()) out.set(id, i * ENTRY_ID_BYTES)
  return out
}

/**
 * The history before `base`, from the one before an earlier base and the ids of the epochs between.
 *
 * Kept are the newest whole epochs with at most {@link MAX_LEDGER_IDS} ids together, none older than the horizon. What a
 * later base keeps an earlier one kept too, so the steps by which a base came to be leave no trace.
 *
 * @param folded epoch → its ids as {@link sortedIds} gives them, ascending, empty epochs left out
 * @param maxIds for tests @default {@link MAX_LEDGER_IDS}
 */
export function foldHistory(
  history: History,
  folded: ReadonlyMap<number, Uint8Array>,
  base: number,
  maxIds = MAX_LEDGER_IDS
): History {
  let { entries, tally } = history
  for (const ids of folded.values())
    for (let at = 0; at < ids.length; at += ENTRY_ID_BYTES) {
      entries++
      tally += tallyOf(ids.subarray(at, at + ENTRY_ID_BYTES))
    }
  let from = Math.max(history.ledger.from, base - history.horizon)
  let room = maxIds * ENTRY_ID_BYTES
  const known = [...history.ledger.ids, ...folded]
  for (const [epoch, ids] of known.toReversed()) {
    if (epoch < from) break
    room -= ids.length
    if (room < 0) from = epoch + 1
  }
  const ids = new Map(known.filter(([epoch]) => epoch >= from))
  return { horizon: history.horizon, entries, tally, ledger: { from, ids } }
}

/** Is one of these ids among the epoch's? False also where the ledger no longer tells. */
export function hasEntry({ ids }: Ledger, epoch: number, ...wanted: readonly Uint8Array[]): boolean {
  const held = ids.get(epoch)
  if (held === undefined) return false
  for (let at = 0; at < held.length; at += ENTRY_ID_BYTES)
    for (const id of wanted) if (compareBytes(held.subarray(at, at + ENTRY_ID_BYTES), id) === 0) return true
  return false
}

/**
 * Which of two histories before one epoch is to be everybody's: positive when `a` is. More entries win, then the greater
 * tally, then the lower chain digest. What is added to both later leaves entries and tallies in the same order, so peers that
 * compare at another epoch do not turn back.
 */
export function compareHistories(a: Reckoning, b: Reckoning): number {
  return a.entries - b.entries || a.tally - b.tally || compareBytes(b.chain, a.chain)
}
