import assert from 'node:assert/strict'
import { type GossipSub, StrictSign } from '@libp2p/gossipsub'
import { systemClock } from '#src/net/clock.js'
import { MAX_GOSSIP_BYTES } from '#src/net/gossip-params.js'
import { createGossipWatch } from '#src/net/gossip-watch.js'
import { createStanding } from '#src/net/standing.js'
import { createLoopbackNetwork, type LoopbackNetwork } from '../support/net-loopback.js'
import { createStation, publishUntil, type Station } from '../support/network-contract.js'

const bytes = (value: string) => new TextEncoder().encode(value)

describe('gossip over loopback sockets', () => {
  let network: LoopbackNetwork

  beforeEach(async () => {
    network = await createLoopbackNetwork()
  })

  afterEach(async () => {
    await network.stop()
  })

  async function connected(init: Parameters<LoopbackNetwork['endpoint']>[0] = {}) {
    const nearEnd = await network.endpoint()
    const farEnd = await network.endpoint(init)
    const [near, far] = [await createStation(nearEnd), await createStation(farEnd)]
    await far.connect(near)
    await network.settle(() => near.neighbours.has(far.identity.key) && far.neighbours.has(near.identity.key))
    return { near, far, nearNode: nearEnd.node, farNode: farEnd.node }
  }

  const heard = (station: Station, prefix: string) => station.messages.some(message => message.text.startsWith(prefix))

  function scoreOf(pubsub: GossipSub, peer: string): number {
    assert('getScore' in pubsub && typeof pubsub.getScore === 'function')
    return pubsub.getScore(peer)
  }

  it('reaches the end of a line of five, each hop validating', async () => {
    const line: Station[] = []
    for (let i = 0; i < 5; i++) line.push(await createStation(await network.endpoint()))
    for (let i = 1; i < 5; i++) await line[i]!.connect(line[i - 1]!)
    await publishUntil(network, line[0]!, 'down', () => heard(line[4]!, 'down'))
    await publishUntil(network, line[4]!, 'up', () => heard(line[0]!, 'up'))
    for (let i = 1; i < 5; i++)
      for (const message of line[i]!.messages.filter(({ text }) => text.startsWith('down')))
        assert.equal(message.from, line[i - 1]!.identity.key)
  })

  it('cuts off a flooder of invalid messages, and refuses it when it comes back', async () => {
    const { near, far } = await connected()
    near.verdict = () => ({ kind: 'reject', reason: 'truncated' })
    for (let i = 0; near.neighbours.size > 0; i++) {
      for (let burst = 0; burst < 50; burst++) await far.gossip.publish(bytes(`junk ${i} ${burst}`))
      let looks = 0
      await network.settle(() => near.neighbours.size === 0 || ++looks > 20)
    }
    await network.settle(() => far.neighbours.size === 0)
    assert(near.messages.length <= 256, `validated ${near.messages.length} of a flood`)
    await far.connect(near).catch(() => {})
    await assert.rejects(near.connect(far))
    assert.equal(near.neighbours.size, 0)
  })

  it('cuts off a peer whose messages gossipsub itself finds invalid', async () => {
    const { near, far } = await connected({ gossip: { globalSignaturePolicy: StrictSign } })
    for (let i = 0; near.neighbours.size > 0; i++) {
      await far.gossip.publish(bytes(`signed ${i}`))
      let looks = 0
      await network.settle(() => near.neighbours.size === 0 || ++looks > 2)
    }
    assert.equal(near.messages.length, 0)
  })

  it('takes nothing from anybody for duplicates and ignored messages', async () => {
    const { near, far, nearNode, farNode } = await connected()
    near.verdict = () => ({ kind: 'ignore', reason: 'stale' })
    const count = 200
    await publishUntil(network, far, 'stale', () => heard(near, 'stale'))
    for (let i = 0; i < count; i++) {
      await far.gossip.publish(bytes(`old ${i}`))
      assert.equal(await far.gossip.publish(bytes(`old ${i}`)), 0, 'the same bytes are sent once')
    }
    await network.settle(() => heard(near, `old ${count - 1}`))
    assert(near.neighbours.has(far.identity.key))
    assert(scoreOf(nearNode.libp2p.services.pubsub, farNode.libp2p.peerId.toString()) >= 0)
  })

  it('lowers the score of a peer that is penalised, and bars it in the end', async () => {
    const { near, far, nearNode, farNode } = await connected()
    const farId = farNode.libp2p.peerId.toString()
    near.gossip.penalise(far.identity.key)
    near.gossip.penalise(far.identity.key)
    await network.settle(() => scoreOf(nearNode.libp2p.services.pubsub, farId) < -15)
    assert(near.neighbours.has(far.identity.key))
    for (let i = 0; i < 16; i++) near.gossip.penalise(far.identity.key)
    await network.settle(() => near.neighbours.size === 0 && far.neighbours.size === 0)
  })

  it('ignores what a neighbour sends while too much of it waits for a verdict', async () => {
    const waiting: (() => void)[] = []
    const near = await network.endpoint()
    await near.streams.start({ pulse() {}, neighbour() {}, request: async () => bytes('here') })
    await near.gossip.start(async () => {
      await new Promise<void>(resolve => waiting.push(resolve))
      return { kind: 'accept', news: 'update' }
    })
    const far = await createStation(await network.endpoint())
    await far.connect(near)
    await publishUntil(network, far, 'first', () => waiting.length > 0)
    for (let i = 0; i < 300; i++) await far.gossip.publish(bytes(`slow ${i}`))
    await network.settle(() => waiting.length === 256)
    // Sent after the flood over the same connection: when it is answered, the flood has arrived.
    await far.streams.request(near.identity.key, 'repair', bytes('there?'), { maxBytes: 100, timeoutMs: 15_000 })
    assert.equal(waiting.length, 256)
    for (const go of waiting) go()
  })

  it('lets go of a connection on which gossip has been silent for thirty heartbeats', async () => {
    const { near, far, nearNode, farNode } = await connected()
    await publishUntil(network, far, 'hello', () => heard(near, 'hello'))
    const { libp2p } = farNode
    const dropped: string[] = []
    const beat = createGossipWatch({
      libp2p,
      pubsub: libp2p.services.pubsub,
      standing: createStanding({ clock: systemClock }),
      disconnect: peer => dropped.push(peer.toString())
    })
    const stream = () =>
      libp2p
        .getConnections(nearNode.libp2p.peerId)[0]
        ?.streams.find(({ direction, protocol }) => direction === 'outbound' && protocol.startsWith('/meshsub/'))
    for (let i = 0; i < 100; i++) beat()
    assert.deepEqual(dropped, [])
    stream()?.abort(new Error('reset'))
    await network.settle(() => stream() === undefined)
    for (let i = 0; i < 29; i++) beat()
    assert.deepEqual(dropped, [])
    beat()
    assert.deepEqual(dropped, [nearNode.libp2p.peerId.toString()])
  })

  it('refuses to publish what gossipsub would drop in silence', async () => {
    const { near } = await connected()
    await assert.rejects(near.gossip.publish(new Uint8Array(MAX_GOSSIP_BYTES + 1)), RangeError)
  })

  it('delivers a message of the largest size', async () => {
    const { near, far } = await connected()
    const big = new Uint8Array(MAX_GOSSIP_BYTES)
    let largest = 0
    near.verdict = message => {
      largest = Math.max(largest, message.length)
      return { kind: 'accept', news: 'update' }
    }
    for (let attempt = 0; largest < MAX_GOSSIP_BYTES; attempt++) {
      big[0] = attempt % 128
      await far.gossip.publish(big.slice())
      let looks = 0
      await network.settle(() => largest === MAX_GOSSIP_BYTES || ++looks > 200)
    }
  })
})
