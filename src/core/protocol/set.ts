/**
 * The update set: for each epoch and author nothing, one update, or a conflict. It only grows, and merging two sets in
 * any order gives the same set (PROTOCOL.md, R1 and R2). Everything else about the model is a function of it.
 */
import { ascii, concatBytes, equalBytes, fromHex } from '../bytes.js'
import { digest } from '../digest.js'
import { ENTRY_ID_BYTES, type Reckoning } from '../wire/repair.js'
import { foldHistory, type History, hasEntry, noHistory, sortedIds, tallyOf } from './history.js'

/** A valid update, as received. */
export interface UpdateRecord {
  /** 64 hex digits. */
  readonly author: string
  readonly epoch: number
  readonly weight: number
  readonly drawBits: number
  /** SHA-256 of the signed body, 32 bytes. */
  readonly contentHash: Uint8Array
  /** The signed bytes: what gossip, repair and store carry. */
  readonly envelope: Uint8Array
}

interface OneEntry {
  readonly kind: 'one'
  readonly update: UpdateRecord
  readonly id: Uint8Array
  readonly leaf: Uint8Array
}

export type Entry =
  | OneEntry
  /** The author signed two bodies for one epoch; both are kept as proof, neither counts. */
  | {
      readonly kind: 'conflict'
      readonly first: UpdateRecord
      readonly second: UpdateRecord
      readonly id: Uint8Array
      readonly leaf: Uint8Array
    }

export interface EpochEntries {
  readonly entries: Map<string, Entry>
  conflicts: number
  /** Cached; undefined after a change. */
  digest: Uint8Array | undefined
  /** Updates that are no conflict, ordered by author. Cached; undefined after a change. */
  counted: readonly UpdateRecord[] | undefined
}

export interface UpdateSet {
  /** Epochs below this were folded into the params; their updates are gone. */
  base: number
  readonly epochs: Map<number, EpochEntries>
  /** Envelope bytes held. */
  bytes: number
  /** Updates held; a conflict counts as two. */
  size: number
  /** Grows with every change: what was computed from the set holds as long as this stays. */
  version: number
  /** Of the epochs before the base. */
  history: History
  /** chain[i] is the chain digest of all epochs before base + i, valid as far as the array goes. */
  readonly chain: Uint8Array[]
}

/** What a conflict contributes to a digest, whichever two updates were seen. */
const CONFLICT = digest(ascii('starlings/1/conflict'))
const EMPTY_EPOCH = new Uint8Array(32)

/**
 * @param base first epoch held
 * @param chain chain digest of all epochs before it @default 32 zero bytes, for base 0
 * @param history of those epochs @default none, and none is remembered
 */
export function createSet(
  base = 0,
  chain: Uint8Array = new Uint8Array(32),
  history: History = noHistory(0)
): UpdateSet {
  return { base, epochs: new Map(), bytes: 0, size: 0, version: 0, history, chain: [chain] }
}

function entryId(author: string, epoch: number, hash: Uint8Array): Uint8Array {
  return digest(fromHex(author), epochBytes(epoch), hash).slice(0, ENTRY_ID_BYTES)
}

/** Id of an entry, and what it adds to its epoch's digest: author, 0 | 1, content hash | conflict. */
function hashesOf({ author, epoch }: UpdateRecord, mark: 0 | 1, hash: Uint8Array) {
  return { id: entryId(author, epoch, hash), leaf: concatBytes(fromHex(author), Uint8Array.of(mark), hash) }
}

/** An update is hashed once, however many sets of this process hold it. */
const ones = new WeakMap<UpdateRecord, OneEntry>()

function oneEntry(update: UpdateRecord): OneEntry {
  const known = ones.get(update)
  if (known !== undefined) return known
  const entry: OneEntry = { kind: 'one', update, ...hashesOf(update, 0, update.contentHash) }
  ones.set(update, entry)
  return entry
}

/** An epoch as uint64, little-endian. */
function epochBytes(epoch: number): Uint8Array {
  const out = new Uint8Array(8)
  new DataView(out.buffer).setBigUint64(0, BigInt(epoch), true)
  return out
}

export type InsertResult = 'update' | 'conflict' | 'duplicate' | 'before-base'

/** Joins one update into the set. The caller has checked that it is valid. */
export function insertUpdate(set: UpdateSet, update: UpdateRecord): InsertResult {
  if (update.epoch < set.base) return 'before-base'
  let epoch = set.epochs.get(update.epoch)
  if (epoch === undefined) {
    epoch = { entries: new Map(), conflicts: 0, digest: undefined, counted: undefined }
    set.epochs.set(update.epoch, epoch)
  }
  const known = epoch.entries.get(update.author)
  if (known !== undefined && (known.kind === 'conflict' || sameHash(known.update, update))) return 'duplicate'
  const entry: Entry =
    known === undefined
      ? oneEntry(update)
      : { kind: 'conflict', first: known.update, second: update, ...hashesOf(update, 1, CONFLICT) }
  epoch.entries.set(update.author, entry)
  if (entry.kind === 'conflict') epoch.conflicts++
  epoch.digest = undefined
  epoch.counted = undefined
  set.version++
  set.chain.length = Math.min(set.chain.length, update.epoch - set.base + 1)
  set.bytes += update.envelope.length
  set.size++
  return known === undefined ? 'update' : 'conflict'
}

