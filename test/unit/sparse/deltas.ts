/** Integers that look like a delta after local training: many small, few large. Exact, so the same on every engine. */
import { createRandom, type Random } from '#src/core/random.js'

export function randomDelta(size: number, seed: number, scale = 20_000): Int32Array {
  const random = createRandom(seed)
  return Int32Array.from({ length: size }, () => heavyTailed(random, scale))
}

/** Sums of uniforms (nearly normal), a tenth of them five times as wide. */
export function heavyTailed(random: Random, scale: number): number {
  const normal = random.unit() + random.unit() + random.unit() + random.unit() - 2
  return Math.round(normal * scale * (random.below(10) === 0 ? 5 : 1))
}

/** `count` of `size` indices at random, ascending. */
export function randomIndices(size: number, count: number, seed: number): Uint32Array {
  const random = createRandom(seed)
  const chosen = new Set<number>()
  while (chosen.size < count) chosen.add(random.below(size))
  return Uint32Array.from(chosen).sort()
}
