/** Bits and bytes an update is expected to take, before anything is selected. + − × ÷ only: the same on every engine. */
import { ENVELOPE_OVERHEAD_BYTES } from '../wire/envelope.js'
import { CHUNK, MAX_RICE, type ValueBits } from '../wire/limits.js'

/** Bytes of a body before its entries, at the most: 1 + 1 + 6 + 1 + 3 + 4. */
const HEAD_BYTES = 16

/** Expected bits of a Rice-coded gap between indices that are each drawn with probability `density`, 0 < density ≤ 1. */
export function gapBits(density: number): number {
  let least = Number.POSITIVE_INFINITY
  // A gap reaches 2^k with probability (1 − density)^(2^k): squaring goes from one k to the next.
  let reaches = 1 - density
  for (let k = 0; k <= MAX_RICE; k++) {
    const bits = k + 1 + reaches / (1 - reaches)
    if (bits >= least) break
    least = bits
    reaches *= reaches
  }
  return least
}

/** Expected bits of `count` entries of `size` parameters at random places. */
function expectedBits(size: number, count: number, valueBits: ValueBits): number {
  if (count === 0) return 0
  const chunks = Math.min(count, Math.ceil(size / CHUNK))
  // A shift that changes every third time costs 1 + 5/3 bits.
  return 6 + 5 + (8 / 3) * chunks + count * (gapBits(count / size) + valueBits)
}

/** The largest count whose expected bits fit. */
export function expectedCount(size: number, bits: number, valueBits: ValueBits): number {
  let low = 0
  let high = size
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (expectedBits(size, middle, valueBits) <= bits) low = middle
    else high = middle - 1
  }
  return low
}

/**
 * Bytes of one envelope, everything included, that sends about `density` · `size` coordinates, at least one.
 * @param density 0 … 1
 */
export function densityBytes(size: number, density: number, valueBits: ValueBits): number {
  if (!(density >= 0 && density <= 1)) throw new RangeError(`a density is from 0 to 1, not ${density}`)
  const count = Math.max(1, Math.round(density * size))
  return ENVELOPE_OVERHEAD_BYTES + HEAD_BYTES + Math.ceil(expectedBits(size, count, valueBits) / 8)
}
