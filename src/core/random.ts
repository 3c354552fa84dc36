/**
 * A seeded integer generator, the same on every engine: xoshiro128** (Blackman and Vigna, 2018) seeded by splitmix32.
 * Only additions, multiplications and shifts of 32-bit integers. Not for secrets.
 */
export interface Random {
  /** 0 … 2^32 − 1 */
  uint32(): number
  /** 0 … bound − 1, unbiased. Bound: 1 … 2^32. */
  below(bound: number): number
  /** [0, 1) with 32 bits; exact, so the same on every engine. */
  unit(): number
  /** In place, Fisher-Yates. */
  shuffle<T extends { [index: number]: unknown; length: number }>(items: T): T
}

/** @param seed 0 … 2^53 − 1 @param stream tells apart generators that share a seed, 0 … 2^32 − 1 @default 0 */
export function createRandom(seed: number, stream = 0): Random {
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new RangeError(`a seed is an integer from 0 to 2^53 - 1, not ${seed}`)
  let mix = (seed % 2 ** 32) ^ Math.imul(Math.floor(seed / 2 ** 32), 0x9e3779b1) ^ Math.imul(stream, 0x85ebca6b)
  const next = (): number => {
    mix = (mix + 0x9e3779b9) | 0
    let z = mix
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    return z ^ (z >>> 15)
  }
  let a = next()
  let b = next()
  let c = next()
  let d = next() | 1 // never the all-zero state

  const uint32 = (): number => {
    const product = Math.imul(b, 5)
    const result = Math.imul((product << 7) | (product >>> 25), 9)
    const t = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= t
    d = (d << 11) | (d >>> 21)
    return result >>> 0
  }
  const below = (bound: number): number => {
    if (!Number.isInteger(bound) || bound < 1 || bound > 2 ** 32) throw new RangeError(`bound out of range: ${bound}`)
    const limit = 2 ** 32 - (2 ** 32 % bound)
    for (;;) {
      const value = uint32()
      if (value < limit) return value % bound
    }
  }
  return {
    uint32,
    below,
    unit: () => uint32() / 2 ** 32,
    shuffle(items) {
      for (let i = items.length - 1; i > 0; i--) {
        const j = below(i + 1)
        const swap = items[i]
        items[i as number] = items[j]
        items[j] = swap
      }
      return items
    }
  }
}
