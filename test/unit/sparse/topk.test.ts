import assert from 'node:assert/strict'
import fc from 'fast-check'
import { topK } from '#src/core/sparse/topk.js'
import { randomDelta } from './deltas.js'

/** What top-k means, said slowly. */
function reference(values: Int32Array, k: number): Uint32Array {
  const nonzero = Array.from(values.keys()).filter(i => values[i] !== 0)
  nonzero.sort((a, b) => Math.abs(values[b]!) - Math.abs(values[a]!) || a - b)
  return Uint32Array.from(nonzero.slice(0, k)).sort()
}

const extremes = fc.constantFrom(0, 1, -1, 2 ** 31 - 1, -(2 ** 31 - 1), -(2 ** 31), 2 ** 20, -(2 ** 20))

describe('topK', () => {
  it('selects what a stable sort by magnitude selects, lower index first on ties', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.integer(), extremes), { maxLength: 80 }),
        fc.nat(90),
        (list, k) => {
          const values = Int32Array.from(list)
          assert.deepEqual(topK(values, k), reference(values, k))
        }
      ),
      { numRuns: 500 }
    )
  })

  it('selects exactly in long vectors too, where a sample guesses the threshold', () => {
    for (const k of [1, 10, 250, 2500, 24_000]) {
      const values = randomDelta(25_001, k)
      assert.deepEqual(topK(values, k), reference(values, k))
    }
  })

  it('stays exact when the sample guesses wrong', () => {
    const size = 40_000
    const shapes: [string, (i: number) => number][] = [
      ['all equal', () => -7],
      ['all zero', () => 0],
      ['one large, all others zero', i => (i === 12_345 ? -(2 ** 31) : 0)],
      ['large only at the end', i => (i >= size - 9 ? 1000 + i : i % 5)],
      ['a period', i => (i % 10 === 3 ? 1_000_000 : 1)],
      ['rising', i => i],
      ['negative and falling', i => -i]
    ]
    for (const [name, shape] of shapes) {
      const values = Int32Array.from({ length: size }, (_, i) => shape(i))
      for (const k of [1, 8, 400, 5000]) assert.deepEqual(topK(values, k), reference(values, k), `${name}, k = ${k}`)
    }
  })

  it('never selects a zero', () => {
    const values = new Int32Array(1000)
    values[3] = -1
    values[999] = 5
    assert.deepEqual(topK(values, 10), Uint32Array.of(3, 999))
    assert.deepEqual(topK(new Int32Array(0), 10), new Uint32Array(0))
  })

  it('hands out arrays that later calls leave alone', () => {
    const first = topK(Int32Array.of(1, 2, 3), 2)
    topK(randomDelta(50_000, 1), 5000)
    assert.deepEqual(first, Uint32Array.of(1, 2))
  })

  it('says that a bad k is the caller’s fault', () => {
    for (const k of [-1, 0.5, Number.NaN]) assert.throws(() => topK(Int32Array.of(1), k), RangeError)
  })
})
