/** What a peer keeps on its own disk, byte by byte. PROTOCOL.md, "What a peer keeps". */
import { ascii, Reader, Writer } from '../bytes.js'
import { checksum } from '../checksum.js'
import { DecodeError } from './error.js'
import { MAX_EPOCH } from './limits.js'

/** Keys. Of the two families each member's key goes on with what it holds. */
export const SWARM_KEY = 'swarm'
export const CLOCK_KEY = 'clock'
export const OWN_KEY = 'own'
export const BASE_KEY = 'base'
export const TRAINER_KEY = 'trainer'
export const UPDATE_PREFIX = 'update/'
export const MINE_PREFIX = 'mine/'

const VERSION = 1
const CHECKSUM_BYTES = 4
/** More than this version has, so that a later one's records can be read. */
const MAX_COUNTERS = 64
const MAX_QUORUM_TIMES = 64

/** A record: the checksum over key and payload as 4 bytes, and the payload. */
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

/** Which swarm all of it belongs to. */
export function encodeSwarm(swarmId: string): Uint8Array {
  return sealRecord(SWARM_KEY, new Writer().byte(VERSION).block(ascii(swarmId)).finish())
}

/** @returns the swarm id @throws {DecodeError} */
export function decodeSwarm(record: Uint8Array): string {
  const reader = begin(SWARM_KEY, record)
  const id = String.fromCharCode(...reader.block(128))
  reader.end()
  return id
}

/** Where the peer stands in its swarm. */
export interface ClockRecord {
  readonly epoch: number
  /** First epoch of the updates that are kept; 0: there is no record of a base. */
  readonly base: number
  /** Counter of the own claims. */
  readonly claims: number
  /** In the order of the core's `COUNTERS`; those a later version adds come after. */
  readonly counters: readonly number[]
  /** Milliseconds to quorum of recent epochs, newest last, so that the deadline is what it was. */
  readonly quorumTimes: readonly number[]
}

export function encodeClock(clock: ClockRecord): Uint8Array {
  const writer = new Writer().byte(VERSION).varint(clock.epoch).varint(clock.base).varint(clock.claims)
  for (const list of [clock.counters, clock.quorumTimes]) {
    writer.varint(list.length)
    for (const value of list) writer.varint(Math.round(value))
  }
  return sealRecord(CLOCK_KEY, writer.finish())
}

/** @throws {DecodeError} */
export function decodeClock(record: Uint8Array): ClockRecord {
  const reader = begin(CLOCK_KEY, record)
  const epoch = reader.varint(MAX_EPOCH)
  const base = reader.varint(MAX_EPOCH)
  const claims = reader.varint()
  const counters = Array.from({ length: reader.varint(MAX_COUNTERS) }, () => reader.varint())
  const quorumTimes = Array.from({ length: reader.varint(MAX_QUORUM_TIMES) }, () => reader.varint())
  reader.end()
  return { epoch, base, claims, counters, quorumTimes }
}

/** What a publication changes besides the set. */
export interface OwnRecord {
  /** Latest epoch signed; −1 before the first. */
  readonly signedEpoch: number
  /** Grid units, length n; empty for a peer without data. */
  readonly residual: Int32Array
}

export function encodeOwn({ signedEpoch, residual }: OwnRecord): Uint8Array {
  const head = new Writer(32)
    .raw(new Uint8Array(CHECKSUM_BYTES))
    .byte(VERSION)
    .varint(signedEpoch + 1)
    .varint(residual.length)
    .finish()
  const out = new Uint8Array(head.length + 4 * residual.length)
  out.set(head)
  const view = new DataView(out.buffer, head.length)
  for (let i = 0; i < residual.length; i++) view.setInt32(4 * i, residual[i]!, true)
  return stamp(OWN_KEY, out)
}

/** @param size what a residual has that is not empty @throws {DecodeError} */
export function decodeOwn(record: Uint8Array, size: number): OwnRecord {
  const reader = begin(OWN_KEY, record)
  const signedEpoch = reader.varint(MAX_EPOCH + 1) - 1
  const length = reader.varint(size)
  if (length !== 0 && length !== size) throw new DecodeError('out-of-range', `a residual of ${length} values`)
  const values = reader.raw(4 * length)
  reader.end()
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength)
  const residual = new Int32Array(length)
  for (let i = 0; i < length; i++) {
    residual[i] = view.getInt32(4 * i, true)
    if (residual[i] === -(2 ** 31)) throw new DecodeError('out-of-range', 'a residual below -(2^31 - 1)')
  }
  return { signedEpoch, residual }
}

function begin(key: string, record: Uint8Array): Reader {
  const reader = new Reader(openRecord(key, record))
  if (reader.byte() !== VERSION) throw new DecodeError('unknown-version')
  return reader
}

/** 13 hex digits, so that keys are in the order of epochs. */
function epochDigits(epoch: number): string {
  return epoch.toString(16).padStart(13, '0')
}

/** Where an update is kept; a conflict is two. @param author 64 hex digits @param contentHash of which 16 hex digits are used */
export function updateKey(epoch: number, author: string, contentHash: string): string {
  return `${UPDATE_PREFIX}${epochDigits(epoch)}/${author}/${contentHash.slice(0, 16)}`
}

/** Where an own update is kept that is older than the base. */
export function mineKey(epoch: number): string {
  return `${MINE_PREFIX}${epochDigits(epoch)}`
}

/** What the key of an update or an own old update says. @returns undefined when it is neither */
export function parseUpdateKey(
  key: string
): { readonly epoch: number; readonly author: string | undefined } | undefined {
  const parts = /^(?:update\/([0-9a-f]{13})\/([0-9a-f]{64})\/[0-9a-f]{16}|mine\/([0-9a-f]{13}))$/.exec(key)
  if (parts === null) return undefined
  const epoch = Number.parseInt(parts[1] ?? parts[3]!, 16)
  return epoch > MAX_EPOCH ? undefined : { epoch, author: parts[2] }
}
