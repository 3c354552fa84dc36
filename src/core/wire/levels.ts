/** Levels of an update and the shifts of its chunks. PROTOCOL.md, section 4. */
import type { SparseUpdate } from '../sparse/update.js'
import { type BitReader, type BitWriter, peekBits } from './bits.js'
import { DecodeError } from './error.js'
import { CHUNK_BITS, MAX_SHIFT, PARAMETER_BITS, type ValueBits } from './limits.js'
import { readSticky, stickyBits, writeSticky } from './sticky.js'

// `runs` is what chunkRuns says of the indices.

/** Bits that {@link writeShifts} writes. */
export function shiftBits({ indices, shifts }: SparseUpdate, runs: Uint32Array): number {
  let bits = PARAMETER_BITS
  for (let r = 1; r + 1 < runs.length; r++)
    bits += stickyBits(shiftOf(indices, shifts, runs[r]!), shiftOf(indices, shifts, runs[r - 1]!))
  return bits
}

/** The first shift in PARAMETER_BITS, each further one sticky. @throws {RangeError} */
export function writeShifts(out: BitWriter, { indices, shifts }: SparseUpdate, runs: Uint32Array): void {
  for (let r = 0; r + 1 < runs.length; r++) {
    const shift = shiftOf(indices, shifts, runs[r]!)
    if (shift > MAX_SHIFT) throw new RangeError(`shift ${shift}`)
    if (r === 0) out.write(shift, PARAMETER_BITS)
    else writeSticky(out, shift, shiftOf(indices, shifts, runs[r - 1]!))
  }
}

/** Into `shifts`, one per chunk. @throws {DecodeError} */
export function readShifts(input: BitReader, indices: Uint32Array, shifts: Uint8Array, runs: Uint32Array): void {
  let shift = 0
  for (let r = 0; r + 1 < runs.length; r++) {
    shift = r === 0 ? input.read(PARAMETER_BITS) : readSticky(input, shift)
    if (shift > MAX_SHIFT) throw new DecodeError('out-of-range', `shift ${shift}`)
    shifts[indices[runs[r]!]! >>> CHUNK_BITS] = shift
  }
}

function shiftOf(indices: Uint32Array, shifts: Uint8Array, entry: number): number {
  return shifts[indices[entry]! >>> CHUNK_BITS]!
}

/** Largest level at this shift whose value is below 2^31. */
function largestLevel(shift: number, valueBits: ValueBits): number {
  return Math.min(2 ** (valueBits - 1), 2 ** (31 - shift) - 1)
}

/** Sign (1 is negative) and magnitude − 1 of each level, in valueBits. @throws {RangeError} */
export function writeLevels(out: BitWriter, update: SparseUpdate, runs: Uint32Array): void {
  const { indices, levels, shifts, valueBits } = update
  for (let r = 0; r + 1 < runs.length; r++) {
    const largest = largestLevel(shiftOf(indices, shifts, runs[r]!), valueBits)
    writeRun(out, levels, runs[r]!, runs[r + 1]!, valueBits, largest)
  }
}

function writeRun(
  out: BitWriter,
  levels: Int16Array,
  start: number,
  end: number,
  valueBits: number,
  largest: number
): void {
  const sign = 1 << (valueBits - 1)
  let word = 0
  let bits = 0
  for (let i = start; i < end; i++) {
    const level = levels[i]!
    const magnitude = Math.abs(level)
    if (magnitude === 0 || magnitude > largest) throw new RangeError(`level ${level} at ${valueBits} bits`)
    word = (word << valueBits) | (level < 0 ? sign : 0) | (magnitude - 1)
    bits += valueBits
    if (bits === 32) {
      out.write(word, 32)
      word = 0
      bits = 0
    }
  }
  if (bits > 0) out.write(word, bits)
}

/** @throws {DecodeError} */
export function readLevels(
  input: BitReader,
  indices: Uint32Array,
  shifts: Uint8Array,
  valueBits: ValueBits,
  runs: Uint32Array
): Int16Array {
  const levels = new Int16Array(indices.length)
  const first = input.position
  input.moveTo(first + levels.length * valueBits)
  for (let r = 0; r + 1 < runs.length; r++) {
    const largest = largestLevel(shiftOf(indices, shifts, runs[r]!), valueBits)
    if (!readRun(input.words, first, levels, runs[r]!, runs[r + 1]!, valueBits, largest))
      throw new DecodeError('out-of-range', 'a value of 2^31 or more')
  }
  return levels
}

/** @returns whether no level is above `largest` */
function readRun(
  words: Int32Array,
  first: number,
  levels: Int16Array,
  start: number,
  end: number,
  valueBits: number,
  largest: number
): boolean {
  const mask = (1 << (valueBits - 1)) - 1
  let fits = true
  for (let i = start; i < end; i++) {
    const code = peekBits(words, first + i * valueBits) >>> (32 - valueBits)
    const magnitude = (code & mask) + 1
    fits = fits && magnitude <= largest
    levels[i] = code > mask ? -magnitude : magnitude
  }
  return fits
}
