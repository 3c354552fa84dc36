import assert from 'node:assert/strict'
import fc from 'fast-check'
import { concatBytes, fromHex, toHex } from '#src/core/bytes.js'
import { createRandom } from '#src/core/random.js'
import { quantise } from '#src/core/sparse/quantise.js'
import { topK } from '#src/core/sparse/topk.js'
import { emptyUpdate, type SparseUpdate } from '#src/core/sparse/update.js'
import { DecodeError, type DecodeReason } from '#src/core/wire/error.js'
import { CHUNK, MAX_PARAMETERS, VALUE_BITS } from '#src/core/wire/limits.js'
import { bodyBytes, decodeBody, encodeBody, peekBody, type UpdateBody } from '#src/core/wire/update.js'
import { randomDelta } from '../sparse/deltas.js'

const delta = fc
  .record({
    size: fc.oneof(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 5 * CHUNK })),
    k: fc.nat(400),
    seed: fc.nat(),
    scaleBits: fc.integer({ min: 0, max: 28 }),
    valueBits: fc.constantFrom(...VALUE_BITS)
  })
  .map(({ size, k, seed, scaleBits, valueBits }): SparseUpdate => {
    const values = randomDelta(size, seed, 2 ** scaleBits)
    return quantise(values, topK(values, k), valueBits)
  })
const body: fc.Arbitrary<UpdateBody> = fc.record(
  {
    epoch: fc.oneof(fc.nat(300), fc.integer({ min: 0, max: 2 ** 40 - 1 })),
    drawBits: fc.nat(20),
    weight: fc.integer({ min: 1, max: 2 ** 20 }),
    delta
  },
  { noNullPrototype: true }
)
const limitsOf = (update: UpdateBody) => ({ size: update.delta.size, maxBytes: 1_000_000 })

function reasonOf(run: () => unknown): DecodeReason | 'none' {
  try {
    run()
    return 'none'
  } catch (error) {
    if (error instanceof DecodeError) return error.reason
    throw error
  }
}

