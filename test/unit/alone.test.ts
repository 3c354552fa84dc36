import assert from 'node:assert/strict'
import { createAloneWatch } from '#src/peer/alone.js'
import { createManualClock } from '../support/net-clock.js'

describe('a peer without neighbours', () => {
  function setUp() {
    const clock = createManualClock()
    const told: string[] = []
    const watch = createAloneWatch(clock, {
      alone: (forMs, before) => told.push(`alone ${forMs / 1000}${before ? ' again' : ''}`),
      together: afterMs => told.push(`together ${afterMs / 1000}`)
    })
    return { clock, told, watch }
  }

  it('says so at growing intervals, and never stops saying it', () => {
    const { clock, told, watch } = setUp()
    watch.neighbours(0)
    clock.advance(4 * 3_600_000)
    const moments = [2, 30, 120, 480, 1920, 5520, 9120, 12_720]
    assert.deepEqual(
      told,
      moments.map(seconds => `alone ${seconds}`)
    )
    assert.equal(watch.aloneMs, 4 * 3_600_000)
    watch.stop()
    assert.equal(clock.pending, 0)
  })

  it('says when that is over, once, and nothing about a short cut', () => {
    const { clock, told, watch } = setUp()
    watch.neighbours(1)
    for (const count of [0, 1, 2, 1, 0]) {
      clock.advance(1000)
      watch.neighbours(count)
    }
    assert.deepEqual(told, [])
    clock.advance(10_000)
    watch.neighbours(0)
    watch.neighbours(1)
    watch.neighbours(2)
    assert.deepEqual(told, ['alone 2 again', 'together 10'])
    assert.deepEqual([watch.aloneMs, clock.pending], [null, 0])
  })

  it('is silent before it has started', () => {
    const { clock, told, watch } = setUp()
    clock.advance(60_000)
    assert.deepEqual([told, watch.aloneMs], [[], null])
  })
})
