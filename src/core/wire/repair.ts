/** Questions and answers of anti-entropy between neighbours. PROTOCOL.md, section 7. */
import { Reader, Writer } from '../bytes.js'
import { DecodeError } from './error.js'
import { MAX_EPOCH } from './limits.js'

/** What one peer may ask another about its update set. */
export type RepairRequest =
  /** Digests of `count` ranges of `step` epochs each, the first beginning at `from`. */
  | { readonly kind: 'digests'; readonly from: number; readonly step: number; readonly count: number }
  /** The updates of these epochs except those whose ids are listed. */
  | { readonly kind: 'missing'; readonly epochs: readonly EpochHave[] }
  /** What the history before `before` comes to, and which snapshots there are. */
  | { readonly kind: 'chain'; readonly before: number }

export interface EpochHave {
  readonly epoch: number
  /** First {@link ENTRY_ID_BYTES} bytes of entry ids. */
  readonly have: readonly Uint8Array[]
}

/** 64 bits: to hide somebody's update an attacker needs a second preimage of its id. */
export const ENTRY_ID_BYTES = 8
export const RANGE_DIGEST_BYTES = 8
/** Fan-out of the descent: 3 rounds reach one epoch in 4,096. */
export const MAX_RANGES = 16
/** Epochs asked for at once. */
export const MAX_MISSING_EPOCHS = 16
/** Bound of a request, bytes: 16 epochs with 500 known updates each. */
export const MAX_REPAIR_REQUEST_BYTES = 65_536
/** Known updates that one request can list: what is left of it beside the epochs and counts. */
export const MAX_HAVE = Math.floor((MAX_REPAIR_REQUEST_BYTES - 2 - 9 * MAX_MISSING_EPOCHS) / ENTRY_ID_BYTES)
/** Bound of an answer, bytes, unless one update alone is larger. */
export const MAX_REPAIR_ANSWER_BYTES = 262_144

const KINDS = ['digests', 'missing', 'chain'] as const

export function encodeRepairRequest(request: RepairRequest): Uint8Array {
  const writer = new Writer(256).byte(KINDS.indexOf(request.kind))
  if (request.kind === 'digests') return writer.varint(request.from).varint(request.step).varint(request.count).finish()
  if (request.kind === 'chain') return writer.varint(request.before).finish()
  writer.varint(request.epochs.length)
  for (const { epoch, have } of request.epochs) {
    writer.varint(epoch).varint(have.length)
    for (const id of have) writer.raw(id)
  }
  return writer.finish()
}

/** @throws {DecodeError} */
export function decodeRepairRequest(bytes: Uint8Array): RepairRequest {
  if (bytes.length > MAX_REPAIR_REQUEST_BYTES) throw new DecodeError('oversized', 'repair request')
  const reader = new Reader(bytes)
  const kind = KINDS[reader.byte()]
  if (kind === undefined) throw new DecodeError('unknown-version', 'repair request kind')
  if (kind === 'chain') {
    const before = reader.varint(MAX_EPOCH)
    reader.end()
    return { kind, before }
  }
  if (kind === 'digests') {
    const request = {
      kind,
      from: reader.varint(MAX_EPOCH),
      step: reader.varint(MAX_EPOCH),
      count: reader.varint(MAX_RANGES)
    } as const
    reader.end()
    if (request.step === 0 || request.count === 0) throw new DecodeError('out-of-range', 'empty ranges')
    return request
  }
  const epochs = Array.from({ length: reader.varint(MAX_MISSING_EPOCHS) }, () => {
    const epoch = reader.varint(MAX_EPOCH)
    const count = reader.varint(Math.floor(reader.left / ENTRY_ID_BYTES))
    return { epoch, have: Array.from({ length: count }, () => reader.raw(ENTRY_ID_BYTES)) }
  })
  reader.end()
  // One epoch twice would be answered twice.
  for (let i = 1; i < epochs.length; i++)
    if (epochs[i]!.epoch <= epochs[i - 1]!.epoch) throw new DecodeError('not-canonical', 'epochs out of order')
  return { kind, epochs }
}

