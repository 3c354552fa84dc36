/** A snapshot: params at an epoch and what is needed to go on from there. PROTOCOL.md, section 8. */
import { compareBytes, Reader, Writer } from '../bytes.js'
import { DecodeError } from './error.js'
import { MAX_DRAW_BITS, MAX_EPOCH, MAX_WEIGHT } from './limits.js'
import { MAX_PARAM_BYTES, PARAMS_SLICE, readParams, writeParams } from './params.js'
import { ENTRY_ID_BYTES } from './repair.js'

export interface Snapshot {
  /** Params include every update of epochs before this one and nothing else. */
  readonly epoch: number
  /** Chain digest of all epochs before `epoch`, 32 bytes. */
  readonly chain: Uint8Array
  /** Entries of all epochs before `epoch`; a conflict is one. */
  readonly entries: number
  /** Sum of the tallies of their ids. */
  readonly tally: number
  /** The ids of those folded last. */
  readonly ledger: Ledger
  /** Grid units, length n. */
  readonly params: Float64Array
  /** Who published with which weight in the live window before `epoch`; conflicts are left out. */
  readonly live: readonly LiveHeader[]
}

/** Which entries the epochs before a snapshot held, as far back as it tells. */
export interface Ledger {
  /** It tells of every epoch from this one to the snapshot's. */
  readonly from: number
  /** Epoch → its entry ids, one after another, ascending; epochs ascending, empty ones left out. */
  readonly ids: ReadonlyMap<number, Uint8Array>
}

export interface LiveHeader {
  readonly epoch: number
  /** 32 bytes. */
  readonly author: Uint8Array
  readonly weight: number
  readonly drawBits: number
}

/** What a snapshot of this swarm may hold, checked before anything is allocated. */
export interface SnapshotLimits {
  readonly maxLiveHeaders: number
  /** Epochs that a ledger reaches back, at most. */
  readonly ledgerEpochs: number
}

const VERSION = 2

/** Entry ids in a ledger, at most: two megabytes. 16 peers with the default retention fill a fourteenth of it. */
export const MAX_LEDGER_IDS = 2 ** 18

/** A range of a snapshot is asked for and answered at once. Small enough to share a link with training. */
export const SNAPSHOT_RANGE_BYTES = 262_144

/** Upper bound of a snapshot of n params, bytes. */
export function maxSnapshotBytes(n: number, { maxLiveHeaders, ledgerEpochs }: SnapshotLimits): number {
  const ledger = MAX_LEDGER_IDS * ENTRY_ID_BYTES + 10 * Math.min(ledgerEpochs, MAX_LEDGER_IDS)
  return 128 + ledger + 50 * maxLiveHeaders + MAX_PARAM_BYTES * n
}

/** Params are zigzag varints of the difference to x0: most of a young model has moved little. */
export function encodeSnapshot(snapshot: Snapshot, x0: Float64Array): Uint8Array {
  return runToEnd(encodingSnapshot(snapshot, x0))
}

/** The same in slices of {@link PARAMS_SLICE} params. @param expectedBytes what it will come to, about */
export function* encodingSnapshot(
  snapshot: Snapshot,
  x0: Float64Array,
  expectedBytes = 0
): Generator<undefined, Uint8Array> {
  const head = encodeHead(snapshot)
  const n = x0.length
  const slice = Math.min(n, PARAMS_SLICE)
  let out = new Uint8Array(Math.max(expectedBytes, head.length + 2 * n) + MAX_PARAM_BYTES * slice)
  out.set(head)
  let at = head.length
  for (let from = 0; from < n; from += slice) {
    if (from > 0) yield undefined
    if (out.length - at < MAX_PARAM_BYTES * slice) {
      const grown = new Uint8Array(Math.ceil(1.5 * out.length) + MAX_PARAM_BYTES * slice)
      grown.set(out.subarray(0, at))
      out = grown
    }
    at = writeParams(out, at, snapshot.params, x0, from, Math.min(n, from + slice))
  }
  return out.slice(0, at)
}

function encodeHead({ epoch, chain, entries, tally, ledger, live }: Snapshot): Uint8Array {
  const writer = new Writer(1024).byte(VERSION).varint(epoch).raw(chain).varint(entries).varint(tally)
  writer.varint(ledger.from).varint(ledger.ids.size)
  let last = ledger.from
  for (const [of, ids] of ledger.ids) {
    writer.varint(of - last).block(ids)
    last = of + 1
  }
  writer.varint(live.length)
  for (const header of live) writer.varint(header.epoch).raw(header.author).varint(header.weight).byte(header.drawBits)
  return writer.finish()
}

/** @throws {DecodeError} */
export function decodeSnapshot(bytes: Uint8Array, x0: Float64Array, limits: SnapshotLimits): Snapshot {
  return runToEnd(decodingSnapshot(bytes, x0, limits))
}

