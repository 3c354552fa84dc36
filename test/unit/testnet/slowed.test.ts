import assert from 'node:assert/strict'
import { slowed } from '#src/node/testnet/slowed.js'
import { createSyntheticTrainer } from '#src/sim/trainer.js'
import { createManualClock } from '../../support/net-clock.js'

describe('a slow peer', () => {
  function setUp(factor: number) {
    const clock = createManualClock()
    const trainer = createSyntheticTrainer({
      tensors: [{ name: 'w', shape: [3], initLimit: 0 }],
      seed: 1,
      peer: 0,
      clock,
      stepMs: 10
    })
    return { clock, trainer, slow: slowed(trainer, factor, clock) }
  }

  it('takes so many times as long for its local steps, and does the same', async () => {
    const { clock, slow } = setUp(5)
    const twin = setUp(1)
    let done = false
    const round = slow.train(new Float32Array(3), 2).finally(() => {
      done = true
    })
    clock.advance(20)
    // Only promises stand between the steps' end and the wait.
    while (clock.pending === 0) await null
    clock.advance(79)
    await null
    assert.equal(done, false)
    clock.advance(1)
    const plain = twin.slow.train(new Float32Array(3), 2)
    twin.clock.advance(20)
    assert.deepEqual((await round).params, (await plain).params)
  })

  it('stops at once when it is told to', async () => {
    const { clock, slow } = setUp(50)
    const stop = new AbortController()
    const round = slow.train(new Float32Array(3), 2, { signal: stop.signal })
    clock.advance(20)
    while (clock.pending === 0) await null
    stop.abort(new Error('enough'))
    await assert.rejects(round, /enough/)
    assert.equal(clock.pending, 0)
  })

  it('is itself when it is not slow', () => {
    const { trainer, slow } = setUp(1)
    assert.equal(slow, trainer)
  })
})
