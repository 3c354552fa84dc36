import assert from 'node:assert/strict'
import type { Stream } from '@libp2p/interface'
import { ExchangeError, type ExchangeReason } from '#src/net/error.js'
import { MAX_PULSE_BYTES } from '#src/net/pulses.js'
import { MAX_ANSWER_BYTES, MAX_REQUEST_BYTES } from '#src/net/requests.js'
import {
  createLoopbackNetwork,
  type LoopbackEndpoint,
  type LoopbackNetwork,
  TEST_SWARM
} from '../support/net-loopback.js'
import { createProxy, tcpTarget } from '../support/net-proxy.js'
import { createStation, type Station } from '../support/network-contract.js'

const bytes = (value: string) => new TextEncoder().encode(value)
const options = { maxBytes: 1024, timeoutMs: 15_000 }
const because = (reason: ExchangeReason) => (error: unknown) =>
  error instanceof ExchangeError && error.reason === reason

describe('streams over loopback sockets', () => {
  let network: LoopbackNetwork
  let nearEnd: LoopbackEndpoint
  let farEnd: LoopbackEndpoint
  let near: Station
  let far: Station

  async function setUp(init: Parameters<LoopbackNetwork['endpoint']>[0] = {}): Promise<void> {
    network = await createLoopbackNetwork()
    nearEnd = await network.endpoint(init)
    farEnd = await network.endpoint(init)
    near = await createStation(nearEnd)
    far = await createStation(farEnd)
  }

  const met = () => near.neighbours.has(far.identity.key) && far.neighbours.has(near.identity.key)

  async function meet(init: Parameters<LoopbackNetwork['endpoint']>[0] = {}): Promise<void> {
    await setUp(init)
    await far.connect(near)
    await network.settle(met)
  }

  /** A stream that speaks `kind` as badly as the test likes. */
  async function rawStream(kind: string): Promise<Stream> {
    const [connection] = farEnd.node.libp2p.getConnections(nearEnd.node.libp2p.peerId)
    assert(connection)
    const stream = await connection.newStream(`/starlings/1/${TEST_SWARM}/${kind}`)
    // Replies are read and dropped; without a listener a reset would wait behind them.
    stream.addEventListener('message', () => {})
    return stream
  }

  afterEach(async () => {
    await network.stop()
  })

  it('names the reason of each failure', async () => {
    await meet()
    near.respond = async () => new Uint8Array(2000)
    const ask = () => far.streams.request(near.identity.key, 'repair', bytes('q'), options)
    await assert.rejects(ask(), because('oversized'))
    near.respond = async () => {
      throw new Error('no')
    }
    await assert.rejects(ask(), because('reset'))
    near.respond = () => new Promise(() => {})
    await assert.rejects(
      far.streams.request(near.identity.key, 'repair', bytes('q'), { maxBytes: 10, timeoutMs: 20 }),
      because('timeout')
    )
    await assert.rejects(
      far.streams.request(near.identity.key, 'repair', bytes('q'), { ...options, signal: AbortSignal.abort() }),
      because('aborted')
    )
    const stranger = await network.endpoint()
    await assert.rejects(
      far.streams.request(stranger.identity.key, 'repair', bytes('q'), options),
      because('not-connected')
    )
  })

  it('carries the largest request and the largest answer', async () => {
    await meet()
    near.respond = async (_, request) => new Uint8Array(MAX_ANSWER_BYTES).fill(request.length % 251)
    const request = new Uint8Array(MAX_REQUEST_BYTES)
    const answer = await far.streams.request(near.identity.key, 'snapshot', request, {
      maxBytes: MAX_ANSWER_BYTES,
      timeoutMs: 15_000
    })
    assert.equal(answer.length, MAX_ANSWER_BYTES)
    assert(answer.every(byte => byte === MAX_REQUEST_BYTES % 251))
  })

  it('says so when the caller asks for more than the limits', async () => {
    await meet()
    const to = near.identity.key
    await assert.rejects(far.streams.pulse(to, new Uint8Array(MAX_PULSE_BYTES + 1)), RangeError)
    await assert.rejects(far.streams.request(to, 'repair', new Uint8Array(MAX_REQUEST_BYTES + 1), options), RangeError)
    await assert.rejects(
      far.streams.request(to, 'repair', bytes('q'), { ...options, maxBytes: MAX_ANSWER_BYTES + 1 }),
      RangeError
    )
  })

  for (const [kind, attack] of [
    ['pulse', Uint8Array.of(0x80, 0x80, 0x02)],
    ['pulse', new Uint8Array(10).fill(0xff)],
    ['repair', Uint8Array.of(0x80, 0x80, 0x08)],
    ['snapshot', new Uint8Array(10).fill(0xff)]
  ] as const)
    it(`resets a ${kind} stream that announces too much (${attack.length} bytes), and serves on`, async () => {
      await meet()
      const stream = await rawStream(kind)
      stream.send(attack)
      await network.settle(() => stream.status === 'reset')
      assert.equal(near.pulses.length, 0)
      await far.streams.pulse(near.identity.key, bytes('after'))
      await network.settle(() => near.pulses.length === 1)
      await far.streams.request(near.identity.key, 'repair', bytes('after'), options)
    })

  it('opens the pulse stream again after the neighbour reset it', async () => {
    await meet()
    await far.streams.pulse(near.identity.key, bytes('before'))
    await network.settle(() => near.pulses.length === 1)
    const [connection] = nearEnd.node.libp2p.getConnections(farEnd.node.libp2p.peerId)
    const inbound = connection?.streams.find(stream => stream.protocol.endsWith('/pulse'))
    assert(inbound)
    inbound.abort(new Error('reset'))
    while (near.pulses.length < 2) {
      await far.streams.pulse(near.identity.key, bytes('after')).catch(() => {})
      let looks = 0
      await network.settle(() => near.pulses.length >= 2 || ++looks > 5)
    }
  })

  it('keeps one pulse stream per neighbour and direction', async () => {
    await meet()
    for (let i = 0; i < 10; i++) await far.streams.pulse(near.identity.key, bytes(`${i}`))
    await network.settle(() => near.pulses.length === 10)
    const [connection] = nearEnd.node.libp2p.getConnections(farEnd.node.libp2p.peerId)
    assert.equal(connection?.streams.filter(stream => stream.protocol.endsWith('/pulse')).length, 1)
    const second = await rawStream('pulse')
    second.send(Uint8Array.of(1, 65))
    await network.settle(() => near.pulses.length === 11)
    assert.equal(connection?.streams.filter(stream => stream.protocol.endsWith('/pulse')).length, 1)
  })

  it('drops the pulses of a flood and lives on', async () => {
    await meet()
    for (let i = 0; i < 500; i++) await far.streams.pulse(near.identity.key, bytes(`${i}`))
    await far.streams.request(near.identity.key, 'repair', bytes('still there?'), options)
    assert(near.pulses.length < 300)
  })

  it('refuses more requests at once than it has room for', async () => {
    await meet({ maxRequestsPerPeer: 2 })
    const waiting: (() => void)[] = []
    near.respond = async () => {
      await new Promise<void>(resolve => waiting.push(resolve))
      return bytes('done')
    }
    const results: string[] = []
    const ask = async () => {
      try {
        results.push(
          new TextDecoder().decode(await far.streams.request(near.identity.key, 'repair', bytes('q'), options))
        )
      } catch {
        results.push('refused')
      }
    }
    const asked = [ask(), ask(), ask(), ask()]
    await network.settle(() => results.length === 2 && waiting.length === 2)
    for (const go of waiting) go()
    await Promise.all(asked)
    assert.deepEqual(results, ['refused', 'refused', 'done', 'done'])
    near.respond = async () => bytes('again')
    await ask()
    assert.equal(results.at(-1), 'again')
  })

  it('gives up on an asker that never sends its question', async () => {
    await meet({ answerTimeoutMs: 50 })
    const stream = await rawStream('repair')
    // Half a question; on a busy machine the limit may be over before it is sent.
    if (stream.writeStatus === 'writable') stream.send(Uint8Array.of(5, 1))
    await network.settle(() => stream.status === 'reset')
  })

  it('notices a neighbour whose socket dies, in the middle of a request', async () => {
    await setUp()
    const proxy = await createProxy(tcpTarget(nearEnd.node.addresses()[0]!))
    try {
      await farEnd.dial(proxy.address)
      await network.settle(met)
      let asked = false
      near.respond = () => {
        asked = true
        return new Promise(() => {})
      }
      const failure = assert.rejects(
        far.streams.request(near.identity.key, 'repair', bytes('q'), options),
        because('reset')
      )
      await network.settle(() => asked)
      proxy.cut()
      await failure
      await network.settle(() => near.neighbours.size === 0 && far.neighbours.size === 0)
    } finally {
      await proxy.close()
    }
  })

  it('drops pulses to a frozen neighbour, keeping the newest, and times out', async () => {
    await setUp({ pulseTimeoutMs: 300 })
    const proxy = await createProxy(tcpTarget(nearEnd.node.addresses()[0]!))
    try {
      await farEnd.dial(proxy.address)
      await network.settle(met)
      proxy.freeze()
      // Nothing answers any more, so the stream's opening hangs and everything after the first pulse waits.
      const outcomes = await Promise.allSettled(
        Array.from({ length: 20 }, () => far.streams.pulse(near.identity.key, new Uint8Array(MAX_PULSE_BYTES)))
      )
      const reasons = outcomes.map(outcome =>
        outcome.status === 'rejected' && outcome.reason instanceof ExchangeError
          ? outcome.reason.reason
          : outcome.status
      )
      assert.deepEqual(reasons, ['timeout', ...Array(18).fill('superseded'), 'timeout'])
    } finally {
      await proxy.close()
    }
  })
})
