import assert from 'node:assert/strict'
import fc from 'fast-check'
import { BitReader, BitWriter } from '#src/core/wire/bits.js'
import { DecodeError } from '#src/core/wire/error.js'
import { GAP_ESCAPE, MAX_PARAMETERS } from '#src/core/wire/limits.js'
import { planGaps, readGaps, writeGaps } from '#src/core/wire/rice.js'
import { randomIndices } from '../sparse/deltas.js'

function encode(indices: Uint32Array, size: number): Uint8Array {
  const plan = planGaps(indices, size)
  const writer = new BitWriter(plan.bits)
  writeGaps(writer, size, plan)
  const bytes = new Uint8Array(Math.ceil(plan.bits / 8))
  writer.finish(bytes, 0)
  return bytes
}

function decode(bytes: Uint8Array, count: number, size: number): Uint32Array {
  const reader = new BitReader(bytes)
  const indices = readGaps(reader, count, size)
  reader.end()
  return indices
}

/** Bits per index that no code beats on average when each index is drawn with this probability. */
function entropyPerIndex(p: number): number {
  return -(p * Math.log2(p) + (1 - p) * Math.log2(1 - p)) / p
}

describe('rice', () => {
  it('decodes what it encodes, however the indices lie', () => {
    const size = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: MAX_PARAMETERS }))
    const gap = fc.oneof(fc.nat(3), fc.nat(1000), fc.nat(MAX_PARAMETERS))
    fc.assert(
      fc.property(size, fc.array(gap, { minLength: 1, maxLength: 300 }), (n, gaps) => {
        const indices: number[] = []
        let previous = -1
        for (const g of gaps) {
          previous += g + 1
          if (previous >= n) break
          indices.push(previous)
        }
        fc.pre(indices.length > 0)
        const packed = Uint32Array.from(indices)
        assert.deepEqual(decode(encode(packed, n), packed.length, n), packed)
      }),
      { numRuns: 300 }
    )
  })

  it('stays within 2 % of the entropy bound at 0.1, 1 and 10 %', () => {
    const size = 400_000
    for (const density of [0.001, 0.01, 0.1]) {
      const count = density * size
      const bits = planGaps(randomIndices(size, count, 7), size).bits / count
      const bound = entropyPerIndex(density)
      assert.ok(bits < 1.02 * bound, `${bits.toFixed(3)} bits, bound ${bound.toFixed(3)}`)
    }
  })

  it('spends less where indices cluster', () => {
    const size = 400_000
    const count = 4000
    const random = planGaps(randomIndices(size, count, 1), size)
    const inOneTenth = randomIndices(size / 10, (count * 9) / 10, 2)
    const elsewhere = randomIndices(size / 2, count / 10, 3).map(index => index + size / 2)
    const clustered = planGaps(Uint32Array.from([...inOneTenth, ...elsewhere]), size)
    assert.ok(clustered.bits < 0.7 * random.bits)
    assert.ok(clustered.parameters.length > 1, 'by changing the parameter on the way')
  })

  it('bounds what one far index costs', () => {
    const near = Uint32Array.from({ length: 200 }, (_, i) => i)
    const far = Uint32Array.from([...near, MAX_PARAMETERS - 1])
    assert.ok(planGaps(far, MAX_PARAMETERS).bits <= planGaps(near, MAX_PARAMETERS).bits + GAP_ESCAPE + 26 + 6)
  })

  it('refuses indices that do not increase or reach the size', () => {
    for (const indices of [Uint32Array.of(3, 3), Uint32Array.of(3, 2), Uint32Array.of(10)])
      assert.throws(() => planGaps(indices, 10), RangeError)
  })

  it('takes one form of a gap only, and none out of range', () => {
    const bitsOf = (text: string): Uint8Array => {
      const padded = text.replaceAll(' ', '')
      return Uint8Array.from({ length: Math.ceil(padded.length / 8) }, (_, i) =>
        Number.parseInt(padded.slice(8 * i, 8 * i + 8).padEnd(8, '0'), 2)
      )
    }
    const zeros = '0'.repeat(GAP_ESCAPE)
    const reason = (text: string, count: number, size: number): string => {
      try {
        decode(bitsOf(text), count, size)
        return 'none'
      } catch (error) {
        assert.ok(error instanceof DecodeError)
        return error.reason
      }
    }
    assert.equal(reason(`00000 0 0001`, 1, 1000), 'none')
    assert.equal(reason(`00000 0 ${zeros} 0000011001`, 1, 1000), 'none')
    assert.equal(reason(`00000 0 ${zeros} 0000001001`, 1, 1000), 'not-canonical')
    assert.equal(reason(`00000 0 ${zeros} 1111111111`, 1, 1000), 'out-of-range')
    assert.equal(reason(`00011 0 0001 000`, 1, 10), 'out-of-range')
    assert.equal(reason(`11111 0 0001`, 1, 1000), 'out-of-range')
    assert.equal(reason(`00000 1 0001`, 1, 1000), 'not-canonical')
    assert.equal(reason(`00000 0 0001`, 2, 1000), 'truncated')
  })
})
