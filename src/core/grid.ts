/**
 * The integer grid: params, deltas and residuals are integers in units of 2^-24, so that sums are exact and the same
 * bits come out on every machine. PROTOCOL.md, R3.
 */

/** One unit is 2^-GRID_BITS. 24 bits resolve 6e-8, below float32 noise for values near 1. */
const GRID_BITS = 24
export const GRID = 2 ** GRID_BITS

/** Largest magnitude of a delta or residual coordinate, in grid units: 2^31 − 1 (just under 128.0). */
export const MAX_COORDINATE = 2 ** 31 - 1

/** Grid integers as float32 values, into `out` (same length). */
export function toFloat32(grid: Float64Array, out: Float32Array = new Float32Array(grid.length)): Float32Array {
  for (let i = 0; i < grid.length; i++) out[i] = grid[i]! / GRID
  return out
}

/**
 * roundGrid(after − before) in grid units, clamped to ±MAX_COORDINATE.
 * @throws {RangeError} on NaN or infinity: such a delta must never enter a residual.
 */
export function gridDelta(after: Float32Array, before: Float32Array): Int32Array {
  if (after.length !== before.length) throw new RangeError(`lengths differ: ${after.length} and ${before.length}`)
  const out = new Int32Array(after.length)
  for (let i = 0; i < out.length; i++) {
    const units = Math.round((after[i]! - before[i]!) * GRID)
    if (!Number.isFinite(units)) throw new RangeError(`training left a value that is not finite at index ${i}`)
    out[i] = Math.max(-MAX_COORDINATE, Math.min(MAX_COORDINATE, units))
  }
  return out
}

/** Integer quotient rounded half to even. Bounds: |a| < 2^53, 0 < b < 2^53, both integers. */
export function divideHalfEven(a: number, b: number): number {
  let quotient = Math.trunc(a / b)
  let rest = a - quotient * b
  // For |a| near 2^53 the double division may be one off; the remainder says so exactly as long as quotient·b < 2^53.
  if (rest >= b) {
    quotient++
    rest -= b
  } else if (rest <= -b) {
    quotient--
    rest += b
  }
  const sign = a < 0 ? -1 : 1
  if (rest !== 0 && Math.sign(rest) !== sign) {
    quotient -= sign
    rest += sign * b
  }
  const twice = 2 * Math.abs(rest)
  if (twice > b || (twice === b && quotient % 2 !== 0)) quotient += sign
  return quotient
}
