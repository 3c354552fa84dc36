/** Who becomes a neighbour and who does not, on real sockets. PROTOCOL.md, section 14. */
import assert from 'node:assert/strict'
import type { Connection, Stream } from '@libp2p/interface'
import { fromHex } from '#src/core/bytes.js'
import { keyProof, type ProofContext } from '#src/core/protocol/admission.js'
import { swarmDigest, swarmIdOf } from '#src/core/protocol/swarm-id.js'
import { decodeHello, decodeVerdict, encodeHello, encodeVerdict, HELLO_VERSION } from '#src/core/wire/hello.js'
import { HELLO_PROTOCOL } from '#src/net/hello.js'
import type { Refused } from '#src/net/refused.js'
import {
  createLoopbackNetwork,
  type LoopbackEndpoint,
  type LoopbackNetwork,
  TEST_SWARM
} from '../support/net-loopback.js'
import { createRawPeer, type RawInit, type RawPeer, raw } from '../support/net-raw.js'
import { createStation, publishUntil, type Station } from '../support/network-contract.js'

const KEY = new Uint8Array(32).fill(7)
const OTHER_KEY = new Uint8Array(32).fill(8)
const NONCE = new Uint8Array(16).fill(9)
const SWARM = swarmDigest(TEST_SWARM)
const text = (value: string) => new TextEncoder().encode(value)
const MESHSUB = '/meshsub/1.2.0'
const protocol = (kind: string) => `/starlings/1/${TEST_SWARM}/${kind}`

type EndpointInit = NonNullable<Parameters<LoopbackNetwork['endpoint']>[0]>

