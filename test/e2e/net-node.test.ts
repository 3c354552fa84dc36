import assert from 'node:assert/strict'
import { connect, createServer } from 'node:net'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { parseListenAddress, parsePeerAddress } from '#src/net/address.js'
import { systemClock } from '#src/net/clock.js'
import { generateIdentity } from '#src/net/identity.js'
import { forgetPassersBy } from '#src/net/passers-by.js'
import { ListenError } from '#src/node/libp2p/create.js'
import { createNodeNetwork } from '#src/node/libp2p/network.js'
import {
  createLoopbackNetwork,
  type LoopbackEndpoint,
  type LoopbackNetwork,
  TEST_SWARM
} from '../support/net-loopback.js'
import { createProxy, tcpTarget } from '../support/net-proxy.js'
import { createStation } from '../support/network-contract.js'

describe('a libp2p node on Node.js', () => {
  let network: LoopbackNetwork

  beforeEach(async () => {
    network = await createLoopbackNetwork()
  })

  afterEach(async () => {
    await network.stop()
  })

  it('takes thirty local dials at once', async function () {
    this.timeout(60_000)
    const hub = await network.endpoint()
    const dialers = await Promise.all(Array.from({ length: 30 }, () => network.endpoint({ listen: [] })))
    await Promise.all(dialers.map(dialer => dialer.connect(hub)))
    await network.settle(() => hub.node.libp2p.getPeers().length === 30)
  })

  it('forgets who came by long ago, and nobody who is there', async () => {
    const hub = await network.endpoint()
    const { libp2p } = hub.node
    forgetPassersBy(libp2p, 2)
    const visitors: LoopbackEndpoint[] = []
    const known = async () => (await libp2p.peerStore.all()).map(({ id }) => id.toString())
    const name = ({ node }: LoopbackEndpoint) => node.libp2p.peerId.toString()
    const friend = await network.endpoint({ listen: [] })
    const stations = [await createStation(hub), await createStation(friend)] as const
    await friend.connect(hub)
    for (let i = 0; i < 4; i++) {
      const visitor = await network.endpoint({ listen: [] })
      visitors.push(visitor)
      await createStation(visitor)
      await visitor.connect(hub)
      await network.settle(() => stations[0].neighbours.has(visitor.identity.key))
      await visitor.disconnect(hub)
      await network.settle(() => libp2p.getPeers().length === 1)
    }
    let rest: readonly string[] = visitors.map(name)
    await network.settle(() => {
      void known().then(all => {
        rest = all
      })
      return !rest.includes(name(visitors[0]!)) && !rest.includes(name(visitors[1]!))
    })
    for (const there of [friend, ...visitors.slice(2)]) assert(rest.includes(name(there)))
  })

  it('counts every byte that passes its sockets, and no other', async () => {
    const near = await network.endpoint()
    const far = await network.endpoint({ listen: [] })
    const stations = [await createStation(near), await createStation(far)] as const
    const proxy = await createProxy(tcpTarget(near.node.addresses()[0]!))
    try {
      await far.dial(proxy.address)
      await network.settle(() => stations.every(station => station.neighbours.size === 1))
      stations[0].respond = async () => new Uint8Array(300_000)
      await far.streams.request(near.identity.key, 'snapshot', new Uint8Array(50_000), {
        maxBytes: 300_000,
        timeoutMs: 15_000
      })
      await network.settle(() => {
        const { up, down } = proxy.counts()
        const { bytes: nearBytes } = near.node
        const { bytes: farBytes } = far.node
        return (
          farBytes.sent === up && nearBytes.received === up && farBytes.received === down && nearBytes.sent === down
        )
      })
      assert(far.node.bytes.received > 300_000 && far.node.bytes.received < 310_000)
      assert(far.node.bytes.sent > 50_000 && far.node.bytes.sent < 60_000)
    } finally {
      await proxy.close()
    }
  })

  it('names the port that is in use, and the remedy', async () => {
    const holder = await network.endpoint()
    const { port } = tcpTarget(holder.node.addresses()[0]!)
    await assert.rejects(
      network.endpoint({ listen: [`/ip4/127.0.0.1/tcp/${port}`] }),
      (error: unknown) =>
        error instanceof ListenError &&
        error.message.includes(`port ${port} is in use`) &&
        !error.message.includes('\n')
    )
  })

  it('names the address that no interface has, and the remedy', async () => {
    // RFC 5737: for documentation, nobody's.
    await assert.rejects(network.endpoint({ listen: ['/ip4/192.0.2.1/tcp/0'] }), {
      name: 'ListenError',
      message: /^\/ip4\/192\.0\.2\.1\/tcp\/0: no interface of this machine has that address; \S+ listens/
    })
  })

  it('refuses peers that are not Ed25519', async () => {
    const { createLibp2p } = await import('libp2p')
    const { tcp } = await import('@libp2p/tcp')
    const { noise } = await import('@libp2p/noise')
    const { yamux } = await import('@libp2p/yamux')
    const swarmPeer = await network.endpoint()
    const other = await createLibp2p({
      privateKey: await generateKeyPair('secp256k1'),
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      connectionGater: { denyDialMultiaddr: () => false }
    })
    try {
      await other.dial(swarmPeer.node.libp2p.getMultiaddrs()).catch(() => {})
      await network.settle(() => other.getConnections().length === 0)
      assert.equal(swarmPeer.node.libp2p.getPeers().length, 0)
    } finally {
      await other.stop()
    }
  })

  it('survives strangers that talk nonsense to its port or hang up at once', async () => {
    const endpoint = await network.endpoint()
    const target = tcpTarget(endpoint.node.addresses()[0]!)
    for (const farewell of ['destroy', 'resetAndDestroy'] as const)
      await new Promise<void>((resolve, reject) => {
        const socket = connect(target, () => {
          socket.write('GET / HTTP/1.1\r\n\r\n', () => socket[farewell]())
        })
        socket.on('error', reject)
        socket.on('close', () => resolve())
      })
    const friend = await network.endpoint()
    await friend.connect(endpoint)
  })

  it('survives an address that resets every dial, also while the dial is being aborted', async () => {
    const rude = createServer(socket => socket.resetAndDestroy())
    await new Promise<void>(resolve => rude.listen(0, '127.0.0.1', resolve))
    const address = rude.address()
    assert(typeof address === 'object' && address !== null)
    const endpoint = await network.endpoint()
    await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        const controller = new AbortController()
        const dial = endpoint.node.libp2p.dial(parsePeerAddress(`/ip4/127.0.0.1/tcp/${address.port}`), {
          signal: controller.signal
        })
        if (i % 2 === 0) setImmediate(() => controller.abort())
        await assert.rejects(dial)
      })
    )
    await new Promise(resolve => rude.close(resolve))
  })

  it('stops twice, with connections open', async () => {
    const [a, b] = [await network.endpoint(), await network.endpoint()]
    await a.connect(b)
    await a.node.stop()
    await a.node.stop()
  })

  it('leaves no timer behind when it cannot start', async () => {
    const { privateKey } = await generateIdentity()
    await assert.rejects(
      createNodeNetwork({ privateKey, swarmId: TEST_SWARM, clock: systemClock, listen: ['/ip4/127.0.0.1/tcp'] }),
      TypeError
    )
  })
})

