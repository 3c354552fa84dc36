/** The largest part of a residual that fits a byte budget and the swarm's caps. PROTOCOL.md, section 4. */
import { GRID } from '../grid.js'
import { MAX_EPOCH, MAX_WEIGHT, type ValueBits } from '../wire/limits.js'
import { bodyBytes } from '../wire/update.js'
import { expectedCount } from './density.js'
import { quantise } from './quantise.js'
import { topK } from './topk.js'
import { emptyUpdate, norm, type SparseUpdate } from './update.js'

export interface CompressOptions {
  /** Of the encoded body, its head included. */
  readonly maxBytes: number
  readonly valueBits: ValueBits
  /** Largest Euclidean norm, in model units. */
  readonly maxNorm: number
  /** Every value is below 2^maxValueBits grid units. 1 … 31 */
  readonly maxValueBits: number
  /** Of the body, whose varints they are part of. @default the longest */
  readonly epoch?: number
  /** @default the longest */
  readonly weight?: number
}

/** Sizes are measured, not guessed, before an update is chosen; this bounds how often. */
const TRIES = 8

interface Attempt {
  readonly update: SparseUpdate
  /** Coordinates selected, some of which quantising may have dropped. */
  readonly k: number
  readonly bytes: number
}

/**
 * Top-k, quantised, with k as large as the byte budget allows (to within 1/512) and not larger than the norm cap allows.
 * Values above the caps are clipped, so that one huge coordinate cannot keep a peer silent. Empty when not even one entry
 * fits. Equal arguments give equal updates.
 *
 * @param residual grid units, |value| ≤ 2^31 − 1; not changed
 */
export function compress(residual: Int32Array, options: CompressOptions): SparseUpdate {
  const { maxBytes, valueBits, maxNorm, maxValueBits, epoch = MAX_EPOCH, weight = MAX_WEIGHT } = options
  const size = residual.length
  const maxValue = Math.min(2 ** maxValueBits - 1, Math.floor(maxNorm * GRID))
  const nothing = emptyUpdate(size, valueBits)
  const empty: Attempt = { update: nothing, k: 0, bytes: bodyBytes({ epoch, weight }, nothing) }
  const room = maxBytes - empty.bytes
  const expected = room > 0 ? expectedCount(size, 8 * room, valueBits) : 0
  if (expected === 0 || maxValue < 1) return empty.update

  const attempt = (pool: Pool, k: number): Attempt => {
    const update = quantise(residual, pool.largest(k), valueBits, maxValue)
    return { update, k, bytes: bodyBytes({ epoch, weight }, update) }
  }
  // One scan of the residual selects a few more than expected; what follows looks at those only.
  let pool = createPool(residual, Math.min(size, expected + (expected >> 4) + 16))
  let best = fill(pool, expected, maxBytes, empty, attempt)
  while (best.k === pool.size && pool.size < size && pool.isFull) {
    // Everything fits: indices cluster, or many round to zero. Go on only while enough entries come of it.
    const before = best.update.indices.length
    pool = createPool(residual, Math.min(size, 2 * pool.size))
    best = fill(pool, pool.size, maxBytes, best, attempt)
    if (best.update.indices.length - before < pool.size >> 6) break
  }
  return withinNorm(pool, best, empty, maxNorm * GRID, attempt).update
}

type Try = (pool: Pool, k: number) => Attempt

/**
 * Looks for the largest k of the pool that fits, from `guess` on. The next k lies on the line between the largest that
 * fitted and the smallest that did not; after one that did not, a little lower, in the middle of what is close enough.
 */
function fill(pool: Pool, guess: number, maxBytes: number, fits: Attempt, attempt: Try): Attempt {
  let best = fits
  let over: Attempt | undefined
  let k = Math.min(guess, pool.size)
  for (let tries = 0; tries < TRIES && k > best.k; tries++) {
    const found = attempt(pool, k)
    const close = Math.floor(k / 512)
    if (found.bytes > maxBytes) over = found
    else best = found
    const [low, high] = over === undefined ? [fits, found] : [best, over]
    const slope = (high.k - low.k) / Math.max(1, high.bytes - low.bytes)
    const aim = best.k + Math.floor((maxBytes - best.bytes) * slope)
    if (found === best && aim - k <= close) break
    const limit = over === undefined ? pool.size : over.k - 1
    k = Math.min(limit, Math.max(best.k + 1, found === over ? aim - (close >> 1) : aim))
  }
  return best
}

/** The largest k up to the given one whose update keeps the norm, by bisection; k = 1 always does. */
function withinNorm(pool: Pool, given: Attempt, empty: Attempt, maxNorm: number, attempt: Try): Attempt {
  if (norm(given.update) <= maxNorm) return given
  let best = empty
  let high = given.k
  while (best.k + 1 < high) {
    const middle = (best.k + high) >> 1
    const found = attempt(pool, middle)
    if (norm(found.update) <= maxNorm) best = found
    else high = middle
  }
  return best
}

interface Pool {
  readonly size: number
  /** False where fewer coordinates than asked for are nonzero: no larger pool has more. */
  readonly isFull: boolean
  /** Indices of the k largest. Bounds: k ≤ size. */
  largest(k: number): Uint32Array
}

function createPool(residual: Int32Array, wanted: number): Pool {
  const indices = topK(residual, wanted)
  const values = new Int32Array(indices.length)
  for (let i = 0; i < values.length; i++) values[i] = residual[indices[i]!]!
  return {
    size: indices.length,
    isFull: indices.length === wanted,
    largest(k) {
      if (k >= indices.length) return indices
      const chosen = topK(values, k)
      for (let i = 0; i < chosen.length; i++) chosen[i] = indices[chosen[i]!]!
      return chosen
    }
  }
}
