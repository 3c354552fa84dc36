import assert from 'node:assert/strict'
import fc from 'fast-check'
import { DecodeError } from '#src/core/wire/error.js'
import { MAX_EPOCH } from '#src/core/wire/limits.js'
import {
  type ClockRecord,
  decodeClock,
  decodeOwn,
  decodeSwarm,
  encodeClock,
  encodeOwn,
  encodeSwarm,
  mineKey,
  openRecord,
  parseUpdateKey,
  sealRecord,
  updateKey
} from '#src/core/wire/record.js'

const epoch = fc.integer({ min: 0, max: MAX_EPOCH })
const counts = fc.array(fc.maxSafeNat(), { maxLength: 20 })
const clocks: fc.Arbitrary<ClockRecord> = fc.record(
  { epoch, base: epoch, claims: fc.maxSafeNat(), counters: counts, quorumTimes: counts },
  { noNullPrototype: true }
)
const hex = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`))
const residuals = fc
  .array(fc.integer({ min: -(2 ** 31) + 1, max: 2 ** 31 - 1 }), { maxLength: 20 })
  .map(values => Int32Array.from(values))

/** Every change of one bit and every truncation is found. */
function assertGuarded(record: Uint8Array, decode: (record: Uint8Array) => unknown): void {
  for (let bit = 0; bit < 8 * record.length; bit++) {
    const changed = record.slice()
    changed[bit >> 3]! ^= 1 << (bit & 7)
    assert.throws(() => decode(changed), DecodeError, `bit ${bit}`)
  }
  for (let length = 0; length < record.length; length++)
    assert.throws(() => decode(record.subarray(0, length)), DecodeError, `${length} bytes`)
  assert.throws(() => decode(Uint8Array.of(...record, 0)), DecodeError)
}

describe('a record of what a peer keeps', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(clocks, residuals, fc.integer({ min: -1, max: MAX_EPOCH }), (clock, residual, signedEpoch) => {
        assert.deepEqual(decodeClock(encodeClock(clock)), clock)
        assert.deepEqual(decodeOwn(encodeOwn({ signedEpoch, residual }), residual.length), { signedEpoch, residual })
        // Bytes of their own, at any offset: a store may hand out views.
        const shifted = Uint8Array.of(0, ...encodeOwn({ signedEpoch, residual })).subarray(1)
        assert.deepEqual(decodeOwn(shifted, residual.length), { signedEpoch, residual })
      })
    )
    assert.equal(decodeSwarm(encodeSwarm('bafyreigh')), 'bafyreigh')
  })

  it('tells of every flipped bit, every truncation and anything appended', () => {
    fc.assert(
      fc.property(clocks, residuals, (clock, residual) => {
        assertGuarded(encodeClock(clock), decodeClock)
        assertGuarded(encodeOwn({ signedEpoch: 7, residual }), record => decodeOwn(record, residual.length))
      }),
      { numRuns: 10 }
    )
    assertGuarded(encodeSwarm('bafyreigh'), decodeSwarm)
    assertGuarded(sealRecord('update/x', Uint8Array.of(1, 2, 3, 4, 5)), record => openRecord('update/x', record))
  })

  it('is not taken for that of another key', () => {
    assert.throws(() => openRecord('b', sealRecord('a', Uint8Array.of(1))), DecodeError)
  })

  it('has a residual for all parameters or for none', () => {
    const some = encodeOwn({ signedEpoch: 0, residual: Int32Array.of(1, 2, 3) })
    assert.throws(() => decodeOwn(some, 4), DecodeError)
    assert.throws(() => decodeOwn(some, 2), DecodeError)
    assert.equal(decodeOwn(encodeOwn({ signedEpoch: 0, residual: new Int32Array(0) }), 4).residual.length, 0)
    const beyond = encodeOwn({ signedEpoch: 0, residual: Int32Array.of(-(2 ** 31)) })
    assert.throws(() => decodeOwn(beyond, 1), DecodeError)
  })

  it('of an update has a key in the order of epochs, which can be read back', () => {
    fc.assert(
      fc.property(epoch, epoch, hex(64), hex(64), (a, b, author, hash) => {
        const [first, second] = [updateKey(a, author, hash), updateKey(b, author, hash)]
        assert.equal(Math.sign(a - b), first < second ? -1 : first > second ? 1 : 0)
        assert.deepEqual(parseUpdateKey(first), { epoch: a, author })
        assert.deepEqual(parseUpdateKey(mineKey(a)), { epoch: a, author: undefined })
      })
    )
    for (const key of ['own', 'update/', 'mine/1', `${mineKey(3)}0`, mineKey(3).toUpperCase(), mineKey(2 ** 50)])
      assert.equal(parseUpdateKey(key), undefined, key)
  })
})
