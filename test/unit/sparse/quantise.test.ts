import assert from 'node:assert/strict'
import fc from 'fast-check'
import { quantise } from '#src/core/sparse/quantise.js'
import { norm, type SparseUpdate, updateValues } from '#src/core/sparse/update.js'
import { CHUNK, VALUE_BITS, type ValueBits } from '#src/core/wire/limits.js'
import { randomDelta } from './deltas.js'

const MAX = 2 ** 31 - 1
const coordinate = fc.oneof(
  fc.integer({ min: -MAX, max: MAX }),
  fc.integer({ min: -100_000, max: 100_000 }),
  fc.constantFrom(1, -1, MAX, -MAX)
)
const valueBitsArbitrary = fc.constantFrom(...VALUE_BITS)
const all = (values: Int32Array): Uint32Array => Uint32Array.from(values.keys())

function squaredError(values: Int32Array, valueBits: ValueBits, shift: number): number {
  const cap = Math.min(2 ** (valueBits - 1), Math.floor(MAX / 2 ** shift))
  let sum = 0
  for (const value of values) {
    const level = Math.min(Math.floor(Math.abs(value) / 2 ** shift + 0.5), cap)
    sum += (Math.abs(value) - level * 2 ** shift) ** 2
  }
  return sum
}

function checkShape(update: SparseUpdate): void {
  const { indices, levels, shifts, size, valueBits } = update
  assert.equal(levels.length, indices.length)
  assert.equal(shifts.length, Math.ceil(size / CHUNK))
  for (const [i, level] of levels.entries()) {
    assert.ok(level !== 0 && Math.abs(level) <= 2 ** (valueBits - 1))
    assert.ok(i === 0 || indices[i]! > indices[i - 1]!)
  }
}

describe('quantise', () => {
  it('keeps signs, bounds levels and drops what rounds to nothing', () => {
    fc.assert(
      fc.property(fc.array(coordinate, { minLength: 1, maxLength: 60 }), valueBitsArbitrary, (list, valueBits) => {
        const values = Int32Array.from(list)
        const update = quantise(values, all(values), valueBits)
        checkShape(update)
        const shift = update.shifts[0]!
        const sent = new Map(Array.from(update.indices, (index, i) => [index, updateValues(update)[i]!]))
        for (const [i, value] of values.entries()) {
          const out = sent.get(i) ?? 0
          assert.ok(out === 0 || Math.sign(out) === Math.sign(value))
          assert.ok(Math.abs(out) <= MAX)
          if (out === 0) assert.ok(2 * Math.abs(value) < 2 ** shift, 'only what is nearer to 0 is dropped')
        }
      }),
      { numRuns: 300 }
    )
  })

  it('takes a shift whose neighbours are no better', () => {
    fc.assert(
      fc.property(fc.array(coordinate, { minLength: 1, maxLength: 30 }), valueBitsArbitrary, (list, valueBits) => {
        const values = Int32Array.from(list.filter(value => value !== 0))
        fc.pre(values.length > 0)
        const shift = quantise(values, all(values), valueBits).shifts[0]!
        const error = squaredError(values, valueBits, shift)
        if (shift > 0) assert.ok(squaredError(values, valueBits, shift - 1) > error)
        if (shift < 30) assert.ok(squaredError(values, valueBits, shift + 1) >= error)
      }),
      { numRuns: 300 }
    )
  })

  it('scales every chunk on its own', () => {
    const values = new Int32Array(3 * CHUNK)
    values[5] = 3
    values[2 * CHUNK + 1] = -3 * 2 ** 20
    const update = quantise(values, Uint32Array.of(5, 2 * CHUNK + 1), 4)
    assert.deepEqual(updateValues(update), Int32Array.of(3, -3 * 2 ** 20))
    assert.equal(update.shifts[1], 0)
    assert.ok(update.shifts[2]! >= 19)
  })

  it('clips what is above the cap and sends the rest as it is', () => {
    for (const valueBits of VALUE_BITS) {
      for (const maxValue of [1, 2, 1000, 2 ** 20 - 1, MAX]) {
        const values = Int32Array.of(MAX, -MAX, 900, -1)
        const update = quantise(values, all(values), valueBits, maxValue)
        checkShape(update)
        assert.ok(update.indices.length > 0)
        for (const value of updateValues(update)) assert.ok(Math.abs(value) <= maxValue)
      }
    }
    assert.throws(() => quantise(Int32Array.of(1), Uint32Array.of(0), 4, 0), RangeError)
  })

  it('loses a few per cent of the selected energy at 4 bits', () => {
    const values = randomDelta(CHUNK, 3).map(value => (Math.abs(value) > 40_000 ? value : 0))
    const chosen = all(values).filter(i => values[i] !== 0)
    const update = quantise(values, chosen, 4)
    const energy = values.reduce((sum, value) => sum + value * value, 0)
    assert.ok(squaredError(values, 4, update.shifts[0]!) < 0.02 * energy)
  })
})

describe('norm', () => {
  it('is the Euclidean length of the values', () => {
    const update = quantise(Int32Array.of(3, 0, -4), Uint32Array.of(0, 2), 8)
    assert.equal(norm(update), 5)
    const large = randomDelta(3 * CHUNK, 9)
    const many = quantise(large, all(large), 8)
    const expected = Math.sqrt(updateValues(many).reduce((sum, value) => sum + value * value, 0))
    assert.ok(Math.abs(norm(many) / expected - 1) < 1e-12)
  })

  it('of nothing is 0', () => {
    assert.equal(norm(quantise(new Int32Array(10), new Uint32Array(0), 1)), 0)
  })
})
