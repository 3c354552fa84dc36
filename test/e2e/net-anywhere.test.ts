/** Peers that meet by other ways than TCP. */
import assert from 'node:assert/strict'
import { multiaddr } from '@multiformats/multiaddr'
import { isLoopback } from '#src/net/address.js'
import { systemClock } from '#src/net/clock.js'
import { askDialBack } from '#src/net/dial-back.js'
import { makeCertificate } from '#src/node/reach/certificate.js'
import { createRenewals } from '#src/node/reach/renewal.js'
import { createLoopbackNetwork, type LoopbackEndpoint, type LoopbackNetwork } from '../support/net-loopback.js'
import { createStation, networkContract } from '../support/network-contract.js'
import { beginMany } from '../support/stun.js'

networkContract('libp2p over WebSockets', () =>
  createLoopbackNetwork({ listen: ['/ip4/127.0.0.1/tcp/0/ws'], reach: { relay: 'none', reserve: false } })
)

networkContract('libp2p over WebRTC-direct', () =>
  createLoopbackNetwork({ listen: ['/ip4/127.0.0.1/udp/0/webrtc-direct'], reach: { relay: 'none', reserve: false } })
)

/** WebRTC connections that were begun by others, of libp2p's own. */
function begun({ node }: LoopbackEndpoint): number {
  const listeners: unknown = Reflect.get(node.libp2p, 'components').transportManager.getListeners()
  assert(Array.isArray(listeners))
  return listeners.reduce((sum, { connections }) => sum + (connections instanceof Map ? connections.size : 0), 0)
}

describe('a peer that is reached in other ways than by TCP', () => {
  let network: LoopbackNetwork
  const options = { maxBytes: 400_000, timeoutMs: 15_000 }

  beforeEach(async () => {
    network = await createLoopbackNetwork({ reach: { relay: 'none', reserve: false } })
  })

  afterEach(async () => {
    await network.stop()
  })

  async function pair(listen: string): Promise<readonly [LoopbackEndpoint, LoopbackEndpoint]> {
    const near = await network.endpoint({ listen: [listen] })
    const far = await network.endpoint({ listen: [] })
    const stations = [await createStation(near), await createStation(far)] as const
    stations[0].respond = async () => new Uint8Array(300_000)
    await far.connect(near)
    await network.settle(() => stations.every(station => station.neighbours.size === 1))
    return [near, far]
  }

  for (const listen of ['/ip4/127.0.0.1/tcp/0/ws', '/ip4/127.0.0.1/udp/0/webrtc-direct'])
    it(`counts what it sends and receives by ${listen}`, async () => {
      const [near, far] = await pair(listen)
      const before = { near: { ...near.node.bytes }, far: { ...far.node.bytes } }
      await far.streams.request(near.identity.key, 'snapshot', new Uint8Array(50_000), options)
      const sent = far.node.bytes.sent - before.far.sent
      const received = far.node.bytes.received - before.far.received
      assert(sent > 50_000 && sent < 60_000, `sent ${sent}`)
      assert(received > 300_000 && received < 312_000, `received ${received}`)
      assert(near.node.bytes.sent - before.near.sent >= 300_000)
      assert(near.node.bytes.received - before.near.received >= 50_000)
    })

  it('takes a new certificate while it runs: those who are there stay, others come by the new address', async () => {
    const listen = ['/ip4/127.0.0.1/udp/0/webrtc-direct']
    const renewals = createRenewals()
    // Of 200 days ago: nobody looks at its date, only at its hash.
    const certificate = await makeCertificate(new Date(Date.now() - 200 * 24 * 3600 * 1000))
    const near = await network.endpoint({ listen, reach: { relay: 'none', reserve: false, certificate, renewals } })
    const far = await network.endpoint({ listen: [] })
    const [atNear, atFar] = [await createStation(near), await createStation(far)]
    await far.connect(near)
    await network.settle(() => atFar.neighbours.size === 1 && atNear.neighbours.size === 1)
    const [before] = near.node.addresses()
    assert.ok(before?.includes(certificate.certhash))
    const next = await makeCertificate(new Date())
    renewals.install(next)
    await network.settle(() => near.node.addresses().some(address => address.includes(next.certhash)))
    assert.ok(!near.node.addresses().some(address => address.includes(certificate.certhash)))
    // Whoever is connected is told.
    const known = async () => (await far.node.libp2p.peerStore.get(near.node.libp2p.peerId)).addresses
    let told = false
    await network.settle(() => {
      void known().then(all => {
        told ||= all.some(({ multiaddr }) => multiaddr.toString().includes(next.certhash))
      })
      return told
    })
    const other = await network.endpoint({ listen: [] })
    const atOther = await createStation(other)
    await other.connect(near)
    await network.settle(() => atOther.neighbours.size === 1)
    assert.equal(atFar.neighbours.size, 1)
    const late = await network.endpoint({ listen: [] })
    await assert.rejects(late.dial(before!))
  })

  it('makes no connection for each of many who only begin one, and lets in who means it', async () => {
    const near = await network.endpoint({ listen: ['/ip4/127.0.0.1/udp/0/webrtc-direct'] })
    const far = await network.endpoint({ listen: [] })
    const port = Number(/\/udp\/(\d+)\//.exec(near.node.addresses().join())?.[1])
    await beginMany(port, 300)
    await network.settle(() => begun(near) > 0)
    await far.connect(near)
    assert(begun(near) <= 17, `${begun(near)} connections`)
  })

  it('has nobody learn what else runs on its machine, as through a proxy there', async () => {
    const ask = async (reach: object) => {
      const near = await network.endpoint({ reach: { relay: 'none', reserve: false, ...reach } })
      const { node } = await network.endpoint()
      const address = near.node.addresses().find(each => isLoopback(each))
      const connection = await node.libp2p.dial(multiaddr(address))
      return askDialBack(connection, [Number(address?.split('/')[4])], systemClock)
    }
    assert.deepEqual(await ask({}), { host: '127.0.0.1', open: [true] }, 'where only that machine can ask')
    await assert.rejects(ask({ announce: [multiaddr('/ip4/11.0.0.1/tcp/4001')] }))
  })

  it('is asked for a sign of life when it has nothing to say, and stays', async () => {
    // Nobody pulses here, and WebRTC has no muxer that pings: without the question this would be the end.
    const quiet = { silenceMs: 1200, listenMs: 100 }
    const near = await network.endpoint({ listen: ['/ip4/127.0.0.1/udp/0/webrtc-direct'], ...quiet })
    const far = await network.endpoint({ listen: [], ...quiet })
    await far.connect(near)
    const since = performance.now()
    await network.settle(() => performance.now() - since > 5000)
    assert.equal(far.node.libp2p.getConnections(near.node.libp2p.peerId).length, 1)
  })
})
