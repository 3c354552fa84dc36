import assert from 'node:assert/strict'
import type { Stream } from '@libp2p/interface'
import { streamPair } from '@libp2p/utils'
import { createRelayRate } from '#src/net/relay-rate.js'
import { createManualClock } from '../support/net-clock.js'

const SECOND = 1000
const PER_SECOND = 800_000

describe('the rate of a relay', () => {
  const arrive = (stream: Stream, bytes: number): void =>
    Reflect.get(stream, 'onData').call(stream, new Uint8Array(bytes))

  async function make() {
    const clock = createManualClock()
    const rate = createRelayRate(PER_SECOND, clock)
    const circuit = async () => {
      const [stream] = await streamPair()
      rate.keep(stream)
      return stream
    }
    return { clock, circuit }
  }

  it('is shared by all circuits, however many, and loses nothing', async () => {
    const { clock, circuit } = await make()
    const streams = await Promise.all([circuit(), circuit(), circuit()])
    let carried = 0
    for (const stream of streams)
      stream.addEventListener('message', ({ data }) => {
        carried += data.byteLength
      })
    let arrived = 0
    for (let i = 0; i < 10_000; i++, clock.advance(1))
      for (const stream of streams)
        if (stream.readStatus === 'readable') {
          arrive(stream, 10_000)
          arrived += 10_000
        }
    assert.ok(arrived > 0.8 * 10 * PER_SECOND && arrived < 1.05 * 10 * PER_SECOND, `${arrived} bytes in 10 s`)
    clock.advance(10 * SECOND)
    assert.equal(carried, arrived)
  })

  it('leaves room for introductions, though one sends as much as it can', async () => {
    const { clock, circuit } = await make()
    const greedy = await circuit()
    for (let i = 0; i < 35; i++) arrive(greedy, 100_000)
    assert.equal(greedy.readStatus, 'paused')
    clock.advance(SECOND)
    for (let i = 0; i < 10; i++, clock.advance(SECOND / 5)) {
      const introduced = await circuit()
      arrive(introduced, 10_000)
      assert.equal(introduced.readStatus, 'readable')
    }
    assert.equal(greedy.readStatus, 'paused')
  })

  it('holds for introductions as well: nobody gets more by many short circuits', async () => {
    const { circuit } = await make()
    let free = 0
    for (let i = 0; i < 1000; i++) {
      const stream = await circuit()
      arrive(stream, 10_000)
      if (stream.readStatus === 'readable') free++
    }
    assert.ok(free > 0 && free < 10, `${free} without a wait`)
  })

  it('forgets a circuit that closes while it waits', async () => {
    const { clock, circuit } = await make()
    const stream = await circuit()
    arrive(stream, PER_SECOND)
    assert.equal(clock.pending, 1)
    stream.abort(new Error('gone'))
    assert.equal(clock.pending, 0)
  })
})
