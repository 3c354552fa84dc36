/** Inputs of vectors: integers drawn with + − × only. */
import { createRandom } from '#src/core/random.js'

/** Many small, some large: like a delta after local training. */
export function drawValues(size: number, seed: number, scaleBits: number): Int32Array {
  const random = createRandom(seed)
  return Int32Array.from({ length: size }, () => {
    const bits = 1 + random.below(scaleBits)
    const magnitude = random.below(2 ** bits)
    return random.below(2) === 0 ? magnitude : -magnitude
  })
}
