import assert from 'node:assert/strict'
import fc from 'fast-check'
import { BitReader, BitWriter } from '#src/core/wire/bits.js'
import { DecodeError } from '#src/core/wire/error.js'

const item = fc
  .integer({ min: 1, max: 32 })
  .chain(bits => fc.tuple(fc.constant(bits), fc.integer({ min: 0, max: 2 ** bits - 1 })))

describe('bits', () => {
  it('reads what was written, and zero bits to the end of the last byte', () => {
    fc.assert(
      fc.property(fc.array(item, { maxLength: 50 }), items => {
        const length = items.reduce((sum, [bits]) => sum + bits, 0)
        const writer = new BitWriter(length)
        for (const [bits, value] of items) writer.write(value, bits)
        const bytes = new Uint8Array(Math.ceil(length / 8))
        writer.finish(bytes, 0)
        const reader = new BitReader(bytes)
        for (const [bits, value] of items) assert.equal(reader.read(bits), value)
        reader.end()
      })
    )
  })

  it('puts the first bit highest', () => {
    const writer = new BitWriter(12)
    writer.write(0b101, 3)
    writer.write(0b1_1100_0011, 9)
    const bytes = new Uint8Array(3)
    writer.finish(bytes, 1)
    assert.deepEqual(bytes, Uint8Array.of(0, 0b1011_1100, 0b0011_0000))
  })

  it('refuses to read past the end, set padding and whole bytes left over', () => {
    const throws = (run: () => void, reason: string) =>
      assert.throws(run, (error: unknown) => error instanceof DecodeError && error.reason === reason)
    throws(() => new BitReader(Uint8Array.of(1, 2)).read(17), 'truncated')
    throws(() => {
      const reader = new BitReader(Uint8Array.of(0b1000_0001))
      reader.read(2)
      reader.end()
    }, 'not-canonical')
    throws(() => {
      const reader = new BitReader(Uint8Array.of(0, 0))
      reader.read(8)
      reader.end()
    }, 'trailing-bytes')
  })

  it('notices that more or less was written than announced', () => {
    const writer = new BitWriter(9)
    writer.write(1, 8)
    assert.throws(() => writer.finish(new Uint8Array(2), 0), RangeError)
  })
})
