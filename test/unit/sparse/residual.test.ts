import assert from 'node:assert/strict'
import fc from 'fast-check'
import { createRandom } from '#src/core/random.js'
import { compress } from '#src/core/sparse/compress.js'
import { quantise } from '#src/core/sparse/quantise.js'
import { subtract, takeIn } from '#src/core/sparse/residual.js'
import { updateValues } from '#src/core/sparse/update.js'
import { VALUE_BITS } from '#src/core/wire/limits.js'
import { decodeBody, encodeBody } from '#src/core/wire/update.js'
import { heavyTailed } from './deltas.js'

const MAX = 2 ** 31 - 1
const coordinate = fc.oneof(fc.integer({ min: -MAX, max: MAX }), fc.constantFrom(MAX, -MAX, 0))

describe('residual', () => {
  it('sent plus residual is exactly the sum of the deltas taken in, over thousands of epochs, aborted ones included (I2)', () => {
    for (const [seed, valueBits] of VALUE_BITS.entries()) {
      const random = createRandom(seed + 1)
      const size = 200
      const residual = new Int32Array(size)
      const takenIn = new Float64Array(size)
      const sent = new Float64Array(size)
      for (let epoch = 0; epoch < 1000; epoch++) {
        // Now and then a coordinate near the bound, so that some are clamped.
        const delta = Int32Array.from({ length: size }, () =>
          random.below(500) === 0 ? MAX - random.below(9) : heavyTailed(random, 2 ** random.below(24))
        )
        takeIn(residual, delta)
        for (let i = 0; i < size; i++) takenIn[i]! += delta[i]!
        const maxBytes = 12 + random.below(100)
        const update = compress(residual, {
          maxBytes,
          valueBits,
          maxNorm: 200,
          maxValueBits: 8 + random.below(24),
          epoch
        })
        if (random.below(4) === 0) continue // the write failed: nothing was sent, nothing leaves the residual
        const body = encodeBody({ epoch, drawBits: 0, weight: 1, delta: update })
        subtract(residual, update)
        const { delta: received } = decodeBody(body, { size, maxBytes: 1000 })
        const values = updateValues(received)
        for (const [i, index] of received.indices.entries()) sent[index]! += values[i]!
        for (let i = 0; i < size; i++) assert.equal(sent[i]! + residual[i]!, takenIn[i]!)
      }
      assert.ok(sent.some(value => value !== 0))
    }
  })

  it('clamps at ±(2^31 − 1) and says so in the delta', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(coordinate, coordinate), { maxLength: 20 }), pairs => {
        const residual = Int32Array.from(pairs, ([a]) => a)
        const delta = Int32Array.from(pairs, ([, b]) => b)
        const clamped = takeIn(residual, delta)
        let expected = 0
        for (const [i, [before, asked]] of pairs.entries()) {
          assert.equal(residual[i]!, Math.max(-MAX, Math.min(MAX, before + asked)))
          assert.equal(delta[i]!, residual[i]! - before)
          if (delta[i] !== asked) expected++
        }
        assert.equal(clamped, expected)
      })
    )
  })

  it('cannot overflow when an update made from it is taken out', () => {
    fc.assert(
      fc.property(
        fc.array(coordinate, { minLength: 1, maxLength: 40 }),
        fc.constantFrom(...VALUE_BITS),
        (list, bits) => {
          const residual = Int32Array.from(list)
          const update = quantise(residual, Uint32Array.from(residual.keys()), bits)
          const before = residual.slice()
          subtract(residual, update)
          const values = updateValues(update)
          for (const [i, index] of update.indices.entries()) assert.equal(residual[index]!, before[index]! - values[i]!)
        }
      )
    )
  })

  it('refuses a foreign update that would overflow, and changes nothing', () => {
    const update = quantise(Int32Array.of(8, MAX), Uint32Array.of(0, 1), 8)
    const residual = Int32Array.of(5, -MAX)
    assert.throws(() => subtract(residual, update), RangeError)
    assert.deepEqual(residual, Int32Array.of(5, -MAX))
    assert.throws(() => subtract(new Int32Array(3), update), RangeError)
    assert.throws(() => takeIn(new Int32Array(3), new Int32Array(2)), RangeError)
  })
})
