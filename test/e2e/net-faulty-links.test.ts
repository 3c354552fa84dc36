import assert from 'node:assert/strict'
import { createRandom } from '#src/core/random.js'
import { createFaultyLinks, type FaultyLinks, type LinkFault, type LinkState } from '#src/net/faulty-links.js'
import { createManualClock, type ManualClock } from '../support/net-clock.js'
import { createLoopbackNetwork, type LoopbackEndpoint, type LoopbackNetwork } from '../support/net-loopback.js'
import { createStation, publishUntil, type Station } from '../support/network-contract.js'

const bytes = (value: string) => new TextEncoder().encode(value)
const good: LinkFault = { loss: 0, delayMs: () => 0, bandwidthKbps: Number.POSITIVE_INFINITY }
const fine: LinkState = { cut: false, inbound: undefined, outbound: undefined }
const request = { maxBytes: 1000, timeoutMs: 10_000 }

describe('bad links between real peers', () => {
  let network: LoopbackNetwork
  beforeEach(async () => {
    network = await createLoopbackNetwork()
  })
  afterEach(() => network.stop())

  interface Bad {
    readonly faults: FaultyLinks
    readonly clock: ManualClock
    readonly node: LoopbackEndpoint
    readonly near: Station
    readonly far: Station
    /** What lies between near and far, as near has it. */
    link(state: Partial<LinkState>): void
  }

  /** `near`, whose links go bad, and `far`, whose stay good, connected and gossiping. */
  async function setUp(): Promise<Bad> {
    const clock = createManualClock()
    const faults = createFaultyLinks({ clock, random: createRandom(1) })
    const node = await network.endpoint({ faults })
    const [near, far] = [await createStation(node), await createStation(await network.endpoint())]
    await near.connect(far)
    await network.settle(() => near.neighbours.size === 1 && far.neighbours.size === 1)
    await publishUntil(network, far, 'before', () => near.messages.length > 0)
    await far.streams.pulse(near.identity.key, bytes('before'))
    await network.settle(() => near.pulses.splice(0).length > 0)
    const link = (state: Partial<LinkState>) => faults.set(new Map([[far.identity.key, { ...fine, ...state }]]))
    return { faults, clock, node, near, far, link }
  }

  it('that are cut lose their connections and let none in, either way, until they heal', async () => {
    const { node, near, far, link } = await setUp()
    link({ cut: true })
    await network.settle(() => near.neighbours.size === 0 && far.neighbours.size === 0)
    await assert.rejects(near.connect(far))
    // The one that dials may believe for a moment that it is connected: the other end of a handshake says no.
    await far.connect(near).catch(() => undefined)
    await network.settle(() => node.node.libp2p.getPeers().length === 0 && far.neighbours.size === 0)
    assert.equal(near.neighbours.size, 0)
    link({})
    await far.connect(near)
    await network.settle(() => near.neighbours.size === 1 && far.neighbours.size === 1)
  })

  it('lose gossip on its way in, and nothing of it comes back later', async () => {
    const { near, far, link } = await setUp()
    link({ inbound: { ...good, loss: 1 } })
    await far.gossip.publish(bytes('lost'))
    // What comes over the same connection afterwards shows that it was there.
    await far.streams.request(near.identity.key, 'repair', bytes('after'), request)
    link({})
    await publishUntil(network, far, 'heard', () => near.messages.some(({ text }) => text.startsWith('heard')))
    assert.ok(!near.messages.some(({ text }) => text === 'lost'))
  })

  it('lose pulses, and requests as broken streams', async () => {
    const { clock, near, far, link } = await setUp()
    const to = far.identity.key
    link({ outbound: { ...good, loss: 1 } })
    await near.streams.pulse(to, bytes('lost'))
    const asked = near.streams.request(to, 'repair', bytes('lost'), request)
    assert.deepEqual(clock.waits, [500])
    clock.advance(500)
    await assert.rejects(asked, /lost on the way/)
    link({ inbound: { ...good, loss: 1 } })
    const answered = near.streams.request(to, 'repair', bytes('asked'), request)
    await network.settle(() => clock.pending === 1)
    clock.advance(500)
    await assert.rejects(answered, /lost on the way/)
    link({})
    await near.streams.pulse(to, bytes('heard'))
    await network.settle(() => far.pulses.length > 0)
    assert.deepEqual(
      far.pulses.map(({ text }) => text),
      ['heard']
    )
  })

  it('hold bytes up, and none overtakes another', async () => {
    const { clock, node, near, far, link } = await setUp()
    const delays = [1000]
    link({ inbound: { ...good, delayMs: () => delays.shift() ?? 0 } })
    const to = near.identity.key
    await far.streams.pulse(to, bytes('first'))
    await network.settle(() => clock.pending === 1)
    assert.equal(clock.waits.at(-1), 1000)
    const before = node.node.bytes.received
    await far.streams.pulse(to, bytes('second'))
    await network.settle(() => node.node.bytes.received > before)
    clock.advance(999)
    assert.equal(near.pulses.length, 0)
    await network.settle(() => {
      clock.advance(1)
      return near.pulses.length === 2
    })
    assert.deepEqual(
      near.pulses.map(({ text }) => text),
      ['first', 'second']
    )
  })

  it('that are thin carry so many bits a second', async () => {
    const { clock, near, far, link } = await setUp()
    // A byte takes a millisecond.
    link({ inbound: { ...good, bandwidthKbps: 8 } })
    await far.streams.pulse(near.identity.key, new Uint8Array(3000))
    await network.settle(() => clock.pending === 1)
    let ms = 0
    await network.settle(() => {
      clock.advance(10)
      ms += 10
      return near.pulses.length === 1
    })
    assert.ok(ms >= 3000, `arrived after ${ms} ms`)
  })

  it('leave nothing behind when a connection ends', async () => {
    const { clock, near, far, link } = await setUp()
    link({ inbound: { ...good, delayMs: () => 1000 } })
    await far.streams.pulse(near.identity.key, bytes('on its way'))
    await network.settle(() => clock.pending === 1)
    await near.disconnect(far)
    await network.settle(() => near.neighbours.size === 0)
    assert.equal(clock.pending, 0)
  })
})
