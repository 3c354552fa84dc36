/** Values to small levels with one power-of-two scale per chunk. PROTOCOL.md, section 4. */
import { MAX_COORDINATE } from '../grid.js'
import { CHUNK, MAX_SHIFT, type ValueBits } from '../wire/limits.js'
import { chunkCount, type SparseUpdate } from './update.js'

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
  const kept = new Uint32Array(indices.length)
  const levels = new Int16Array(indices.length)
  const shifts = new Uint8Array(chunkCount(values.length))
  const magnitudes = new Int32Array(Math.min(indices.length, CHUNK))
  let count = 0
  let start = 0
  while (start < indices.length) {
    const chunk = (indices[start]! / CHUNK) | 0
    const limit = (chunk + 1) * CHUNK
    let end = start
    let largest = 0
    for (; end < indices.length && indices[end]! < limit; end++) {
      const magnitude = Math.abs(values[indices[end]!]!)
      magnitudes[end - start] = magnitude
      if (magnitude > largest) largest = magnitude
    }
    const shift = bestShift(magnitudes, end - start, largest, valueBits, maxValue)
    const cap = levelCap(shift, valueBits, maxValue)
    const before = count
    for (let i = start; i < end; i++) {
      const index = indices[i]!
      const level = levelOf(magnitudes[i - start]!, shift, cap)
      if (level === 0) continue
      kept[count] = index
      levels[count++] = values[index]! < 0 ? -level : level
    }
    if (count > before) shifts[chunk] = shift
    start = end
  }
  return {
    valueBits,
    size: values.length,
    indices: count === kept.length ? kept : kept.slice(0, count),
    levels: count === levels.length ? levels : levels.slice(0, count),
    shifts
  }
}

/** Largest level at this shift whose value is within `maxValue`. */
function levelCap(shift: number, valueBits: ValueBits, maxValue: number): number {
  return Math.min(2 ** (valueBits - 1), Math.floor(maxValue / 2 ** shift))
}

/** Nearest level, the larger one on a tie, at most `cap`. */
function levelOf(magnitude: number, shift: number, cap: number): number {
  const level = (magnitude + ((1 << shift) >>> 1)) >>> shift
  return Math.min(level, cap)
}

/** @param count of `magnitudes` that are in use @param largest of them */
function bestShift(
  magnitudes: Int32Array,
  count: number,
  largest: number,
  valueBits: ValueBits,
  maxValue: number
): number {
  const reach = 2 ** (valueBits - 1)
  const goal = Math.min(largest, maxValue)
  // Coarser than the finest shift that clips nothing is never better: its levels are some of the finer one's.
  let shift = 0
  while (shift < MAX_SHIFT && reach * 2 ** shift < goal && 2 ** (shift + 1) <= maxValue) shift++
  let least = squaredError(magnitudes, count, shift, levelCap(shift, valueBits, maxValue))
  while (shift > 0) {
    const finer = squaredError(magnitudes, count, shift - 1, levelCap(shift - 1, valueBits, maxValue))
    if (finer > least) break
    least = finer
    shift--
  }
  return shift
}

/** In grid units squared; a double summed in order, so every engine gets the same. */
function squaredError(magnitudes: Int32Array, count: number, shift: number, cap: number): number {
  const half = (1 << shift) >>> 1
  let sum = 0
  for (let i = 0; i < count; i++) {
    const magnitude = magnitudes[i]!
    let level = (magnitude + half) >>> shift
    if (level > cap) level = cap
    const error = magnitude - (level << shift)
    sum += error * error
  }
  return sum
}