/** The same in slices of {@link PARAMS_SLICE} params. @throws {DecodeError} */
export function* decodingSnapshot(
  bytes: Uint8Array,
  x0: Float64Array,
  limits: SnapshotLimits
): Generator<undefined, Snapshot> {
  const reader = new Reader(bytes)
  if (reader.byte() !== VERSION) throw new DecodeError('unknown-version')
  const epoch = reader.varint(MAX_EPOCH)
  const chain = reader.raw(32).slice()
  const entries = reader.varint()
  const tally = reader.varint()
  const ledger = readLedger(reader, epoch, limits.ledgerEpochs)
  if (held(ledger) > entries) throw new DecodeError('out-of-range', 'a ledger of more entries than there are')
  const count = reader.varint(Math.min(limits.maxLiveHeaders, Math.floor(reader.left / 35)))
  const live = Array.from({ length: count }, () => ({
    epoch: reader.varint(MAX_EPOCH),
    author: reader.raw(32).slice(),
    weight: reader.varint(MAX_WEIGHT),
    drawBits: reader.byte()
  }))
  checkHeaders(live, epoch)
  const n = x0.length
  if (reader.left < n) throw new DecodeError('truncated', 'fewer params than the manifest has')
  const params = new Float64Array(n)
  let at = bytes.length - reader.left
  for (let from = 0; from < n; from += PARAMS_SLICE) {
    if (from > 0) yield undefined
    at = readParams(bytes, at, params, x0, from, Math.min(n, from + PARAMS_SLICE))
  }
  if (at < bytes.length) throw new DecodeError('trailing-bytes', `${bytes.length - at} bytes`)
  return { epoch, chain, entries, tally, ledger, params, live }
}

/** Epochs ascending and before the snapshot's, ids ascending: equal histories are equal bytes. */
function readLedger(reader: Reader, before: number, ledgerEpochs: number): Ledger {
  const from = reader.varint(MAX_EPOCH)
  if (from > before || from < before - ledgerEpochs) throw new DecodeError('out-of-range', 'begin of the ledger')
  const ids = new Map<number, Uint8Array>()
  let left = MAX_LEDGER_IDS
  let next = from
  const epochs = reader.varint(Math.min(before - from, Math.floor(reader.left / (2 + ENTRY_ID_BYTES))))
  for (let i = 0; i < epochs; i++) {
    const epoch = next + reader.varint(MAX_EPOCH)
    if (epoch >= before) throw new DecodeError('out-of-range', 'a ledger that goes on too long')
    const block = reader.block(left * ENTRY_ID_BYTES).slice()
    if (block.length === 0 || block.length % ENTRY_ID_BYTES !== 0)
      throw new DecodeError('not-canonical', 'ids of an epoch')
    for (let at = ENTRY_ID_BYTES; at < block.length; at += ENTRY_ID_BYTES)
      if (compareBytes(block.subarray(at - ENTRY_ID_BYTES, at), block.subarray(at, at + ENTRY_ID_BYTES)) >= 0)
        throw new DecodeError('not-canonical', 'ids out of order')
    left -= block.length / ENTRY_ID_BYTES
    ids.set(epoch, block)
    next = epoch + 1
  }
  return { from, ids }
}

function held(ledger: Ledger): number {
  let bytes = 0
  for (const ids of ledger.ids.values()) bytes += ids.length
  return bytes / ENTRY_ID_BYTES
}

/** Each once, by epoch, then author, and before the snapshot's epoch: equal states are equal bytes. */
function checkHeaders(live: readonly LiveHeader[], before: number): void {
  live.forEach((header, i) => {
    if (header.weight === 0 || header.drawBits > MAX_DRAW_BITS || header.epoch >= before)
      throw new DecodeError('out-of-range', 'header of a live author')
    const last = live[i - 1]
    if (last === undefined || last.epoch < header.epoch) return
    if (last.epoch > header.epoch || compareBytes(last.author, header.author) >= 0)
      throw new DecodeError('not-canonical', 'headers out of order')
  })
}

/** For those who need not share their thread. */
export function runToEnd<T>(work: Generator<undefined, T>): T {
  for (;;) {
    const { done, value } = work.next()
    if (done) return value
  }
}

export interface SnapshotRequest {
  readonly epoch: number
  readonly offset: number
}

export function encodeSnapshotRequest(request: SnapshotRequest): Uint8Array {
  return new Writer(16).varint(request.epoch).varint(request.offset).finish()
}

/** @throws {DecodeError} */
export function decodeSnapshotRequest(bytes: Uint8Array): SnapshotRequest {
  const reader = new Reader(bytes)
  const request = { epoch: reader.varint(MAX_EPOCH), offset: reader.varint() }
  reader.end()
  return request
}

export interface SnapshotRange {
  /** 0: busy now, ask again a little later; then nothing follows. */
  readonly totalBytes: number
  /** SHA-256 of the whole snapshot, 32 bytes: the same in every range. */
  readonly digest: Uint8Array
  readonly bytes: Uint8Array
}

/** Sent instead of a range when too many were asked for lately. */
export const BUSY: Uint8Array = Uint8Array.of(0)

export function encodeSnapshotRange(range: SnapshotRange): Uint8Array {
  return new Writer(range.bytes.length + 48).varint(range.totalBytes).raw(range.digest).raw(range.bytes).finish()
}

/** @returns views of `bytes`; `busy` for {@link BUSY} @throws {DecodeError} */
export function decodeSnapshotRange(bytes: Uint8Array): SnapshotRange | 'busy' {
  const reader = new Reader(bytes)
  const totalBytes = reader.varint()
  if (totalBytes === 0) {
    reader.end()
    return 'busy'
  }
  return { totalBytes, digest: reader.raw(32), bytes: reader.raw(reader.left) }
}
