/**
 * The body of an update, format version 1. PROTOCOL.md, section 4.
 *
 *     byte    1, the version
 *     byte    0, 1, 2, 3 for 1, 2, 4, 8 bits per value
 *     varint  epoch
 *     byte    s of the draw rate 2^-s
 *     varint  weight
 *     varint  count of entries; 0 ends the body
 *     bits    gaps (rice.ts)
 *             per non-empty chunk its shift: 5 bits for the first, then sticky (sticky.ts)
 *             per entry its level: the sign (1 is negative) and the magnitude − 1
 *             zero bits to the end of the byte
 *
 * n is not sent: the manifest says it. The bytes of a body are the only ones a decoder takes for its content, but for the
 * choice of Rice parameters, which is the encoder's.
 */
import { Reader, varintLength, Writer } from '../bytes.js'
import { chunkCount, chunkRuns, type SparseUpdate } from '../sparse/update.js'
import { BitReader, BitWriter } from './bits.js'
import { DecodeError } from './error.js'
import { readLevels, readShifts, shiftBits, writeLevels, writeShifts } from './levels.js'
import {
  BODY_VERSION,
  MAX_DRAW_BITS,
  MAX_EPOCH,
  MAX_PARAMETERS,
  MAX_WEIGHT,
  VALUE_BITS,
  type ValueBits
} from './limits.js'
import { planGaps, readGaps, writeGaps } from './rice.js'

/** What a body says before its entries. */
export interface BodyHeader {
  /** 0 … 2^40 − 1 */
  readonly epoch: number
  /** s of the draw rate 2^-s, 0 … 20 */
  readonly drawBits: number
  /** 1 … 2^20 */
  readonly weight: number
}

export interface UpdateBody extends BodyHeader {
  readonly delta: SparseUpdate
}

export interface BodyPeek extends BodyHeader {
  readonly valueBits: ValueBits
  readonly count: number
}

/** Length of what {@link encodeBody} would return, without encoding. */
export function bodyBytes(header: Pick<BodyHeader, 'epoch' | 'weight'>, delta: SparseUpdate): number {
  const count = delta.indices.length
  const head = 3 + varintLength(header.epoch) + varintLength(header.weight) + varintLength(count)
  return head + (count === 0 ? 0 : Math.ceil(layOut(delta).bits / 8))
}

/** @throws {RangeError} when a field is out of bounds or the delta is not a valid one */
export function encodeBody(body: UpdateBody): Uint8Array {
  const { epoch, drawBits, weight, delta } = body
  checkHeader(body)
  const valueCode = VALUE_BITS.indexOf(delta.valueBits)
  if (valueCode < 0) throw new RangeError(`values have 1, 2, 4 or 8 bits, not ${delta.valueBits}`)
  if (delta.size < 1 || delta.size > MAX_PARAMETERS) throw new RangeError(`size ${delta.size}`)
  if (delta.levels.length !== delta.indices.length) throw new RangeError('as many levels as indices')
  const header = new Writer(24).byte(BODY_VERSION).byte(valueCode).varint(epoch).byte(drawBits).varint(weight)
  const head = header.varint(delta.indices.length).finish()
  if (delta.indices.length === 0) return head

  const { plan, runs, bits } = layOut(delta)
  const entries = new BitWriter(bits)
  writeGaps(entries, delta.size, plan)
  writeShifts(entries, delta, runs)
  writeLevels(entries, delta, runs)
  const out = new Uint8Array(head.length + Math.ceil(bits / 8))
  out.set(head)
  entries.finish(out, head.length)
  return out
}

/**
 * @param limits.size n of the manifest @param limits.maxBytes of the body
 * @throws {DecodeError} and nothing else. Allocates at most 32 bytes per byte of the body and 16 per chunk of n.
 */
export function decodeBody(
  bytes: Uint8Array,
  limits: { readonly size: number; readonly maxBytes: number }
): UpdateBody {
  const { size, maxBytes } = limits
  if (bytes.length > maxBytes) throw new DecodeError('oversized', `${bytes.length} bytes`)
  const reader = new Reader(bytes)
  const { epoch, drawBits, weight, valueBits, count } = readHeader(reader)
  const entries = reader.raw(reader.left)
  if (count > size) throw new DecodeError('out-of-range', `${count} entries of ${size}`)
  // An entry takes a bit for its gap and valueBits for its level at the least: checked before anything is allocated.
  if (count * (1 + valueBits) > 8 * entries.length) throw new DecodeError('truncated', `${count} entries`)
  const shifts = new Uint8Array(chunkCount(size))
  if (count === 0) {
    if (entries.length > 0) throw new DecodeError('trailing-bytes', `${entries.length} bytes`)
    const delta = { valueBits, size, indices: new Uint32Array(0), levels: new Int16Array(0), shifts }
    return { epoch, drawBits, weight, delta }
  }
  const input = new BitReader(entries)
  const indices = readGaps(input, count, size)
  const runs = chunkRuns(indices)
  readShifts(input, indices, shifts, runs)
  const levels = readLevels(input, indices, shifts, valueBits, runs)
  input.end()
  return { epoch, drawBits, weight, delta: { valueBits, size, indices, levels, shifts } }
}

/** The header alone: cheap, for a verdict on the epoch before the entries are looked at. @throws {DecodeError} */
export function peekBody(bytes: Uint8Array): BodyPeek {
  return readHeader(new Reader(bytes))
}

function readHeader(reader: Reader): BodyPeek {
  const version = reader.byte()
  if (version !== BODY_VERSION) throw new DecodeError('unknown-version', `${version}`)
  const valueBits = VALUE_BITS[reader.byte()]
  if (valueBits === undefined) throw new DecodeError('not-canonical', 'flags')
  const epoch = reader.varint(MAX_EPOCH)
  const drawBits = reader.byte()
  if (drawBits > MAX_DRAW_BITS) throw new DecodeError('out-of-range', `drawBits ${drawBits}`)
  const weight = reader.varint(MAX_WEIGHT)
  if (weight === 0) throw new DecodeError('out-of-range', 'weight 0')
  return { epoch, drawBits, weight, valueBits, count: reader.varint(MAX_PARAMETERS) }
}

function checkHeader({ epoch, drawBits, weight }: BodyHeader): void {
  const check = (name: string, value: number, min: number, max: number): void => {
    if (!Number.isInteger(value) || value < min || value > max)
      throw new RangeError(`${name} is an integer from ${min} to ${max}, not ${value}`)
  }
  check('epoch', epoch, 0, MAX_EPOCH)
  check('drawBits', drawBits, 0, MAX_DRAW_BITS)
  check('weight', weight, 1, MAX_WEIGHT)
}

function layOut(delta: SparseUpdate) {
  const plan = planGaps(delta.indices, delta.size)
  const runs = chunkRuns(delta.indices)
  return { plan, runs, bits: plan.bits + shiftBits(delta, runs) + delta.indices.length * delta.valueBits }
}
