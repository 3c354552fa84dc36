/** Levels of an update and the shifts of its chunks. PROTOCOL.md, section 4. */
import type { SparseUpdate } from '../sparse/update.js'
import { type BitReader, type BitWriter, peekBits } from './bits.js'
import { DecodeError } from './error.js'
import { CHUNK, MAX_SHIFT, PARAMETER_BITS, type ValueBits } from './limits.js'
import { readSticky, stickyBits, writeSticky } from './sticky.js'

/** Calls back once per non-empty chunk, in order, with the range of its entries. */
function eachChunk(indices: Uint32Array, callback: (chunk: number, start: number, end: number) => void): void {
  let start = 0
  while (start < indices.length) {
    const chunk = (indices[start]! / CHUNK) | 0
    const limit = (chunk + 1) * CHUNK
    let end = start + 1
    while (end < indices.length && indices[end]! < limit) end++
    callback(chunk, start, end)
    start = end
  }
}

/** Bits that {@link writeShifts} writes. */
export function shiftBits({ indices, shifts }: SparseUpdate): number {
  let bits = 0
  let previous = -1
  eachChunk(indices, chunk => {
    const shift = shifts[chunk]!
    bits += previous < 0 ? PARAMETER_BITS : stickyBits(shift, previous)
    previous = shift
  })
  return bits
}

export function writeShifts(out: BitWriter, { indices, shifts }: SparseUpdate): void {
  let previous = -1
  eachChunk(indices, chunk => {
    const shift = shifts[chunk]!
    if (shift > MAX_SHIFT) throw new RangeError(`shift ${shift}`)
    if (previous < 0) out.write(shift, PARAMETER_BITS)
    else writeSticky(out, shift, previous)
    previous = shift
  })
}

/** Into `shifts`, one per chunk. @throws {DecodeError} */
export function readShifts(input: BitReader, indices: Uint32Array, shifts: Uint8Array): void {
  let previous = -1
  eachChunk(indices, chunk => {
    const shift = previous < 0 ? input.read(PARAMETER_BITS) : readSticky(input, previous)
    if (shift > MAX_SHIFT) throw new DecodeError('out-of-range', `shift ${shift}`)
    shifts[chunk] = shift
    previous = shift
  })
}

/** Largest level at this shift whose value is below 2^31. */
function largestLevel(shift: number, valueBits: ValueBits): number {
  return Math.min(2 ** (valueBits - 1), 2 ** (31 - shift) - 1)
}

export function writeLevels(out: BitWriter, { indices, levels, shifts, valueBits }: SparseUpdate): void {
  const sign = 1 << (valueBits - 1)
  eachChunk(indices, (chunk, start, end) => {
    const largest = largestLevel(shifts[chunk]!, valueBits)
    for (let i = start; i < end; i++) {
      const level = levels[i]!
      const magnitude = level < 0 ? -level : level
      if (magnitude === 0 || magnitude > largest) throw new RangeError(`level ${level} at ${valueBits} bits`)
      out.write((level < 0 ? sign : 0) | (magnitude - 1), valueBits)
    }
  })
}

/** @throws {DecodeError} */
export function readLevels(
  input: BitReader,
  indices: Uint32Array,
  shifts: Uint8Array,
  valueBits: ValueBits
): Int16Array {
  const levels = new Int16Array(indices.length)
  const { words } = input
  const first = input.position
  input.moveTo(first + levels.length * valueBits)
  const mask = (1 << (valueBits - 1)) - 1
  eachChunk(indices, (chunk, start, end) => {
    const largest = largestLevel(shifts[chunk]!, valueBits)
    for (let i = start; i < end; i++) {
      const code = peekBits(words, first + i * valueBits) >>> (32 - valueBits)
      const magnitude = (code & mask) + 1
      if (magnitude > largest) throw new DecodeError('out-of-range', `level ${magnitude} at shift ${shifts[chunk]}`)
      levels[i] = code > mask ? -magnitude : magnitude
    }
  })
  return levels
}
