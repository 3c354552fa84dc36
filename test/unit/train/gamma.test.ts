import assert from 'node:assert/strict'
import fc from 'fast-check'
import { createRandom } from '#src/core/random.js'
import { dirichlet, exactExp, exactLog, logGamma } from '#src/train/gamma.js'

describe('arithmetic that is the same on every engine', () => {
  it('comes within 1e-13 of Math.log', () => {
    fc.assert(
      fc.property(fc.double({ min: Number.MIN_VALUE, max: Number.MAX_VALUE, noNaN: true }), x => {
        const expected = Math.log(x)
        assert.ok(Math.abs(exactLog(x) - expected) <= 1e-13 * Math.max(1, Math.abs(expected)), `${x}`)
      })
    )
    assert.equal(exactLog(1), 0)
  })

  it('comes within 1e-12 of Math.exp', () => {
    fc.assert(
      fc.property(fc.double({ min: -700, max: 700, noNaN: true }), x => {
        assert.ok(Math.abs(exactExp(x) / Math.exp(x) - 1) <= 1e-12, `${x}`)
      })
    )
    assert.equal(exactExp(0), 1)
    assert.equal(exactExp(-800), 0)
  })

  it('gives these bits, on every engine', () => {
    const bits = (x: number): string => Buffer.from(Float64Array.of(x).buffer).toString('hex')
    assert.deepEqual([exactLog(0.1), exactLog(12345.678), exactExp(-3.7), exactExp(250.1)].map(bits), [
      '1555b5bbb16b02c0',
      '311e795995d72240',
      '441087c61f51993f',
      'c2df62f73b357c56'
    ])
  })
})

describe('gamma and Dirichlet draws', () => {
  for (const shape of [0.1, 0.5, 1, 4])
    it(`have the mean and the spread of Gamma(${shape})`, () => {
      const random = createRandom(1)
      const draws = Array.from({ length: 20_000 }, () => Math.exp(logGamma(random, shape)))
      const mean = draws.reduce((a, b) => a + b) / draws.length
      const variance = draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / draws.length
      assert.ok(Math.abs(mean - shape) < 0.05 * shape + 0.005, `mean ${mean}`)
      assert.ok(Math.abs(variance - shape) < 0.12 * shape, `variance ${variance}`)
    })

  it('share out exactly one, however small alpha is', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(0.001, 0.01, 0.1, 1, 100),
        fc.integer({ min: 1, max: 64 }),
        fc.nat(),
        (alpha, count, seed) => {
          const shares = dirichlet(createRandom(seed), alpha, count)
          assert.equal(shares.length, count)
          assert.ok(shares.every(share => share >= 0 && share <= 1))
          assert.ok(Math.abs(shares.reduce((a, b) => a + b) - 1) < 1e-12)
        }
      )
    )
  })
})
