/** A snapshot: params at an epoch and what is needed to go on from there. PROTOCOL.md, section 8. */
import { compareBytes, Reader, Writer } from '../bytes.js'
import { DecodeError } from './error.js'
import { MAX_DRAW_BITS, MAX_EPOCH, MAX_WEIGHT } from './limits.js'

export interface Snapshot {
  /** Params include every update of epochs before this one and nothing else. */
  readonly epoch: number
  /** Chain digest of all epochs before `epoch`, 32 bytes. */
  readonly chain: Uint8Array
  /** Grid units, length n. */
  readonly params: Float64Array
  /** Who published with which weight in the live window before `epoch`; conflicts are left out. */
  readonly live: readonly LiveHeader[]
}

export interface LiveHeader {
  readonly epoch: number
  /** 32 bytes. */
  readonly author: Uint8Array
  readonly weight: number
  readonly drawBits: number
}

const VERSION = 1

/** A range of a snapshot is asked for and answered at once. Small enough to share a link with training. */
export const SNAPSHOT_RANGE_BYTES = 262_144

/** Upper bound of a snapshot of n params, bytes. */
export function maxSnapshotBytes(n: number, liveHeaders: number): number {
  return 64 + 8 * n + 50 * liveHeaders
}

/** Params are zigzag varints of the difference to x0: most of a young model has moved little. */
export function encodeSnapshot(snapshot: Snapshot, x0: Float64Array): Uint8Array {
  const writer = new Writer(snapshot.params.length * 4 + 1024)
  writer.byte(VERSION).varint(snapshot.epoch).raw(snapshot.chain).varint(snapshot.live.length)
  for (const header of snapshot.live)
    writer.varint(header.epoch).raw(header.author).varint(header.weight).byte(header.drawBits)
  for (let i = 0; i < x0.length; i++) {
    const difference = snapshot.params[i]! - x0[i]!
    writer.varint(difference < 0 ? -2 * difference - 1 : 2 * difference)
  }
  return writer.finish()
}

/** @throws {DecodeError} */
export function decodeSnapshot(bytes: Uint8Array, x0: Float64Array, maxLiveHeaders: number): Snapshot {
  const reader = new Reader(bytes)
  if (reader.byte() !== VERSION) throw new DecodeError('unknown-version')
  const epoch = reader.varint(MAX_EPOCH)
  const chain = reader.raw(32).slice()
  const count = reader.varint(Math.min(maxLiveHeaders, Math.floor(reader.left / 35)))
  const live = Array.from({ length: count }, () => ({
    epoch: reader.varint(MAX_EPOCH),
    author: reader.raw(32).slice(),
    weight: reader.varint(MAX_WEIGHT),
    drawBits: reader.byte()
  }))
  checkHeaders(live, epoch)
  if (reader.left < x0.length) throw new DecodeError('truncated', 'fewer params than the manifest has')
  const params = new Float64Array(x0.length)
  for (let i = 0; i < params.length; i++) {
    const zigzag = reader.varint()
    params[i] = x0[i]! + (zigzag % 2 === 1 ? -(zigzag + 1) / 2 : zigzag / 2)
  }
  reader.end()
  return { epoch, chain, params, live }
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
  readonly totalBytes: number
  /** SHA-256 of the whole snapshot, 32 bytes: the same in every range. */
  readonly digest: Uint8Array
  readonly bytes: Uint8Array
}

export function encodeSnapshotRange(range: SnapshotRange): Uint8Array {
  return new Writer(range.bytes.length + 48).varint(range.totalBytes).raw(range.digest).raw(range.bytes).finish()
}

/** @throws {DecodeError} */
export function decodeSnapshotRange(bytes: Uint8Array): SnapshotRange {
  const reader = new Reader(bytes)
  return { totalBytes: reader.varint(), digest: reader.raw(32), bytes: reader.raw(reader.left) }
}