describe('hello', function () {
  this.timeout(60_000)
  let network: LoopbackNetwork
  const raws: RawPeer[] = []

  beforeEach(async () => {
    network = await createLoopbackNetwork()
  })

  afterEach(async () => {
    await Promise.all(raws.splice(0).map(peer => peer.stop()))
    await network.stop()
  })

  interface House {
    readonly endpoint: LoopbackEndpoint
    readonly station: Station
    readonly refused: Refused[]
  }

  async function house(init: EndpointInit = {}): Promise<House> {
    const endpoint = await network.endpoint(init)
    const refused: Refused[] = []
    endpoint.node.hello.onRefused(each => refused.push(each))
    return { endpoint, station: await createStation(endpoint), refused }
  }

  async function stranger(init: RawInit = {}): Promise<RawPeer> {
    const peer = await createRawPeer(init)
    raws.push(peer)
    return peer
  }

  const reasons = ({ refused }: House) => refused.map(({ reason, byUs }) => `${reason} ${byUs ? 'by us' : 'by them'}`)
  const areNeighbours = (a: House, b: House) =>
    a.station.neighbours.has(b.station.identity.key) && b.station.neighbours.has(a.station.identity.key)
  const connections = ({ endpoint }: House) => endpoint.node.libp2p.getConnections().length

  /** Nothing that this peer does has come to the house or changed it. */
  async function isUntouched({ station, endpoint }: House, by: RawPeer): Promise<void> {
    assert.deepEqual([...station.neighbours], [])
    assert.deepEqual(station.messages, [])
    assert.deepEqual(station.pulses, [])
    assert.equal(endpoint.node.neighbourhood.contacts, 0)
    const { pubsub } = endpoint.node.libp2p.services
    assert.deepEqual(pubsub.getPeers().map(String), [])
    await assert.rejects(station.streams.pulse(by.key, text('hello?')))
  }

  describe('between peers', () => {
    it('makes neighbours of two with the same key, and of none without it', async () => {
      const [a, b, c] = [await house(keyed(KEY)), await house(keyed(KEY)), await house(keyed(OTHER_KEY))]
      await a.endpoint.connect(b.endpoint)
      await network.settle(() => areNeighbours(a, b))
      await publishUntil(network, a.station, 'news', () => b.station.messages.length > 0)
      await c.endpoint.connect(a.endpoint)
      await network.settle(() => a.refused.length > 0 && c.refused.length > 0 && connections(c) === 0)
      assert.match(reasons(a).join(), /^wrong-key/)
      assert.match(reasons(c).join(), /^wrong-key/)
      assert.match(c.refused[0]!.words, /has another key of this swarm, or none; .* fresh invite/)
      assert.deepEqual(
        [c.refused[0]!.peer, c.refused[0]!.dialled, c.refused[0]!.software],
        [a.station.identity.key, true, 'starlings']
      )
      assert.equal(c.station.neighbours.size + c.station.messages.length, 0)
      assert(areNeighbours(a, b))
    })

    for (const [who, ours, theirs] of [
      ['who dials', undefined, KEY],
      ['who is dialled', KEY, undefined]
    ] as const)
      it(`is clear when the key is missing to ${who}`, async () => {
        const [dialler, listener] = [await house(keyed(ours)), await house(keyed(theirs))]
        await dialler.endpoint.connect(listener.endpoint)
        await network.settle(
          () => dialler.refused.length > 0 && listener.refused.length > 0 && connections(dialler) === 0
        )
        for (const { refused } of [dialler, listener]) assert.equal(refused[0]!.reason, 'wrong-key')
        assert.equal(dialler.station.neighbours.size + listener.station.neighbours.size, 0)
      })

    it('is clear between two swarms, which stay connected and nothing else', async () => {
      const [a, b] = [await house(), await house({ swarmId: swarmIdOf(new Uint8Array(32).fill(2)) })]
      await a.endpoint.connect(b.endpoint)
      await network.settle(() => a.refused.length > 0 && b.refused.length > 0)
      for (const each of [a, b]) {
        assert.deepEqual(reasons(each), ['wrong-swarm by us'])
        assert.match(each.refused[0]!.words, /is in another swarm \((\w+ ){5}\w+, 0[12]{7}…\)|is in another swarm/)
        assert.equal(each.station.neighbours.size, 0)
        assert.equal(connections(each), 1)
      }
    })

    it('lets in the members of a list, and tells others that they are none', async () => {
      const [a, b, c] = [await house(), await house(), await house()]
      const members = new Set([a, b].map(({ station }) => station.identity.key))
      const listed = await house({ admission: { members } })
      for (const each of [a, b]) await each.endpoint.connect(listed.endpoint)
      await network.settle(() => [a, b].every(each => areNeighbours(each, listed)))
      await c.endpoint.connect(listed.endpoint)
      await network.settle(() => listed.refused.length > 0 && c.refused.length > 0 && connections(c) === 0)
      assert.deepEqual(reasons(listed), ['not-a-member by us'])
      assert.deepEqual(reasons(c), ['not-a-member by them'])
      assert.match(c.refused[0]!.words, /refuses this peer, which is not on the list/)
      assert.equal(listed.station.neighbours.size, 2)
    })

    it('is not even begun with whom the user blocks, whoever dials', async () => {
      const b = await house()
      const a = await house({ blocked: [b.station.identity.key] })
      await b.endpoint.connect(a.endpoint).catch(() => {})
      await network.settle(() => a.refused.length === 1)
      await a.endpoint.connect(b.endpoint).catch(() => {})
      await network.settle(() => connections(a) + connections(b) === 0)
      assert.deepEqual(reasons(a), ['blocked by us'])
      assert.equal(a.station.neighbours.size + b.station.neighbours.size, 0)
    })

    it('survives dials from both sides at once and lost connections, with one connection left', async () => {
      const [a, b] = [await house(keyed(KEY)), await house(keyed(KEY))]
      for (let round = 0; round < 5; round++) {
        await Promise.allSettled([a.endpoint.connect(b.endpoint), b.endpoint.connect(a.endpoint)])
        await network.settle(() => areNeighbours(a, b) && connections(a) === 1 && connections(b) === 1)
        await a.station.streams.pulse(b.station.identity.key, text(`round ${round}`))
        await network.settle(() => b.station.pulses.length === round + 1)
        await a.endpoint.disconnect(b.endpoint)
        await network.settle(() => a.station.neighbours.size + b.station.neighbours.size === 0)
      }
      assert.deepEqual([...reasons(a), ...reasons(b)], [])
    })
  })

  describe('with a stranger that says what it likes', () => {
    /** Everything that it can try without being welcome. @returns streams that it opened */
    async function tryEverything(connection: Connection): Promise<Stream[]> {
      const streams: Stream[] = []
      for (const name of [MESHSUB, ...['pulse', 'repair', 'snapshot', 'peers'].map(protocol)]) {
        const stream = await connection.newStream(name)
        streams.push(stream)
        stream.addEventListener('message', () => assert.fail(`${name} was served`))
        // A subscription to the topic, which gossipsub would answer with its own; elsewhere the beginning of some question.
        if (stream.writeStatus === 'writable') stream.send(name === MESHSUB ? subscription() : Uint8Array.of(2, 1, 16))
      }
      return streams
    }

    it('that says nothing and opens everything gets nothing, and is sent away', async () => {
      const home = await house({ helloMs: 1000 })
      const opened: string[] = []
      const serves = Object.fromEntries(
        [MESHSUB, ...['pulse', 'repair', 'snapshot', 'peers'].map(protocol)].map(name => [
          name,
          () => void opened.push(name)
        ])
      )
      const hostile = await stranger({ serves })
      const connection = await hostile.dial(home.endpoint)
      const streams = await tryEverything(connection)
      for (let i = 0; i < 5; i++) await home.station.gossip.publish(text(`secret ${i}`))
      await isUntouched(home, hostile)
      await network.settle(() => connection.status !== 'open' && home.refused.length > 0)
      assert.deepEqual(reasons(home), ['no-hello by us'])
      assert.deepEqual(opened, [])
      for (const stream of streams) assert.notEqual(stream.status, 'open')
      await isUntouched(home, hostile)
    })

    it('that is of another swarm stays connected, and gets nothing either', async () => {
      const home = await house()
      const opened: string[] = []
      const serves = Object.fromEntries([MESHSUB, protocol('pulse')].map(name => [name, () => void opened.push(name)]))
      const other = await stranger({ serves })
      const connection = await other.dial(home.endpoint)
      const waiting = await tryEverything(connection)
      const hello = raw(await connection.newStream(HELLO_PROTOCOL))
      await hello.read()
      await hello.write(helloOf({ swarm: new Uint8Array(32) }))
      assert.equal(decodeVerdict((await hello.read()).slice()), 'wrong-swarm')
      // It may well call that a welcome.
      await hello.write(encodeVerdict('welcome'))
      await network.settle(() => waiting.every(({ status }) => status !== 'open') && home.refused.length === 1)
      const late = await tryEverything(connection)
      await network.settle(() => late.every(({ status }) => status !== 'open'))
      await isUntouched(home, other)
      assert.deepEqual([connection.status, reasons(home), opened], ['open', ['wrong-swarm by us'], []])
    })

    it('that is served once it is welcome, so that the test above can fail', async () => {
      const home = await house(keyed(KEY))
      const opened: string[] = []
      const hostile = await stranger({ serves: { [MESHSUB]: () => void opened.push(MESHSUB) } })
      const connection = await hostile.dial(home.endpoint)
      // Opened before it is welcome, and answered after.
      const early = await connection.newStream(protocol('repair'))
      const lp = raw(early)
      await lp.write(text('early'))
      const { hello, ours } = await begin(home, hostile, connection)
      await hello.write(keyProof(KEY, ours))
      assert.equal((await hello.read()).byteLength, 32)
      assert.equal(decodeVerdict((await hello.read()).slice()), 'welcome')
      await hello.write(encodeVerdict('welcome'))
      assert.equal(new TextDecoder().decode((await lp.read()).slice()), 'repair early')
      await network.settle(() => opened.length === 1)
    })

    it('that refuses hello, or knows none, when it is dialled is no neighbour', async () => {
      const home = await house()
      const silent = await stranger({ serves: { [protocol('pulse')]: () => assert.fail('was pulsed') } })
      await home.endpoint.node.libp2p.dial(silent.libp2p.getMultiaddrs())
      await network.settle(() => home.refused.length === 1)
      assert.deepEqual([reasons(home), home.refused[0]!.dialled], [['no-hello by us'], true])
      await isUntouched(home, silent)
    })

    it('that never answers when it is dialled is let go', async () => {
      const home = await house({ helloMs: 500 })
      const silent = await stranger({ serves: { [HELLO_PROTOCOL]: () => {} } })
      await home.endpoint.node.libp2p.dial(silent.libp2p.getMultiaddrs())
      await network.settle(() => home.refused.length === 1 && connections(home) === 0)
      assert.deepEqual(reasons(home), ['no-hello by us'])
      await isUntouched(home, silent)
    })

    /** What a stranger says after both hellos, and which verdict it gets. */
    const attempts: Readonly<Record<string, (hello: Hello, home: House) => Promise<void>>> = {
      'with another key': async ({ hello, ours }) => await hello.write(keyProof(OTHER_KEY, ours)),
      'without a key': async ({ hello }) => await hello.write(encodeVerdict('welcome')),
      'with a proof that it was given for another connection': async ({ hello, ours }) =>
        await hello.write(keyProof(KEY, { ...ours, listenerNonce: NONCE })),
      'with a proof of somebody else': async ({ hello, ours, bystander }) =>
        await hello.write(keyProof(KEY, { ...ours, prover: fromHex(bystander.key) })),
      'with a proof for somebody else': async ({ hello, ours, bystander }) =>
        await hello.write(keyProof(KEY, { ...ours, verifier: fromHex(bystander.key) })),
      'with a proof for another swarm': async ({ hello, ours }) =>
        await hello.write(keyProof(KEY, { ...ours, swarm: new Uint8Array(32) })),
      'with a proof of a listener': async ({ hello, ours }) =>
        await hello.write(keyProof(KEY, { ...ours, role: 'listener' }))
    }
    for (const [how, say] of Object.entries(attempts))
      it(`that comes ${how} is told so, learns no proof and gets nothing`, async () => {
        const home = await house(keyed(KEY))
        const hostile = await stranger()
        const connection = await hostile.dial(home.endpoint)
        const begun = await begin(home, hostile, connection)
        await say(begun, home)
        assert.equal(decodeVerdict((await begun.hello.read()).slice()), 'wrong-key')
        await begun.hello.write(encodeVerdict('welcome'))
        await network.settle(() => home.refused.length === 1)
        assert.deepEqual(reasons(home), ['wrong-key by us'])
        await isUntouched(home, hostile)
        // Whoever dialled is to close it, and has two seconds for that.
        if (how === 'without a key') await network.settle(() => connection.status !== 'open')
      })

    it('that hangs up instead of hearing why is told of all the same', async () => {
      const home = await house(keyed(KEY))
      const hostile = await stranger()
      const connection = await hostile.dial(home.endpoint)
      const { hello, ours } = await begin(home, hostile, connection)
      await hello.write(keyProof(OTHER_KEY, ours))
      await hello.read()
      connection.abort(new Error('what a rude house'))
      await network.settle(() => home.refused.length === 1)
      assert.deepEqual(reasons(home), ['wrong-key by us'])
    })

    it('that replays what it said on an earlier connection is refused', async () => {
      const home = await house(keyed(KEY))
      const hostile = await stranger()
      // An accomplice with the key helped it once.
      const first = await begin(home, hostile, await hostile.dial(home.endpoint))
      const proof = keyProof(KEY, first.ours)
      await first.hello.write(proof)
      assert.equal((await first.hello.read()).byteLength, 32)
      await hostile.libp2p.hangUp(home.endpoint.node.libp2p.peerId)
      await network.settle(() => connections(home) === 0)
      const again = await begin(home, hostile, await hostile.dial(home.endpoint))
      await again.hello.write(proof)
      assert.equal(decodeVerdict((await again.hello.read()).slice()), 'wrong-key')
    })

    it('that sends back the proof of who dialled it is refused', async () => {
      const home = await house(keyed(KEY))
      let told: Uint8Array | undefined
      const mirror = await stranger({
        serves: {
          async [HELLO_PROTOCOL](stream) {
            const lp = raw(stream)
            await lp.write(helloOf({ nonce: NONCE }))
            await lp.read()
            await lp.write((await lp.read()).slice())
            told = (await lp.read()).slice()
            await lp.write(encodeVerdict('welcome')).catch(() => {})
          }
        }
      })
      await home.endpoint.node.libp2p.dial(mirror.libp2p.getMultiaddrs())
      await network.settle(() => home.refused.length === 1 && told !== undefined)
      assert.equal(decodeVerdict(told!), 'wrong-key')
      assert.deepEqual(reasons(home), ['wrong-key by us'])
      await isUntouched(home, mirror)
    })

    it('of another version is told so, and the words say which is the older', async () => {
      const home = await house()
      const later = await stranger()
      const connection = await later.dial(home.endpoint)
      const hello = raw(await connection.newStream(HELLO_PROTOCOL))
      await hello.read()
      // A later version may have more to say.
      await hello.write(Uint8Array.of(...helloOf({ version: 2, software: 'starlings/9.0' }), 1, 2, 3))
      assert.equal(decodeVerdict((await hello.read()).slice()), 'wrong-version')
      await hello.write(encodeVerdict('wrong-version'))
      await network.settle(() => home.refused.length === 1)
      assert.deepEqual(reasons(home), ['wrong-version by us'])
      assert.match(home.refused[0]!.words, /\(starlings\/9\.0\) speaks version 2 .* update the one here/)
      await isUntouched(home, later)
    })

    const rubbish: Readonly<Record<string, Uint8Array>> = {
      nothing: new Uint8Array(0),
      'half a hello': helloOf({}).subarray(0, 40),
      'a hello with something behind it': Uint8Array.of(...helloOf({}), 1),
      'an unprintable name': helloOf({}).map((byte, i) => (i === 55 ? 27 : byte)),
      'two hundred random bytes': Uint8Array.from({ length: 200 }, (_, i) => 1 + ((i * 89) % 255))
    }
    for (const [what, message] of Object.entries(rubbish))
      it(`that says ${what} loses standing and is sent away`, async () => {
        const home = await house()
        const hostile = await stranger()
        const connection = await hostile.dial(home.endpoint)
        const hello = raw(await connection.newStream(HELLO_PROTOCOL))
        await hello.read()
        await hello.write(message)
        await network.settle(() => connection.status !== 'open' && home.refused.length === 1)
        assert.deepEqual(reasons(home), ['no-hello by us'])
        await isUntouched(home, hostile)
      })

    it('that announces megabytes, or never ends a length, is sent away', async () => {
      const home = await house()
      for (const bytes of [Uint8Array.of(0x80, 0x80, 0x80, 0x01), new Uint8Array(20).fill(0xff)]) {
        const hostile = await stranger()
        const connection = await hostile.dial(home.endpoint)
        const stream = await connection.newStream(HELLO_PROTOCOL)
        stream.addEventListener('message', () => {})
        stream.send(bytes)
        await network.settle(() => connection.status !== 'open')
        await isUntouched(home, hostile)
      }
    })

    it('that says hello to whom dialled it is not heard', async () => {
      const home = await house({ helloMs: 600_000 })
      const reset: boolean[] = []
      const eager = await stranger({
        serves: {
          async [HELLO_PROTOCOL](stream, connection) {
            const lp = raw(await connection.newStream(HELLO_PROTOCOL))
            reset.push(
              await lp.read().then(
                () => false,
                () => true
              )
            )
            stream.abort(new Error('that was all'))
          }
        }
      })
      await home.endpoint.node.libp2p.dial(eager.libp2p.getMultiaddrs())
      await network.settle(() => reset.length === 1)
      assert.deepEqual(reset, [true])
    })

    it('that says hello twice is not heard again', async () => {
      const home = await house()
      const hostile = await stranger()
      const connection = await hostile.dial(home.endpoint)
      const first = raw(await connection.newStream(HELLO_PROTOCOL))
      await first.read()
      const second = await connection.newStream(HELLO_PROTOCOL)
      await network.settle(() => second.status !== 'open')
      await first.write(helloOf({}))
      assert.equal(decodeVerdict((await first.read()).slice()), 'welcome')
      await first.write(encodeVerdict('welcome'))
      const third = await connection.newStream(HELLO_PROTOCOL)
      await network.settle(() => third.status !== 'open')
      assert.equal(connection.status, 'open')
    })

    it('that opens a hundred streams and waits has most of them reset at once', async () => {
      const home = await house()
      const hostile = await stranger()
      const connection = await hostile.dial(home.endpoint)
      const streams = await Promise.all(
        Array.from({ length: 100 }, (_, i) =>
          connection.newStream(protocol(['pulse', 'repair', 'snapshot', 'peers'][i % 4]!)).catch(() => undefined)
        )
      )
      for (const stream of streams) stream?.addEventListener('message', () => {})
      await network.settle(() => streams.filter(stream => stream?.status === 'open').length <= 16)
    })

    it('of which there are many leaves room for those who say hello', async () => {
      const home = await house({ maxPending: 4, helloMs: 600_000 })
      const silent: Connection[] = []
      for (let i = 0; i < 6; i++) silent.push(await (await stranger()).dial(home.endpoint))
      await network.settle(() => silent.filter(({ status }) => status === 'open').length === 4)
      assert.deepEqual(silent.map(({ status }) => status === 'open').slice(0, 2), [false, false])
      const friend = await house()
      await friend.endpoint.connect(home.endpoint)
      await network.settle(() => areNeighbours(home, friend))
    })

    interface Hello {
      readonly hello: ReturnType<typeof raw>
      /** What a proof of the stranger's is made of. */
      readonly ours: ProofContext
      readonly bystander: RawPeer
    }

    /** Both hellos, as the dialling side. */
    async function begin(home: House, peer: RawPeer, connection: Connection): Promise<Hello> {
      const hello = raw(await connection.newStream(HELLO_PROTOCOL))
      const { nonce } = decodeHello((await hello.read()).slice())
      await hello.write(helloOf({ nonce: NONCE }))
      const ours = {
        swarm: SWARM,
        prover: fromHex(peer.key),
        role: 'dialler',
        verifier: fromHex(home.station.identity.key),
        diallerNonce: NONCE,
        listenerNonce: nonce
      } as const
      return { hello, ours, bystander: await stranger() }
    }
  })
})

function keyed(key: Uint8Array | undefined): EndpointInit {
  return { admission: { key } }
}

function helloOf(changes: Partial<Parameters<typeof encodeHello>[0]>): Uint8Array {
  return encodeHello({ version: HELLO_VERSION, swarm: SWARM, nonce: NONCE, software: 'stranger/1', ...changes })
}

/** Gossipsub's RPC { subscriptions: [{ subscribe: true, topic }] } with its length. */
function subscription(): Uint8Array {
  const topic = text(`/starlings/1/${TEST_SWARM}/updates`)
  const inner = Uint8Array.of(0x08, 1, 0x12, topic.length, ...topic)
  const rpc = Uint8Array.of(0x0a, inner.length, ...inner)
  return Uint8Array.of(...lengthOf(rpc.length), ...rpc)
}

function lengthOf(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, Math.floor(value / 128)]
}
