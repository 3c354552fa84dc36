import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { toHex } from '#src/core/bytes.js'
import { divideHalfEven, GRID, gridDelta, MAX_COORDINATE, toFloat32 } from '#src/core/grid.js'
import { glorotLimit, initialParams, paramsDigest } from '#src/core/protocol/init.js'
import { createRandom } from '#src/core/random.js'
import { divideExactly } from '../../support/reference.js'

const MAX = Number.MAX_SAFE_INTEGER
/** Everywhere, and thickly around the ends. */
const safe = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer({ min: -1000, max: 1000 }),
  fc.nat(1000).map(n => MAX - n),
  fc.nat(1000).map(n => n - MAX)
)
const divisor = fc.oneof(
  fc.integer({ min: 1, max: 1000 }),
  fc.integer({ min: 1, max: 2 ** 41 }),
  fc.nat(1000).map(n => MAX - n),
  fc.nat(52).map(n => 2 ** n)
)

const FROZEN_ZERO = [1789933344, 44971166, 2521392804, 3836935353, 2740083721, 1685820610]
const FROZEN_LARGE = [1449793069, 2718897715, 4172833365, 233830169, 2648022850, 846677309]
const FROZEN_BELOW = [3, 2, 0, 0, 5, 6, 0, 8]
const FROZEN_X0 = [-15291444, -3878759, 15696405, 15941149, -2518774, -6484420, 0, 0, -36832031]
const FROZEN_X0_DIGEST = '0943e797757f852730edce064d12ce9904191df1d920a61f78d264f4aa6051a0'

describe('numbers', () => {
  it('divides exactly, half to even, up to 2^53 (R3)', () => {
    const check = (a: number, b: number) =>
      assert.equal(BigInt(divideHalfEven(a, b)), divideExactly(BigInt(a), BigInt(b)), `${a} / ${b}`)
    fc.assert(fc.property(safe, divisor, check), { numRuns: 5000 })
    // Ties and their neighbours.
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 20), max: 2 ** 20 }), fc.integer({ min: 1, max: 2 ** 30 }), (q, half) => {
        for (const off of [-1, 0, 1]) check(2 * half * q + half + off, 2 * half)
      })
    )
  })

  it('draws the same numbers on every engine', () => {
    const numbers = (seed: number, stream: number) => {
      const random = createRandom(seed, stream)
      return Array.from({ length: 6 }, () => random.uint32())
    }
    assert.deepEqual(numbers(0, 0), FROZEN_ZERO)
    assert.deepEqual(numbers(MAX, 0x78300000), FROZEN_LARGE)
    const random = createRandom(7)
    assert.deepEqual(
      Array.from({ length: 8 }, () => random.below(10)),
      FROZEN_BELOW
    )
    assert.equal(random.below(1), 0)
    assert.ok(random.below(2 ** 32) < 2 ** 32)
    for (const bad of [0, 1.5, 2 ** 32 + 1, Number.NaN]) assert.throws(() => random.below(bad), RangeError)
    for (const bad of [-1, 0.5, MAX + 1, Number.NaN]) assert.throws(() => createRandom(bad), RangeError)
  })

  it('starts every peer from the same x0', () => {
    const tensors = [
      { name: 'kernel', shape: [3, 2], initLimit: glorotLimit(3, 2, GRID) },
      { name: 'bias', shape: [2], initLimit: 0 },
      { name: 'widest', shape: [1], initLimit: 2 ** 27 }
    ]
    const x0 = initialParams(tensors, 42)
    assert.deepEqual([...x0], FROZEN_X0)
    assert.equal(toHex(paramsDigest(x0)), FROZEN_X0_DIGEST)
    for (const value of x0) assert.ok(!Object.is(value, -0))
  })

  it('digests params as signed 64-bit integers', () => {
    fc.assert(
      fc.property(fc.array(safe), values => {
        const view = new DataView(new ArrayBuffer(8 * values.length))
        values.forEach((value, i) => {
          view.setBigInt64(8 * i, BigInt(value), true)
        })
        const expected = createHash('sha256').update(new Uint8Array(view.buffer)).digest('hex')
        assert.equal(toHex(paramsDigest(Float64Array.from(values))), expected)
      })
    )
    assert.deepEqual(paramsDigest(Float64Array.of(-0)), paramsDigest(Float64Array.of(0)))
  })

  it('rounds deltas to the grid, clamps them, and refuses what is not finite', () => {
    const params = Float32Array.of(0.5, -0.25, 0, 0)
    const grid = gridDelta(Float32Array.of(0.5 + 1 / GRID, -1, 1000, -1000), params)
    assert.deepEqual([...grid], [1, -0.75 * GRID, MAX_COORDINATE, -MAX_COORDINATE])
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY])
      assert.throws(() => gridDelta(Float32Array.of(bad), Float32Array.of(0)), RangeError)
    assert.throws(() => gridDelta(new Float32Array(2), new Float32Array(3)), RangeError)
    assert.deepEqual([...toFloat32(Float64Array.of(GRID, -GRID / 2))], [1, -0.5])
  })
})
