/** Getting in by addresses of which most are dead, on real sockets. PROTOCOL.md, "Neighbours". */
import assert from 'node:assert/strict'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { swarmIdOf } from '#src/core/protocol/swarm-id.js'
import { parsePeerAddress } from '#src/net/address.js'
import { generateIdentity, peerIdOfKey } from '#src/net/identity.js'
import type { Degrees } from '#src/net/policy.js'
import { createLoopbackNetwork, type LoopbackEndpoint, type LoopbackNetwork } from '../support/net-loopback.js'
import { createProxy, tcpTarget } from '../support/net-proxy.js'

const SEEKING: Degrees = { low: 1, target: 2, high: 8 }
/** A swarm that nobody else here is of. */
const OTHER = swarmIdOf(new Uint8Array(32).fill(2))
const FAST = { lookMs: 50, graceMs: 500, firstAskMs: 200, degrees: SEEKING }

/** Somebody who takes calls and says nothing, as a host behind a wall that swallows packets. */
interface Silence {
  readonly address: string
  /** Calls that nobody gave up. */
  readonly open: number
  readonly calls: number
}

describe('looking for peers', function () {
  this.timeout(120_000)
  let network: LoopbackNetwork
  const servers: { readonly server: Server; readonly sockets: Set<Socket> }[] = []

  beforeEach(async () => {
    network = await createLoopbackNetwork()
  })

  afterEach(async () => {
    for (const { server, sockets } of servers.splice(0)) {
      for (const socket of sockets) socket.destroy()
      server.close()
    }
    await network.stop()
  })

  async function silence(): Promise<Silence> {
    const sockets = new Set<Socket>()
    let calls = 0
    const server = createServer(socket => {
      calls++
      sockets.add(socket.resume())
      socket.on('close', () => sockets.delete(socket)).on('error', () => {})
    })
    servers.push({ server, sockets })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    return {
      address: `/ip4/127.0.0.1/tcp/${port}`,
      get open() {
        return sockets.size
      },
      get calls() {
        return calls
      }
    }
  }

  const stranger = async (): Promise<string> => (await generateIdentity()).identity.key
  const named = async (address: string, key?: string) => `${address}/p2p/${peerIdOfKey(key ?? (await stranger()))}`
  const endpoint = (init = {}) => network.endpoint({ ...FAST, ...init })
  const degree = ({ node }: LoopbackEndpoint): number => node.libp2p.getPeers().length
  const bare = ({ node }: LoopbackEndpoint): string => node.addresses()[0]!.replace(/\/p2p\/.*/, '')

  /** Of a node that is gone. */
  async function dead(): Promise<string> {
    const gone = await endpoint()
    const [address] = gone.node.addresses()
    await gone.node.stop()
    return address!
  }

  it('gets in by the only one of many addresses that answers, at once', async () => {
    const [a, b] = [await endpoint(), await endpoint()]
    const silences = [await silence(), await silence()]
    const addresses = [
      await dead(),
      ...(await Promise.all(silences.map(({ address }) => named(address)))),
      await dead(),
      ...b.node.addresses()
    ]
    a.node.neighbourhood.introduce(addresses.map(parsePeerAddress))
    await network.settle(() => degree(a) === 1)
    assert.deepEqual(
      silences.map(({ open }) => open),
      [1, 1],
      'the others are still being waited for'
    )
  })

  it('finds the one address of a peer that answers while others of it keep silence', async () => {
    const [a, b] = [await endpoint(), await endpoint()]
    const quiet = await silence()
    const addresses = [await named(quiet.address, b.identity.key), ...b.node.addresses()]
    a.node.neighbourhood.introduce(addresses.map(parsePeerAddress))
    await network.settle(() => degree(a) === 1)
    assert.equal(quiet.calls, 1)
    await network.settle(() => quiet.open === 0)
  })

  it('takes nobody for somebody else', async () => {
    const [a, b] = [await endpoint(), await endpoint({ swarmId: OTHER })]
    const other = await stranger()
    a.node.neighbourhood.heardOf({ name: 'mdns', local: true }, [{ key: other, addresses: [bare(b)] }])
    await network.settle(() => a.node.neighbourhood.contacts === 0)
    await network.settle(() => degree(a) === 0)
  })

  it('dials whom a source found, and keeps what is no address out of the book', async () => {
    const [a, b] = [await endpoint(), await endpoint()]
    const found = [
      {
        key: await stranger(),
        addresses: ['/ip4/127.0.0.1', 'rubbish', '/dns4/example.org/tcp/1', '/ip4/0.0.0.0/tcp/1']
      },
      { key: a.identity.key, addresses: [bare(a)] },
      { key: b.identity.key, addresses: ['/ip4/127.0.0.1/tcp/0', bare(b)] }
    ]
    a.node.neighbourhood.heardOf({ name: 'dht', local: false }, found)
    assert.equal(a.node.neighbourhood.contacts, 0, 'loopback of somewhere else')
    a.node.neighbourhood.heardOf({ name: 'dht', local: true }, found)
    assert.equal(a.node.neighbourhood.contacts, 1)
    await network.settle(() => degree(a) === 1)
  })

  it('dials those that a list names no more once there is somebody, and again when nobody is left', async () => {
    const [a, b] = [await endpoint(), await endpoint()]
    const quiet = await silence()
    a.node.neighbourhood.dial(b.node.addresses().map(parsePeerAddress))
    await network.settle(() => degree(a) === 1 && a.node.neighbourhood.need === 'none')
    a.node.neighbourhood.introduce([parsePeerAddress(quiet.address)])
    let looks = 0
    a.node.neighbourhood.search({
      name: 'counter',
      local: false,
      where: 'nowhere',
      look: () => void looks++,
      wake: () => {},
      stop: async () => {}
    })
    await network.settle(() => looks > 5)
    assert.equal(quiet.calls, 0)
    await b.node.stop()
    await network.settle(() => quiet.calls === 1)
  })

  it('leaves a nameless address alone at which somebody is found who is connected already', async () => {
    const seeking = { degrees: { low: 2, target: 2, high: 8 } }
    const [b, a] = [await endpoint(seeking), await endpoint(seeking)].sort((x, y) =>
      x.identity.key < y.identity.key ? -1 : 1
    ) as [LoopbackEndpoint, LoopbackEndpoint]
    const proxy = await createProxy(tcpTarget(b.node.addresses()[0]!))
    try {
      b.node.neighbourhood.dial(a.node.addresses().map(parsePeerAddress))
      await network.settle(() => a.node.neighbourhood.need === 'some' && b.node.neighbourhood.need === 'some')
      let looks = 0
      a.node.neighbourhood.search({
        name: 'counter',
        local: false,
        where: undefined,
        look: () => void looks++,
        wake: () => {},
        stop: async () => {}
      })
      a.node.neighbourhood.introduce([parsePeerAddress(proxy.address)])
      await network.settle(() => a.node.neighbourhood.isMeant(b.identity.key))
      assert.equal(proxy.calls(), 1)
      const until = looks + 60
      await network.settle(() => looks >= until)
      assert.equal(proxy.calls(), 1)
      assert.equal(degree(a), 1)
    } finally {
      await proxy.close()
    }
  })

  it('takes whoever is at a nameless address, also when that is another one than before', async () => {
    const [a, b, c] = [await endpoint(), await endpoint(), await endpoint()]
    const target = tcpTarget(b.node.addresses()[0]!)
    const proxy = await createProxy(target)
    const isWith = (other: LoopbackEndpoint) => () =>
      a.node.libp2p.getConnections(other.node.libp2p.peerId).some(each => a.node.hello.isWelcome(each))
    try {
      a.node.neighbourhood.introduce([parsePeerAddress(proxy.address)])
      await network.settle(isWith(b))
      Object.assign(target, tcpTarget(c.node.addresses()[0]!))
      await b.node.stop()
      await network.settle(() => isWith(c)() && a.node.neighbourhood.need === 'none')
    } finally {
      await proxy.close()
    }
  })

  it('neither drops nor counts a node of another swarm that a list led to', async () => {
    const [a, other] = [await endpoint(), await endpoint({ swarmId: OTHER })]
    a.node.neighbourhood.introduce(other.node.addresses().map(parsePeerAddress))
    await network.settle(() => degree(a) === 1)
    const b = await endpoint()
    b.node.neighbourhood.introduce(a.node.addresses().map(parsePeerAddress))
    await network.settle(() => a.node.neighbourhood.need === 'none' && degree(a) === 2)
    assert.equal(a.node.neighbourhood.contacts, 1)
  })

  it('is let in by somebody who is just dialling a dead address of ours', async () => {
    const both = [await endpoint(), await endpoint()]
    const [lower, higher] = both.sort((x, y) => (x.identity.key < y.identity.key ? -1 : 1))
    const quiet = await silence()
    lower!.node.neighbourhood.dial([parsePeerAddress(await named(quiet.address, higher!.identity.key))])
    await network.settle(() => quiet.open === 1)
    higher!.node.neighbourhood.introduce(lower!.node.addresses().map(parsePeerAddress))
    await network.settle(() => degree(higher!) === 1 && degree(lower!) === 1)
    assert.equal(quiet.open, 1, 'it is still dialling')
  })
})