function sameHash(a: UpdateRecord, b: UpdateRecord): boolean {
  for (let i = 0; i < 32; i++) if (a.contentHash[i] !== b.contentHash[i]) return false
  return true
}

export function entryOf(set: UpdateSet, epoch: number, author: string): Entry | undefined {
  return set.epochs.get(epoch)?.entries.get(author)
}

export function entriesOf(set: UpdateSet, epoch: number): ReadonlyMap<string, Entry> {
  return set.epochs.get(epoch)?.entries ?? new Map()
}

/** Updates of an epoch that count: no conflicts, ordered by author, the first `maxAuthors` of them. */
export function countedUpdates(set: UpdateSet, epoch: number, maxAuthors: number): readonly UpdateRecord[] {
  const held = set.epochs.get(epoch)
  if (held === undefined) return []
  if (held.counted === undefined) {
    const counted: UpdateRecord[] = []
    for (const entry of held.entries.values()) if (entry.kind === 'one') counted.push(entry.update)
    held.counted = counted.sort((a, b) => (a.author < b.author ? -1 : 1))
  }
  return held.counted.length > maxAuthors ? held.counted.slice(0, maxAuthors) : held.counted
}

/** How many {@link countedUpdates} there are. Asked for at every input. */
export function countOf(set: UpdateSet, epoch: number, maxAuthors: number): number {
  const held = set.epochs.get(epoch)
  return held === undefined ? 0 : Math.min(maxAuthors, held.entries.size - held.conflicts)
}

/** Digest of one epoch: SHA-256 over (author, 0 | 1, content hash | conflict) ordered by author; zeros when empty. */
export function epochDigest(set: UpdateSet, epoch: number): Uint8Array {
  const held = set.epochs.get(epoch)
  if (held === undefined || held.entries.size === 0) return EMPTY_EPOCH
  if (held.digest === undefined) {
    const parts = [...held.entries.keys()].sort().map(author => held.entries.get(author)!.leaf)
    held.digest = digest(...parts)
  }
  return held.digest
}

/**
 * Digest of the epochs from … to − 1: SHA-256 over (epoch as uint64 little-endian, digest of the epoch) of those that are
 * not empty, in order; zeros when all are. It costs as much as the set holds, however long the range. Bounds: base ≤ from.
 */
export function rangeDigest(set: UpdateSet, from: number, to: number): Uint8Array {
  const parts: Uint8Array[] = []
  for (const epoch of heldEpochs(set, from, to)) parts.push(epochBytes(epoch), epochDigest(set, epoch))
  return parts.length === 0 ? EMPTY_EPOCH : digest(...parts)
}

function heldEpochs(set: UpdateSet, from: number, to: number): number[] {
  if (to - from > set.epochs.size)
    return [...set.epochs.keys()].filter(epoch => from <= epoch && epoch < to).sort((a, b) => a - b)
  const out: number[] = []
  for (let epoch = from; epoch < to; epoch++) if (set.epochs.has(epoch)) out.push(epoch)
  return out
}

/**
 * Chain digest of the whole history before epoch `before`: C(0) is zeros, C(e + 1) = SHA-256(C(e), digest of e).
 * It does not depend on the base. Bounds: before ≥ base.
 */
export function chainDigest(set: UpdateSet, before: number): Uint8Array {
  if (before < set.base) throw new RangeError(`the chain before ${before} is gone; the base is ${set.base}`)
  for (let i = set.chain.length; i <= before - set.base; i++)
    set.chain.push(digest(set.chain[i - 1]!, epochDigest(set, set.base + i - 1)))
  return set.chain[before - set.base]!
}

/** What the whole history before epoch `before` comes to. Bounds: before ≥ base. */
export function reckon(set: UpdateSet, before: number): Reckoning {
  let { entries, tally } = set.history
  for (const [epoch, held] of set.epochs) {
    if (epoch >= before) continue
    for (const { id } of held.entries.values()) {
      entries++
      tally += tallyOf(id)
    }
  }
  return { chain: chainDigest(set, before), entries, tally }
}

/**
 * Is this update, or a conflict in its place, part of the whole history? False also for epochs before the ledger begins,
 * where nobody can tell.
 */
export function holds(set: UpdateSet, { author, epoch, contentHash }: UpdateRecord): boolean {
  if (epoch < set.base)
    return hasEntry(set.history.ledger, epoch, entryId(author, epoch, contentHash), entryId(author, epoch, CONFLICT))
  const entry = entryOf(set, epoch, author)
  if (entry === undefined) return false
  return entry.kind === 'conflict' || equalBytes(entry.update.contentHash, contentHash)
}

/** Drops the raw updates of the epochs before `base`. The caller has folded them into the params. */
export function foldSet(set: UpdateSet, base: number): void {
  const chain = chainDigest(set, base)
  const folded = new Map<number, Uint8Array>()
  for (const epoch of heldEpochs(set, set.base, base)) {
    const { entries } = set.epochs.get(epoch)!
    folded.set(epoch, sortedIds([...entries.values()].map(({ id }) => id)))
    for (const entry of entries.values())
      for (const update of updatesOf(entry)) {
        set.bytes -= update.envelope.length
        set.size--
      }
    set.epochs.delete(epoch)
  }
  set.history = foldHistory(set.history, folded, base)
  set.base = base
  set.version++
  set.chain.splice(0, set.chain.length, chain)
}

export function updatesOf(entry: Entry): readonly UpdateRecord[] {
  return entry.kind === 'one' ? [entry.update] : [entry.first, entry.second]
}
