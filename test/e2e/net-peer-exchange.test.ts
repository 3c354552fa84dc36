/** What one neighbour can do to another by what it says about third ones. PROTOCOL.md, "Neighbours". */
import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:net'
import type { Ed25519PrivateKey, Stream } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { PeerRecord, RecordEnvelope } from '@libp2p/peer-record'
import { lpStream } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { Writer } from '#src/core/bytes.js'
import { generateIdentity, peerIdOfKey } from '#src/net/identity.js'
import { decodePeersAnswer, encodePeersAnswer, encodePeersRequest, peersProtocol } from '#src/net/peer-exchange.js'
import { openPeerRecord } from '#src/net/peer-record.js'
import {
  createLoopbackNetwork,
  type LoopbackEndpoint,
  type LoopbackNetwork,
  TEST_SWARM
} from '../support/net-loopback.js'

const PROTOCOL = peersProtocol(TEST_SWARM)

describe('a neighbour that tells of others', function () {
  this.timeout(60_000)
  let network: LoopbackNetwork
  let honest: LoopbackEndpoint
  let honestKey: Ed25519PrivateKey
  let hostile: LoopbackEndpoint
  /** Requests that it has answered. */
  let asked = 0
  let answer: () => Promise<Uint8Array>

  beforeEach(async () => {
    network = await createLoopbackNetwork()
    honestKey = (await generateIdentity()).privateKey
    honest = await network.endpoint({
      privateKey: honestKey,
      lookMs: 20,
      firstAskMs: 50,
      gossip: { heartbeatInterval: 20 },
      degrees: { low: 4, target: 6, high: 12 }
    })
    hostile = await network.endpoint()
    asked = 0
    const { libp2p } = hostile.node
    await libp2p.unhandle(PROTOCOL)
    await libp2p.handle(PROTOCOL, async (stream: Stream) => {
      const lp = lpStream(stream)
      await lp.read()
      asked++
      await lp.write(await answer()).catch(() => {})
      await stream.close().catch(() => {})
    })
  })

  afterEach(async () => {
    await network.stop()
  })

  async function signed(privateKey: Ed25519PrivateKey, addresses: readonly string[]): Promise<Uint8Array> {
    const record = new PeerRecord({
      peerId: peerIdFromPrivateKey(privateKey),
      multiaddrs: addresses.map(a => multiaddr(a))
    })
    return (await RecordEnvelope.seal(record, privateKey)).marshal()
  }

  const told = (records: readonly Uint8Array[]) => encodePeersAnswer(records.map(bytes => ({ ageMs: 0, bytes })))
  const stranger = async (...addresses: string[]) => signed((await generateIdentity()).privateKey, addresses)

  /** What gossipsub at the honest peer thinks of the hostile one, strikes included. */
  function score(): number {
    const { pubsub } = honest.node.libp2p.services
    assert('getScore' in pubsub && typeof pubsub.getScore === 'function')
    return pubsub.getScore(peerIdOfKey(hostile.identity.key).toString())
  }

  async function meet(): Promise<void> {
    await Promise.all(
      [honest, hostile].map(({ gossip }) => gossip.start(async () => ({ kind: 'ignore', reason: 'busy' })))
    )
    await honest.connect(hostile)
  }

  /** @returns connections that came */
  async function victim(): Promise<{ readonly server: Server; readonly port: number; readonly knocks: () => number }> {
    let knocks = 0
    const server = createServer(socket => {
      knocks++
      socket.destroy()
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    assert(typeof address === 'object' && address !== null)
    return { server, port: address.port, knocks: () => knocks }
  }

  const impossible: Readonly<Record<string, () => Promise<Uint8Array>>> = {
    rubbish: async () => Uint8Array.from({ length: 500 }, (_, i) => i * 31),
    nothing: async () => new Uint8Array(),
    'thousands of records': async () => new Writer().varint(5000).raw(new Uint8Array(10_000)).finish(),
    'more bytes than sixteen records have': async () => new Uint8Array(3_000_000),
    'more records than it was asked for': async () =>
      told(await Promise.all(Array.from({ length: 17 }, () => stranger('/ip4/192.0.2.1/tcp/1')))),
    'a record longer than any': async () => new Writer().varint(1).varint(0).block(new Uint8Array(1025)).finish(),
    'a record from the future': async () =>
      new Writer()
        .varint(1)
        .varint(2 ** 40)
        .block(new Uint8Array(9))
        .finish(),
    'a forged signature': async () => {
      const record = await stranger('/ip4/192.0.2.1/tcp/1')
      record[record.length - 40]! ^= 1
      return told([record])
    },
    'a record about somebody else': async () => {
      const [a, b] = [await generateIdentity(), await generateIdentity()]
      const record = new PeerRecord({
        peerId: peerIdFromPrivateKey(a.privateKey),
        multiaddrs: [multiaddr('/ip4/192.0.2.1/tcp/1')]
      })
      return told([(await RecordEnvelope.seal(record, b.privateKey)).marshal()])
    }
  }
  for (const [what, say] of Object.entries(impossible))
    it(`loses score for ${what}`, async () => {
      answer = say
      await meet()
      await network.settle(() => asked > 0 && score() < 0)
      assert.equal(honest.node.neighbourhood.contacts, 1)
    })

  it('may tell the peer of itself, of addresses that nobody dials and of kinds that nobody knows', async () => {
    const friend = await stranger('/ip4/127.0.0.1/tcp/9')
    const records = [
      await signed(honestKey, ['/ip4/127.0.0.1/tcp/4001']),
      await stranger(),
      await stranger(
        '/ip4/127.0.0.1/udp/4001/quic-v1',
        '/ip4/0.0.0.0/tcp/1',
        '/ip4/224.0.0.1/tcp/1',
        '/ip4/127.0.0.1/tcp/0'
      ),
      await stranger('/dns4/example.org/tcp/4001', '/ip4/255.255.255.255/tcp/1'),
      friend
    ]
    answer = async () => told(records)
    await meet()
    await network.settle(() => asked > 1 && honest.node.neighbourhood.contacts === 2)
    assert(score() >= 0)
  })

  it('cannot make the peer knock at one door all day', async () => {
    const { server, port, knocks } = await victim()
    // New identities are cheap, and each has many addresses of the victim.
    answer = async () =>
      told(
        await Promise.all(
          Array.from({ length: 16 }, () =>
            stranger(
              `/ip4/127.0.0.1/tcp/${port}`,
              ...Array.from({ length: 20 }, (_, i) => `/ip4/127.0.1.${i}/tcp/${port}`)
            )
          )
        )
      )
    await meet()
    // Seconds later, as it asks half as often each time.
    await network.settle(() => asked >= 8 && knocks() >= 4)
    assert(knocks() <= 6, `${knocks()} knocks`)
    assert(honest.node.neighbourhood.contacts <= 33, 'the book is not full of one teller’s strangers')
    await new Promise(resolve => server.close(resolve))
  })

  it('is answered a few times only, and loses score for rubbish', async () => {
    answer = async () => told([])
    await meet()
    await network.settle(() => honest.node.neighbourhood.contacts === 1)
    const ask = async (bytes: Uint8Array) => {
      const [connection] = hostile.node.libp2p.getConnections(peerIdOfKey(honest.identity.key))
      const stream = await connection!.newStream(PROTOCOL)
      const lp = lpStream(stream)
      try {
        await lp.write(bytes)
        return (await lp.read()).slice()
      } finally {
        stream.abort(new Error('that is all'))
      }
    }
    const answers = await Promise.allSettled(Array.from({ length: 30 }, () => ask(encodePeersRequest(16, false))))
    const given = answers.filter(result => result.status === 'fulfilled')
    assert(given.length >= 1 && given.length <= 13, `${given.length} answers`)
    for (const { value } of given) assert.deepEqual(decodePeersAnswer(value, 16), [], 'nobody but the asker is known')
    assert(score() >= 0)
  })

  it('loses score for a request that is none', async () => {
    answer = async () => told([])
    await meet()
    await network.settle(() => honest.node.neighbourhood.contacts === 1)
    const [connection] = hostile.node.libp2p.getConnections(peerIdOfKey(honest.identity.key))
    const lp = lpStream(await connection!.newStream(PROTOCOL))
    await lp.write(Uint8Array.of(200, 1))
    await assert.rejects(lp.read())
    await network.settle(() => score() < 0)
  })

  it('hands on records as their signers wrote them', async () => {
    const third = await network.endpoint()
    const middle = await network.endpoint({ lookMs: 20 })
    await third.connect(middle)
    await network.settle(() => middle.node.neighbourhood.contacts === 1)
    answer = async () => told([])
    await hostile.connect(middle)
    await network.settle(() => middle.node.neighbourhood.contacts === 2)
    const [connection] = hostile.node.libp2p.getConnections(peerIdOfKey(middle.identity.key))
    const lp = lpStream(await connection!.newStream(PROTOCOL))
    await lp.write(encodePeersRequest(16, false))
    const [first, ...others] = decodePeersAnswer((await lp.read()).slice(), 16)
    const record = await openPeerRecord(first!.bytes, honest.identity.verify)
    assert(typeof record === 'object')
    assert.equal(record.key, third.identity.key)
    assert.deepEqual(
      record.addresses,
      third.node.addresses().map(address => address.replace(/\/p2p\/.*/, ''))
    )
    assert.deepEqual([first!.ageMs, others], [0, []])
  })
})
