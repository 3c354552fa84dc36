import assert from 'node:assert/strict'
import { createThrottle } from '#src/node/trainer/throttle.js'

/** A process whose work takes time and whose pauses pass it. */
/** @param busy percent of one core that other threads use meanwhile */
function machine(percent: number, busy = 0) {
  let now = 1000
  let cpu = 700
  const breathe = createThrottle({
    percent,
    cpuMs: () => cpu,
    now: () => now,
    sleep: async ms => {
      now += ms
      cpu += (ms * busy) / 100
    }
  })
  return {
    breathe,
    work(ms: number, others = 0) {
      now += ms
      cpu += ms + others
    },
    idle(ms: number) {
      now += ms
    },
    since: () => ({ now, cpu })
  }
}

async function usage(percent: number, others: number): Promise<number> {
  const { breathe, work, since } = machine(percent, others)
  await breathe()
  const start = since()
  for (let i = 0; i < 1000; i++) {
    work(10, others / 10)
    await breathe()
  }
  const end = since()
  return (100 * (end.cpu - start.cpu)) / (end.now - start.now)
}

describe('a throttle', () => {
  it('keeps the whole process to its part, other threads included', async () => {
    for (const percent of [10, 20, 50, 100])
      for (const others of [0, 5, 9]) {
        const used = await usage(percent, others)
        assert.ok(Math.abs(used - percent) < percent / 50, `${used} of ${percent} with ${others}`)
      }
  })

  it('does not slow down what stays below it', async () => {
    const { breathe, work, idle, since } = machine(50)
    await breathe()
    const start = since().now
    for (let i = 0; i < 100; i++) {
      work(10)
      idle(15)
      await breathe()
    }
    assert.equal(since().now - start, 2500)
  })

  it('lets nothing be saved up for long, and never pauses for ever', async () => {
    const { breathe, work, idle, since } = machine(10)
    await breathe()
    idle(3_600_000)
    await breathe()
    const start = since().now
    work(10_000)
    await breathe()
    assert.equal(since().now - start, 10_000 + 5000)
  })
})
