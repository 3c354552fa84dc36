import assert from 'node:assert/strict'
import fc from 'fast-check'
import { ascii } from '#src/core/bytes.js'
import { checksum } from '#src/core/checksum.js'

describe('the checksum', () => {
  it('is xxHash32', () => {
    // Values that its implementations are known by.
    assert.equal(checksum(new Uint8Array(0)), 0x02cc5d05)
    assert.equal(checksum(new Uint8Array(0), 0x9e3779b1), 0x36b78ae7)
    assert.equal(checksum(ascii('a')), 0x550d7456)
    assert.equal(checksum(ascii('abc')), 0x32d153ff)
    assert.equal(checksum(ascii('Nobody inspects the spammish repetition')), 0xe2293b2f)
  })

  it('does not depend on where the bytes lie', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.integer({ min: 0, max: 7 }), (bytes, offset) => {
        const room = new Uint8Array(bytes.length + 8)
        room.set(bytes, offset)
        assert.equal(checksum(room.subarray(offset, offset + bytes.length)), checksum(bytes))
      })
    )
  })

  it('changes with any bit', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 80 }), fc.nat(), (bytes, where) => {
        const before = checksum(bytes)
        const bit = where % (8 * bytes.length)
        bytes[bit >> 3]! ^= 1 << (bit & 7)
        assert.notEqual(checksum(bytes), before)
      })
    )
  })
})
