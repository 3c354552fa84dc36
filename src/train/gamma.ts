/**
 * Gamma and Dirichlet draws that come out bit for bit the same on every engine. IEEE 754 fixes + − × ÷ and the square
 * root to the last bit, but not Math.log and Math.exp, so these are built here from those five.
 */
import type { Random } from '../core/random.js'

/** ln x for finite x > 0, within 1e-14 of itself or 1e-15 near 1; the same bits everywhere. */
export function exactLog(x: number): number {
  let exponent = 0
  while (x > 1.5) {
    x /= 2
    exponent++
  }
  while (x < 0.75) {
    x *= 2
    exponent--
  }
  // ln x = 2 artanh(t), t = (x − 1)/(x + 1), |t| ≤ 0.2: 12 terms leave 1e-19.
  const t = (x - 1) / (x + 1)
  const square = t * t
  let sum = 0
  for (let k = 23; k >= 1; k -= 2) sum = sum * square + 1 / k
  return exponent * Math.LN2 + 2 * t * sum
}

/** e^x, relative error below 1e-13 for |x| < 700, 0 below −745; the same bits everywhere. */
export function exactExp(x: number): number {
  if (x < -745) return 0
  const power = Math.round(x / Math.LN2)
  const rest = x - power * Math.LN2
  // Taylor's series, |rest| < 0.35: 16 terms leave 1e-22.
  let sum = 1
  for (let k = 16; k >= 1; k--) sum = 1 + (sum * rest) / k
  for (let i = 0; i < power; i++) sum *= 2
  for (let i = 0; i > power; i--) sum /= 2
  return sum
}

/** A standard normal draw. Marsaglia's polar method (1964). */
function normal(random: Random): number {
  for (;;) {
    const u = 2 * random.unit() - 1
    const v = 2 * random.unit() - 1
    const s = u * u + v * v
    if (s > 0 && s < 1) return u * Math.sqrt((-2 * exactLog(s)) / s)
  }
}

/**
 * The logarithm of a Gamma(shape, 1) draw: for a small shape the draw itself would often be too small for a double.
 * Marsaglia and Tsang (2000); for shape < 1 by Gamma(shape) = Gamma(shape + 1) · U^(1/shape).
 * @param shape > 0
 */
export function logGamma(random: Random, shape: number): number {
  if (shape < 1) return logGamma(random, shape + 1) + exactLog(random.unit() + 2 ** -33) / shape
  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = normal(random)
    const cube = 1 + c * x
    if (cube <= 0) continue
    const v = cube * cube * cube
    if (exactLog(random.unit() + 2 ** -33) < 0.5 * x * x + d - d * v + d * exactLog(v)) return exactLog(d) + exactLog(v)
  }
}

/** One draw of a symmetric Dirichlet distribution: `count` shares ≥ 0 that add up to 1. @param alpha > 0 */
export function dirichlet(random: Random, alpha: number, count: number): Float64Array {
  const logs = Array.from({ length: count }, () => logGamma(random, alpha))
  const largest = Math.max(...logs)
  const shares = Float64Array.from(logs, log => exactExp(log - largest))
  const sum = shares.reduce((a, b) => a + b, 0)
  return shares.map(share => share / sum)
}
