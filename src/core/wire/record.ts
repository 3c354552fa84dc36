/** What a peer keeps on its own disk, byte by byte. PROTOCOL.md, "What a peer keeps". */
import { ascii, Reader, Writer } from '../bytes.js'
import { checksum } from '../checksum.js'
import { DecodeError } from './error.js'
import { MAX_EPOCH } from './limits.js'

const CHECKSUM_BYTES = 4

/** A record is the checksum over key and payload, 4 bytes little-endian, and the payload. */
export function sealRecord(key: string, payload: Uint8Array): Uint8Array {
  const out = new Uint8Array(CHECKSUM_BYTES + payload.length)
  out.set(payload, CHECKSUM_BYTES)
  return stamp(key, out)
}

/** Writes the checksum into the first bytes, which were left free for it. */
function stamp(key: string, record: Uint8Array): Uint8Array {
  const sum = checksum(record.subarray(CHECKSUM_BYTES), checksum(ascii(key)))
  new DataView(record.buffer, record.byteOffset).setUint32(0, sum, true)
  return record
}

/** @returns a view of the payload @throws {DecodeError} when it is not what was written under this key */
export function openRecord(key: string, record: Uint8Array): Uint8Array {
  if (record.length < CHECKSUM_BYTES) throw new DecodeError('truncated')
  const payload = record.subarray(CHECKSUM_BYTES)
  const sum = new DataView(record.buffer, record.byteOffset).getUint32(0, true)
  if (sum !== checksum(payload, checksum(ascii(key))))
    throw new DecodeError('not-canonical', 'the checksum does not fit')
  return payload
}

/** The own part of a peer's state; see `OwnPart` and `Counters` in the core's state. */
export interface OwnRecord {
  /** Of the clock. */
  readonly epoch: number
  /** Latest epoch signed; −1 before the first. */
  readonly signedEpoch: number
  /** Counter of the own claims. */
  readonly claims: number
  /** In the order of {@link COUNTERS}. */
  readonly counters: readonly number[]
  /** Grid units, length n; empty for an observer. */
  readonly residual: Int32Array
}

const VERSION = 1
/** Counters that a record may carry; those of a later version are read over. */
const MAX_COUNTERS = 64

export const OWN_KEY = 'own'

/** As it is written under {@link OWN_KEY}, checksum included. */
export function encodeOwn(own: OwnRecord): Uint8Array {
  const head = new Writer(64)
    .raw(new Uint8Array(CHECKSUM_BYTES))
    .byte(VERSION)
    .varint(own.epoch)
    .varint(own.signedEpoch + 1)
    .varint(own.claims)
    .varint(own.counters.length)
  for (const counter of own.counters) head.varint(counter)
  const start = head.finish()
  const out = new Uint8Array(start.length + 4 * own.residual.length)
  out.set(start)
  const view = new DataView(out.buffer)
  for (let i = 0, at = start.length; i < own.residual.length; i++, at += 4) view.setInt32(at, own.residual[i]!, true)
  return stamp(OWN_KEY, out)
}

/** @param size length of the residual @throws {DecodeError} */
export function decodeOwn(record: Uint8Array, size: number): OwnRecord {
  const reader = new Reader(openRecord(OWN_KEY, record))
  if (reader.byte() !== VERSION) throw new DecodeError('unknown-version')
  const epoch = reader.varint(MAX_EPOCH)
  const signedEpoch = reader.varint(MAX_EPOCH + 1) - 1
  const claims = reader.varint()
  const counters = Array.from({ length: reader.varint(MAX_COUNTERS) }, () => reader.varint())
  const values = reader.raw(4 * size)
  reader.end()
  const view = new DataView(values.buffer, values.byteOffset)
  const residual = Int32Array.from({ length: size }, (_, i) => view.getInt32(4 * i, true))
  return { epoch, signedEpoch, claims, counters, residual }
}

const UPDATE_PREFIX = 'update/'

/** 13 hex digits, so that keys are in the order of epochs. */
function epochDigits(epoch: number): string {
  return epoch.toString(16).padStart(13, '0')
}

/** @param author 64 hex digits @param contentHash of which 16 hex digits are used: a conflict is two updates */
export function updateKey(epoch: number, author: string, contentHash: string): string {
  return `${UPDATE_PREFIX}${epochDigits(epoch)}/${author}/${contentHash.slice(0, 16)}`
}
