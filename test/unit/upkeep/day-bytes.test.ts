import assert from 'node:assert/strict'
import { type BytesPlace, DayBytes, nextMidnight } from '#src/node/upkeep/day-bytes.js'

/** A file in memory. */
function place(): BytesPlace & { bytes: Uint8Array | undefined; fails: boolean } {
  return {
    bytes: undefined,
    fails: false,
    async readBytes() {
      return this.bytes
    },
    async writeBytes(bytes) {
      if (this.fails) throw new Error('disk full')
      this.bytes = bytes
    }
  }
}

describe('the bytes of a day', () => {
  let now: Date
  const wall = () => now
  beforeEach(() => {
    now = new Date(2026, 10, 20, 23, 58)
  })

  it('begin again at local midnight, while those of all days go on', async () => {
    const counter = { sent: 0, received: 0 }
    const tally = await DayBytes.open({ counter, wall })
    counter.sent = 100
    counter.received = 1000
    assert.deepEqual(tally.look(), { today: { sent: 100, received: 1000 }, total: { sent: 100, received: 1000 } })
    assert.deepEqual(tally.look().today, { sent: 100, received: 1000 }, 'counted once')
    now = new Date(2026, 10, 21, 0, 0, 1)
    counter.sent = 105
    assert.deepEqual(tally.look(), { today: { sent: 5, received: 0 }, total: { sent: 105, received: 1000 } })
  })

  it('are those of all runs of the day', async () => {
    const home = place()
    const first = await DayBytes.open({ counter: { sent: 40, received: 2 }, wall, place: home })
    await first.save(0)
    const again = await DayBytes.open({ counter: { sent: 1, received: 1 }, wall, place: home })
    assert.deepEqual(again.look().today, { sent: 41, received: 3 })
    await again.save(0, true)
    now = new Date(2026, 10, 22)
    const later = await DayBytes.open({ counter: { sent: 9, received: 0 }, wall, place: home })
    assert.deepEqual(later.look(), { today: { sent: 9, received: 0 }, total: { sent: 50, received: 3 } })
  })

  it('are written now and then, and what a failing disk did not take the next time', async () => {
    const home = place()
    const counter = { sent: 1, received: 0 }
    const tally = await DayBytes.open({ counter, wall, place: home })
    home.fails = true
    await tally.save(0)
    home.fails = false
    await tally.save(1000)
    assert.equal(home.bytes, undefined, 'not yet due')
    await tally.save(40_000)
    assert.match(new TextDecoder().decode(home.bytes), /"today":\{"sent":1,"received":0\}/)
  })

  it('begin anew when their file is damaged', async () => {
    for (const text of ['', '{', '{"version":2}', '{"version":1,"day":"x","today":{},"total":{}}']) {
      const home = place()
      home.bytes = new TextEncoder().encode(text)
      const tally = await DayBytes.open({ counter: { sent: 7, received: 0 }, wall, place: home })
      assert.deepEqual(tally.look().total, { sent: 7, received: 0 })
    }
  })

  it('last until the next midnight of the calendar', () => {
    assert.equal(nextMidnight(now).getTime(), new Date(2026, 10, 21).getTime())
  })
})
