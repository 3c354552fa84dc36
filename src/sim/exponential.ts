/**
 * Exponential variates of mean 1 by comparisons alone (von Neumann, "Various techniques used in connection with random digits",
 * 1951): logarithms differ between engines in their last bits, and one bit is another run.
 */
import type { Random } from '../core/random.js'

export function drawExponential(random: Random): number {
  // A run of falling draws u1 > u2 > … that breaks after an odd number of them accepts u1; else a whole unit passes.
  for (let units = 0; ; units++) {
    const first = random.unit()
    let last = first
    for (let length = 1; ; length++) {
      const next = random.unit()
      if (next < last) {
        last = next
        continue
      }
      if (length % 2 === 1) return units + first
      break
    }
  }
}