describe('addresses', () => {
  it('accepts what can be dialled or listened on', async () => {
    const { privateKey } = await generateIdentity()
    const peer = peerIdFromPrivateKey(privateKey).toString()
    for (const text of ['/ip4/192.0.2.7/tcp/4001', '/dns4/example.org/tcp/1', `/ip6/::1/tcp/4001/p2p/${peer}`])
      assert.equal(parsePeerAddress(text).toString(), text)
    assert.equal(parseListenAddress('/ip4/0.0.0.0/tcp/0').toString(), '/ip4/0.0.0.0/tcp/0')
  })

  it('refuses the rest at once, quoting it', async () => {
    const rsaLike = peerIdFromPrivateKey(await generateKeyPair('secp256k1')).toString()
    for (const text of [
      '',
      'localhost:4001',
      '/ip4/192.0.2.7',
      '/ip4/192.0.2.7/tcp',
      '/ip4/192.0.2.700/tcp/1',
      '/ip4/192.0.2.7/tcp/70000',
      '/ip4/192.0.2.7/udp/4001',
      '/ip4/192.0.2.7/tcp/0',
      `/p2p/${rsaLike}`,
      `/ip4/192.0.2.7/tcp/4001/p2p/${rsaLike}`
    ])
      assert.throws(
        () => parsePeerAddress(text),
        (error: unknown) => error instanceof TypeError && error.message.includes(text)
      )
    for (const text of [
      '/ip4/0.0.0.0/tcp/0/tls/ws',
      '/ip4/0.0.0.0/udp/0',
      '/p2p-circuit',
      '/dns4/a/udp/1/webrtc-direct'
    ])
      assert.throws(
        () => parseListenAddress(text),
        (error: unknown) => error instanceof TypeError && error.message.includes(text)
      )
  })
})
