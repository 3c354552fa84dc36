import assert from 'node:assert/strict'
import fc from 'fast-check'
import { GRID } from '#src/core/grid.js'
import { type CompressOptions, compress } from '#src/core/sparse/compress.js'
import { densityBytes } from '#src/core/sparse/density.js'
import { norm, updateValues } from '#src/core/sparse/update.js'
import { ENVELOPE_OVERHEAD_BYTES } from '#src/core/wire/envelope.js'
import { VALUE_BITS } from '#src/core/wire/limits.js'
import { encodeBody } from '#src/core/wire/update.js'
import { randomDelta } from './deltas.js'

const generous = { maxNorm: 1000, maxValueBits: 31 } as const

function encodedBytes(residual: Int32Array, options: CompressOptions): { bytes: number; count: number } {
  const delta = compress(residual, options)
  const bytes = encodeBody({ epoch: options.epoch ?? 0, drawBits: 0, weight: options.weight ?? 1, delta }).length
  return { bytes, count: delta.indices.length }
}

describe('compress', () => {
  it('never exceeds the byte budget, the norm cap or the value cap', () => {
    fc.assert(
      fc.property(
        fc.record({
          size: fc.integer({ min: 1, max: 3000 }),
          seed: fc.nat(),
          scaleBits: fc.integer({ min: 0, max: 28 }),
          maxBytes: fc.integer({ min: 0, max: 800 }),
          valueBits: fc.constantFrom(...VALUE_BITS),
          maxNorm: fc.constantFrom(1e-6, 0.001, 0.5, 10, 1000),
          maxValueBits: fc.integer({ min: 8, max: 31 })
        }),
        ({ size, seed, scaleBits, ...options }) => {
          const residual = randomDelta(size, seed, 2 ** scaleBits)
          const update = compress(residual, options)
          const body = encodeBody({ epoch: 2 ** 40 - 1, drawBits: 20, weight: 2 ** 20, delta: update })
          assert.ok(update.indices.length === 0 || body.length <= options.maxBytes)
          assert.ok(norm(update) <= options.maxNorm * GRID)
          for (const value of updateValues(update)) assert.ok(Math.abs(value) < 2 ** options.maxValueBits)
        }
      ),
      { numRuns: 300 }
    )
  })

  it('uses the budget: within 1 % for random and for clustered indices', () => {
    const size = 100_000
    const spread = randomDelta(size, 5)
    const clustered = spread.map((value, i) => (i % 20_000 < 1500 ? value * 30 : value))
    for (const residual of [spread, clustered]) {
      for (const maxBytes of [300, 2000, 8000]) {
        const { bytes } = encodedBytes(residual, { maxBytes, valueBits: 4, epoch: 3, weight: 9, ...generous })
        assert.ok(bytes <= maxBytes && bytes > 0.99 * maxBytes - 4, `${bytes} of ${maxBytes}`)
      }
    }
  })

  it('sends everything when everything fits', () => {
    const residual = Int32Array.of(0, 5, 0, -7, 1)
    const update = compress(residual, { maxBytes: 100, valueBits: 8, ...generous })
    assert.deepEqual(update.indices, Uint32Array.of(1, 3, 4))
    assert.deepEqual(updateValues(update), Int32Array.of(5, -7, 1))
  })

  it('sends nothing when nothing fits, or there is nothing', () => {
    assert.equal(compress(randomDelta(1000, 1), { maxBytes: 16, valueBits: 4, ...generous }).indices.length, 0)
    assert.equal(compress(new Int32Array(1000), { maxBytes: 500, valueBits: 4, ...generous }).indices.length, 0)
  })

  it('is not silenced by one coordinate above the caps', () => {
    const residual = randomDelta(1000, 2)
    residual[7] = 2 ** 31 - 1
    const update = compress(residual, { maxBytes: 400, valueBits: 4, maxNorm: 0.5, maxValueBits: 20 })
    assert.ok(update.indices.includes(7))
  })

  it('meets the density that a budget was made for', () => {
    const size = 200_000
    const residual = randomDelta(size, 11)
    for (const valueBits of [2, 4, 8] as const) {
      for (const density of [0.001, 0.01, 0.05]) {
        const maxBytes = densityBytes(size, density, valueBits) - ENVELOPE_OVERHEAD_BYTES
        const { count } = encodedBytes(residual, { maxBytes, valueBits, ...generous })
        assert.ok(Math.abs(count / (density * size) - 1) < 0.05, `${count} at ${density} and ${valueBits} bits`)
      }
    }
  })
})