/** Short digests in the order asked for; null for a range that begins before the answerer's base. */
export function encodeDigestsAnswer(digests: readonly (Uint8Array | null)[]): Uint8Array {
  const writer = new Writer(16 * (RANGE_DIGEST_BYTES + 1))
  for (const short of digests) short === null ? writer.byte(0) : writer.byte(1).raw(short)
  return writer.finish()
}

/** @param count as asked for @throws {DecodeError} */
export function decodeDigestsAnswer(bytes: Uint8Array, count: number): (Uint8Array | null)[] {
  const reader = new Reader(bytes)
  const out = Array.from({ length: count }, () => (readFlag(reader) ? reader.raw(RANGE_DIGEST_BYTES) : null))
  reader.end()
  return out
}

export interface MissingAnswer {
  /** Signed envelopes; both of a conflict. */
  readonly updates: readonly Uint8Array[]
  /** There was more than fits in one answer. */
  readonly more: boolean
}

export function encodeMissingAnswer(answer: MissingAnswer): Uint8Array {
  const writer = new Writer(answer.updates.reduce((sum, update) => sum + update.length + 4, 8))
  writer.byte(answer.more ? 1 : 0).varint(answer.updates.length)
  for (const update of answer.updates) writer.block(update)
  return writer.finish()
}

/** Less than any envelope has, so that a short answer cannot claim to hold many. */
const LEAST_UPDATE_BYTES = 100

/** @param maxUpdateBytes the manifest's limit for one envelope @throws {DecodeError} */
export function decodeMissingAnswer(bytes: Uint8Array, maxUpdateBytes: number): MissingAnswer {
  const reader = new Reader(bytes)
  const more = readFlag(reader)
  const count = reader.varint(Math.floor(reader.left / LEAST_UPDATE_BYTES))
  const updates = Array.from({ length: count }, () => reader.block(maxUpdateBytes))
  reader.end()
  return { updates, more }
}

/** How much a history holds; what two histories are ordered by. */
export interface Reckoning {
  /** Chain digest, 32 bytes. */
  readonly chain: Uint8Array
  /** Entries; a conflict is one. */
  readonly entries: number
  /** Sum of the tallies of their ids: tells histories of equal size apart, and common additions leave the order as it was. */
  readonly tally: number
}

/** A snapshot that can be fetched. */
export interface ServedSnapshot {
  readonly epoch: number
  /** SHA-256 of the whole, 32 bytes. */
  readonly hash: Uint8Array
}

export interface ChainAnswer {
  /** Of all epochs before the one asked about; null when the answerer's base is later, or it is not that far. */
  readonly reckoning: Reckoning | null
  /** What it serves, newest first: the snapshot of its base, and the one before that. */
  readonly snapshots: readonly ServedSnapshot[]
}

/** The base, and the one before, so that a fetch under way can finish and neighbours share one more often. */
export const MAX_SERVED = 2

export function encodeChainAnswer({ reckoning, snapshots }: ChainAnswer): Uint8Array {
  const writer = new Writer(160)
  if (reckoning === null) writer.byte(0)
  else writer.byte(1).raw(reckoning.chain).varint(reckoning.entries).varint(reckoning.tally)
  writer.varint(snapshots.length)
  for (const { epoch, hash } of snapshots) writer.varint(epoch).raw(hash)
  return writer.finish()
}

/** @throws {DecodeError} */
export function decodeChainAnswer(bytes: Uint8Array): ChainAnswer {
  const reader = new Reader(bytes)
  const reckoning = readFlag(reader)
    ? { chain: reader.raw(32).slice(), entries: reader.varint(), tally: reader.varint() }
    : null
  const snapshots = Array.from({ length: reader.varint(MAX_SERVED) }, () => ({
    epoch: reader.varint(MAX_EPOCH),
    hash: reader.raw(32).slice()
  }))
  reader.end()
  for (let i = 1; i < snapshots.length; i++)
    if (snapshots[i]!.epoch >= snapshots[i - 1]!.epoch) throw new DecodeError('not-canonical', 'snapshots out of order')
  return { reckoning, snapshots }
}

function readFlag(reader: Reader): boolean {
  const value = reader.byte()
  if (value > 1) throw new DecodeError('not-canonical', 'a flag is 0 or 1')
  return value === 1
}
