/** Seeded numbers for the trainer's tests. */
import { createRandom } from '#src/core/random.js'

/** Uniform over ±limit. */
export function randomFloats(length: number, seed: number, limit = 1): Float32Array {
  const random = createRandom(seed)
  return Float32Array.from({ length }, () => (2 * random.unit() - 1) * limit)
}

export function randomLabels(length: number, classes: number, seed: number): Int32Array {
  const random = createRandom(seed)
  return Int32Array.from({ length }, () => random.below(classes))
}
