/** Values to small levels with one power-of-two scale per chunk. PROTOCOL.md, section 4. */
import { MAX_COORDINATE } from '../grid.js'
import { CHUNK, CHUNK_BITS, type ValueBits } from '../wire/limits.js'
import { chunkCount, chunkRuns, type SparseUpdate } from './update.js'

export { norm, type SparseUpdate, updateValues } from './update.js'

/**
 * Rounds the selected values to levels. Per chunk the shift of least squared error is chosen, the lower one on a tie,
 * starting from the finest that clips nothing and going down while that helps. What rounds to level 0 is dropped: it would
 * cost bits and say nothing. An entry never has the other sign than its value.
 *
 * @param values grid units, |value| ≤ 2^31 − 1
 * @param indices strictly increasing
 * @param maxValue no entry exceeds this magnitude in grid units; larger values are clipped, the residual keeps the rest.
 *   1 … 2^31 − 1 @default 2^31 − 1
 */
export function quantise(
  values: Int32Array,
  indices: Uint32Array,
  valueBits: ValueBits,
  maxValue: number = MAX_COORDINATE
): SparseUpdate {
  if (!Number.isInteger(maxValue) || maxValue < 1 || maxValue > MAX_COORDINATE)
    throw new RangeError(`maxValue is an integer from 1 to 2^31 - 1, not ${maxValue}`)
  const kept = indices.slice()
  const levels = new Int16Array(indices.length)
  const shifts = new Uint8Array(chunkCount(values.length))
  const chosen = new Int32Array(Math.min(indices.length, CHUNK))
  const runs = chunkRuns(indices)
  let count = 0
  for (let r = 0; r + 1 < runs.length; r++) {
    const start = runs[r]!
    const end = runs[r + 1]!
    const largest = gather(values, indices, start, end, chosen)
    const shift = bestShift(chosen, end - start, largest, valueBits, maxValue)
    const cap = levelCap(shift, valueBits, maxValue)
    const before = count
    count = writeLevels(chosen, indices, start, end, shift, cap, kept, levels, count)
    if (count > before) shifts[indices[start]! >>> CHUNK_BITS] = shift
  }
  const whole = count === indices.length
  return {
    valueBits,
    size: values.length,
    indices: whole ? kept : kept.slice(0, count),
    levels: whole ? levels : levels.slice(0, count),
    shifts
  }
}

// The loops below are functions of their own because V8 compiles those for good; inside quantise it would not. Signs and
// levels of a residual are as good as random, so they are written without branches: for s = x >> 31, (x ^ s) − s is |x|,
// and negates a level where x is negative.

/** The values at indices `start … end−1`, to the front of `out`. @returns the largest magnitude */
function gather(values: Int32Array, indices: Uint32Array, start: number, end: number, out: Int32Array): number {
  let largest = 0
  for (let i = start; i < end; i++) {
    const value = values[indices[i]!]!
    const sign = value >> 31
    out[i - start] = value
    largest = Math.max(largest, (value ^ sign) - sign)
  }
  return largest
}

/** Nearest level, the larger one on a tie, at most `cap`. */
function levelOf(magnitude: number, shift: number, cap: number): number {
  const over = (((magnitude + ((1 << shift) >>> 1)) >>> shift) - cap) | 0
  return (cap + (over & (over >> 31))) | 0
}

/** Entries whose level is not 0 go to `kept` and `levels`, from `count` on. @returns the new count */
function writeLevels(
  chosen: Int32Array,
  indices: Uint32Array,
  start: number,
  end: number,
  shift: number,
  cap: number,
  kept: Uint32Array,
  levels: Int16Array,
  count: number
): number {
  for (let i = start; i < end; i++) {
    const value = chosen[i - start]!
    const sign = value >> 31
    const level = levelOf((value ^ sign) - sign, shift, cap)
    kept[count] = indices[i]!
    levels[count] = (level ^ sign) - sign
    if (level > 0) count++
  }
  return count
}

/** Largest level at this shift whose value is within `maxValue`. */
function levelCap(shift: number, valueBits: ValueBits, maxValue: number): number {
  return Math.min(1 << (valueBits - 1), maxValue >>> shift)
}

/** @param count of `chosen` that are in use @param largest magnitude of them */
function bestShift(chosen: Int32Array, count: number, largest: number, valueBits: ValueBits, maxValue: number): number {
  // The finest shift that clips nothing has 2^(valueBits − 1 + shift) ≥ goal. A coarser one is never better: its levels
  // are some of the finer one's.
  const goal = Math.min(largest, maxValue)
  const coarsest = 32 - Math.clz32(goal - 1) - (valueBits - 1)
  let shift = Math.max(0, Math.min(coarsest, 31 - Math.clz32(maxValue)))
  let least = squaredError(chosen, count, shift, levelCap(shift, valueBits, maxValue))
  while (shift > 0) {
    const finer = squaredError(chosen, count, shift - 1, levelCap(shift - 1, valueBits, maxValue))
    if (finer > least) break
    least = finer
    shift--
  }
  return shift
}

/** In grid units squared; a double summed in order, so every engine gets the same. */
function squaredError(chosen: Int32Array, count: number, shift: number, cap: number): number {
  let sum = 0
  for (let i = 0; i < count; i++) {
    const value = chosen[i]!
    const sign = value >> 31
    const magnitude = (value ^ sign) - sign
    const error = (magnitude - (levelOf(magnitude, shift, cap) << shift)) | 0
    sum += error * error
  }
  return sum
}
