import assert from 'node:assert/strict'
import fc from 'fast-check'
import { addTo, createTally, largest, removeFrom, smallest } from '#src/core/protocol/tally.js'

describe('a tally', () => {
  it('knows the k-th smallest and largest of what is in it, whatever came and went before', () => {
    const value = fc.oneof(fc.nat(8), fc.nat(2 ** 40))
    fc.assert(
      fc.property(fc.array(fc.record({ value, takeOut: fc.nat(3) }), { maxLength: 60 }), changes => {
        const tally = createTally()
        const inside: number[] = []
        for (const { value, takeOut } of changes) {
          if (takeOut === 0 && inside.length > 0) removeFrom(tally, inside.splice(value % inside.length, 1)[0]!)
          else {
            addTo(tally, value)
            inside.push(value)
          }
          const sorted = [...inside].sort((a, b) => a - b)
          assert.equal(tally.size, sorted.length)
          for (let k = 0; k < sorted.length; k++) {
            assert.equal(smallest(tally, k), sorted[k])
            assert.equal(largest(tally, k), sorted[sorted.length - 1 - k])
          }
          assert.equal(smallest(tally, sorted.length), Number.POSITIVE_INFINITY)
          assert.equal(largest(tally, sorted.length), Number.NEGATIVE_INFINITY)
        }
        assert.equal(tally.values.length, new Set(inside).size, 'what is gone takes no room')
      })
    )
  })
})
