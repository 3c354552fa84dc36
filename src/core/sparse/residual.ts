/**
 * The residual: what a peer trained and has not sent yet. Sent plus residual equals, exactly, the sum of the deltas taken
 * in. Seide et al., "1-bit SGD" (2014) call it error feedback. PROTOCOL.md, section 4.
 */
import { MAX_COORDINATE } from '../grid.js'
import { type SparseUpdate, updateValues } from './update.js'

/**
 * residual += delta, in place. Where the sum would leave ±(2^31 − 1) it is clamped and `delta` is reduced, in place too, to
 * what was really taken in, so that the books stay exact.
 *
 * @returns coordinates clamped
 * @throws {RangeError} when the lengths differ
 */
export function takeIn(residual: Int32Array, delta: Int32Array): number {
  if (residual.length !== delta.length) throw new RangeError(`lengths differ: ${residual.length} and ${delta.length}`)
  let clamped = 0
  for (let i = 0; i < residual.length; i++) {
    const before = residual[i]!
    const sum = before + delta[i]!
    if (sum > MAX_COORDINATE || sum < -MAX_COORDINATE) {
      const after = sum > 0 ? MAX_COORDINATE : -MAX_COORDINATE
      delta[i] = after - before
      residual[i] = after
      clamped++
    } else residual[i] = sum
  }
  return clamped
}

/**
 * residual −= update, in place and exactly.
 *
 * It cannot overflow for an update made from this residual: an entry has its coordinate's sign and both magnitudes are at
 * most 2^31 − 1, so the difference's is too. Any other update is checked before anything changes.
 *
 * @throws {RangeError} when the sizes differ or a coordinate would leave ±(2^31 − 1); the residual is then as it was
 */
export function subtract(residual: Int32Array, update: SparseUpdate): void {
  if (residual.length !== update.size) throw new RangeError(`sizes differ: ${residual.length} and ${update.size}`)
  const { indices } = update
  const values = updateValues(update)
  for (let i = 0; i < indices.length; i++) {
    const after = residual[indices[i]!]! - values[i]!
    if (after > MAX_COORDINATE || after < -MAX_COORDINATE)
      throw new RangeError(`coordinate ${indices[i]} would leave the range of a residual`)
  }
  for (let i = 0; i < indices.length; i++) residual[indices[i]!]! -= values[i]!
}
