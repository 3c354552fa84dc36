/** Peers that nobody can dial, and a third one that they both can. */
import assert from 'node:assert/strict'
import { RELAY_V2_HOP_CODEC } from '@libp2p/circuit-relay-v2'
import { multiaddr } from '@multiformats/multiaddr'
import { kindOf } from '#src/net/address.js'
import { systemClock } from '#src/net/clock.js'
import { createDoor } from '#src/net/door.js'
import { createGater } from '#src/net/gater.js'
import { generateIdentity, peerIdOfKey } from '#src/net/identity.js'
import { createStanding } from '#src/net/standing.js'
import type { RelayMode } from '#src/node/libp2p/anywhere.js'
import { createLoopbackNetwork, type LoopbackEndpoint, type LoopbackNetwork } from '../support/net-loopback.js'
import { createStation, publishUntil, type Station } from '../support/network-contract.js'

describe('a relay', function () {
  this.timeout(60_000)
  let network: LoopbackNetwork

  beforeEach(async () => {
    network = await createLoopbackNetwork()
  })

  afterEach(async () => {
    await network.stop()
  })

  /** Listens nowhere and holds reservations. */
  const hidden = () => network.endpoint({ listen: [], reach: { relay: 'none' } })
  const relay = (mode: RelayMode) => network.endpoint({ reach: { relay: mode, reserve: false } })
  const relayedAddresses = ({ node }: LoopbackEndpoint) =>
    node.addresses().filter(address => kindOf(multiaddr(address)) === 'relayed')

  /** Two that are connected to the relay, the second with a reservation there. */
  async function around(
    open: LoopbackEndpoint
  ): Promise<readonly [LoopbackEndpoint, LoopbackEndpoint, readonly Station[]]> {
    const [a, b] = [await hidden(), await hidden()]
    const stations = [await createStation(open), await createStation(a), await createStation(b)]
    await a.connect(open)
    await b.connect(open)
    await network.settle(() => relayedAddresses(b).length > 0)
    return [a, b, stations]
  }

  it('that carries everything makes neighbours of those who cannot reach each other', async () => {
    const [a, b, stations] = await around(await relay('all'))
    const [, atA, atB] = stations
    await a.dial(relayedAddresses(b)[0]!)
    await network.settle(() => atA!.neighbours.has(b.identity.key) && atB!.neighbours.has(a.identity.key))
    await a.streams.pulse(b.identity.key, new TextEncoder().encode('hello'))
    await network.settle(() => atB!.pulses.some(({ text, from }) => text === 'hello' && from === a.identity.key))
    // More than an introduction may carry.
    for (let i = 0; i < 5; i++)
      await a.streams.request(b.identity.key, 'snapshot', new Uint8Array(50_000), {
        maxBytes: 60_000,
        timeoutMs: 30_000
      })
    await publishUntil(network, atA!, 'news', () => atB!.messages.some(({ text }) => text.startsWith('news')))
  })

  it('that carries everything does so at its own pace, and cuts nobody off', async () => {
    const open = await network.endpoint({ reach: { relay: 'all', reserve: false, relayedPerSecond: 400_000 } })
    const [a, b, [, atA, atB]] = await around(open)
    await a.dial(relayedAddresses(b)[0]!)
    await network.settle(() => atA!.neighbours.has(b.identity.key) && atB!.neighbours.has(a.identity.key))
    const before = performance.now()
    await Promise.all(
      Array.from({ length: 8 }, () =>
        a.streams.request(b.identity.key, 'snapshot', new Uint8Array(60_000), { maxBytes: 70_000, timeoutMs: 50_000 })
      )
    )
    // 960 kB there and back: no machine is so slow that this fails, and without the bound it takes a tenth of that.
    assert.ok(performance.now() - before > 1000)
  })

  it('that only introduces makes none: the two have to find a way of their own', async () => {
    const [a, b, stations] = await around(await relay('introduce'))
    const connection = await a.node.libp2p.dial(multiaddr(relayedAddresses(b)[0]!))
    assert.notEqual(connection.limits, undefined)
    await network.settle(() => b.node.libp2p.getConnections(a.node.libp2p.peerId).length > 0)
    // Whoever else is met meanwhile is met directly.
    const far = await network.endpoint({ reach: { relay: 'none', reserve: false } })
    const atFar = await createStation(far)
    await a.connect(far)
    await network.settle(() => atFar.neighbours.has(a.identity.key))
    assert(!stations[1]!.neighbours.has(b.identity.key))
  })

  it('that was told not to relay says nothing of it to others', async () => {
    const open = await relay('none')
    const b = await hidden()
    await createStation(open)
    const atB = await createStation(b)
    await b.connect(open)
    await network.settle(() => atB.neighbours.size === 1)
    const { protocols } = await b.node.libp2p.peerStore.get(open.node.libp2p.peerId)
    assert(!protocols.includes(RELAY_V2_HOP_CODEC))
  })

  it('relays for its neighbours only', async () => {
    const { identity } = await generateIdentity()
    const peer = peerIdOfKey(identity.key)
    const door = createDoor()
    const gater = createGater(createStanding({ clock: systemClock }), door)
    const libp2p = { getConnections: () => [], getDialQueue: () => [], addEventListener: () => undefined }
    let isNeighbour = false
    door.open({
      libp2p,
      self: identity.key,
      isNeighbour: () => isNeighbour,
      isFull: () => false,
      hasJustDialled: () => false
    })
    const denied = async () => [
      await gater.denyInboundRelayReservation?.(peer),
      await gater.denyOutboundRelayedConnection?.(peer, peer)
    ]
    assert.deepEqual(await denied(), [true, true])
    isNeighbour = true
    assert.deepEqual(await denied(), [false, false])
  })
})