describe('update body', () => {
  it('decodes to what was encoded, and its length is known beforehand', () => {
    fc.assert(
      fc.property(body, update => {
        const bytes = encodeBody(update)
        assert.equal(bytes.length, bodyBytes(update, update.delta))
        assert.deepEqual(decodeBody(bytes, limitsOf(update)), update)
        const { epoch, drawBits, weight } = update
        const { valueBits, indices } = update.delta
        assert.deepEqual(peekBody(bytes), { epoch, drawBits, weight, valueBits, count: indices.length })
      }),
      { numRuns: 200 }
    )
  })

  it('survives the longest vector and the lone last index', () => {
    for (const index of [0, MAX_PARAMETERS - 1]) {
      const delta = {
        ...emptyUpdate(MAX_PARAMETERS, 1),
        indices: Uint32Array.of(index),
        levels: Int16Array.of(-1)
      }
      const bytes = encodeBody({ epoch: 0, drawBits: 0, weight: 1, delta })
      const decoded = decodeBody(bytes, { size: MAX_PARAMETERS, maxBytes: 100 }).delta
      assert.deepEqual(decoded.indices, delta.indices)
      assert.deepEqual(decoded.levels, delta.levels)
    }
  })

  it('answers any bytes with a body or a DecodeError (I7)', () => {
    const head = Uint8Array.of(1, 2, 0, 0, 1)
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.boolean(),
        fc.integer({ min: 1, max: 3 * CHUNK }),
        (noise, withHead, size) => {
          const bytes = withHead ? concatBytes(head, noise) : noise
          reasonOf(() => decodeBody(bytes, { size, maxBytes: 250 }))
          reasonOf(() => peekBody(bytes))
        }
      ),
      { numRuns: 1000 }
    )
  })

  it('takes a mutated body only for what it then says, or throws DecodeError', () => {
    fc.assert(
      fc.property(body, fc.nat(), (update, seed) => {
        const random = createRandom(seed)
        const limits = limitsOf(update)
        const original = encodeBody(update)
        for (let round = 0; round < 5; round++) {
          const bytes = original.slice(0, random.below(4) === 0 ? random.below(original.length + 1) : original.length)
          const flips = bytes.length === 0 ? 0 : 1 + random.below(3)
          for (let i = 0; i < flips; i++) bytes[random.below(bytes.length)]! ^= 1 << random.below(8)
          if (reasonOf(() => decodeBody(bytes, limits)) !== 'none') continue
          const said = decodeBody(bytes, limits)
          assert.deepEqual(decodeBody(encodeBody(said), limits), said)
        }
      }),
      { numRuns: 200 }
    )
  })

  it('refuses every proper beginning, and every continuation', () => {
    const values = randomDelta(2 * CHUNK, 4)
    const bytes = encodeBody({ epoch: 7, drawBits: 3, weight: 10, delta: quantise(values, topK(values, 90), 4) })
    const limits = { size: values.length, maxBytes: 1000 }
    for (let length = 0; length < bytes.length; length++)
      assert.equal(
        reasonOf(() => decodeBody(bytes.subarray(0, length), limits)),
        'truncated'
      )
    for (const more of [0, 1, 255])
      assert.equal(
        reasonOf(() => decodeBody(concatBytes(bytes, Uint8Array.of(more)), limits)),
        'trailing-bytes'
      )
  })

  it('refuses what an encoder never writes, and says why', () => {
    const limits = { size: 1000, maxBytes: 64 }
    const one = encodeBody({
      epoch: 5,
      drawBits: 0,
      weight: 9,
      delta: { ...emptyUpdate(1000, 4), indices: Uint32Array.of(6), levels: Int16Array.of(3) }
    })
    const cases: [string, string, DecodeReason | 'none'][] = [
      ['as it is', toHex(one), 'none'],
      ['no entries', '010205000900', 'none'],
      ['no entries, and then some', '01020500090000', 'trailing-bytes'],
      ['version 2', '020205000900', 'unknown-version'],
      ['16 bits per value', '010405000900', 'not-canonical'],
      ['an epoch of two bytes that fits one', '010285000009', 'not-canonical'],
      ['epoch 2^40', '0102808080808020000900', 'out-of-range'],
      ['21 draw bits', '010205150900', 'out-of-range'],
      ['weight 0', '010205000000', 'out-of-range'],
      ['weight 2^20 + 1', '01020500818040' + '00', 'out-of-range'],
      ['more entries than parameters', `0102050009e907${'ff'.repeat(50)}`, 'out-of-range'],
      ['more entries than bytes could hold', '0102050009e807ffff', 'truncated'],
      ['nothing at all', '', 'truncated']
    ]
    for (const [name, hex, reason] of cases)
      assert.equal(
        reasonOf(() => decodeBody(fromHex(hex), limits)),
        reason,
        name
      )
    assert.equal(
      reasonOf(() => decodeBody(new Uint8Array(65), limits)),
      'oversized'
    )
  })

  it('refuses set padding bits, shifts and values beyond a residual', () => {
    const encoded = (levels: number, shift: number): Uint8Array =>
      encodeBody({
        epoch: 0,
        drawBits: 0,
        weight: 1,
        delta: {
          valueBits: 8,
          size: 8,
          indices: Uint32Array.of(0),
          levels: Int16Array.of(levels),
          shifts: Uint8Array.of(shift)
        }
      })
    const decodes = (bytes: Uint8Array) => reasonOf(() => decodeBody(bytes, { size: 8, maxBytes: 99 }))
    // Head 6 bytes; Rice parameter 00000, not adaptive 0, gap 1, then the shift in 5 bits and the level in 8.
    const bytes = encoded(64, 24)
    assert.equal(toHex(bytes), '01030000010102183f00'.slice(0, 12) + toHex(bytes).slice(12))
    assert.equal(decodes(bytes), 'none')
    const padded = bytes.slice()
    padded[padded.length - 1]! |= 1
    assert.equal(decodes(padded), 'not-canonical')
    const setShift = (shift: number): Uint8Array => {
      const out = bytes.slice()
      out[6] = 0b0000_0010 | (shift >> 4)
      out[7] = ((shift & 15) << 4) | (out[7]! & 15)
      return out
    }
    assert.equal(decodes(setShift(24)), 'none')
    assert.equal(decodes(setShift(25)), 'out-of-range')
    assert.equal(decodes(setShift(31)), 'out-of-range')
    assert.throws(() => encoded(64, 25), RangeError)
    assert.throws(() => encoded(129, 0), RangeError)
    assert.throws(() => encoded(0, 0), RangeError)
  })

  it('checks what it is asked to encode', () => {
    const good: UpdateBody = { epoch: 0, drawBits: 0, weight: 1, delta: emptyUpdate(10, 4) }
    for (const bad of [
      { epoch: -1 },
      { epoch: 2 ** 40 },
      { epoch: 0.5 },
      { drawBits: 21 },
      { weight: 0 },
      { weight: 2 ** 20 + 1 }
    ])
      assert.throws(() => encodeBody({ ...good, ...bad }), RangeError)
  })
})
