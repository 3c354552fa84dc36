/** What every `Gossip` and `Streams` must do, on real sockets and on the virtual network alike. */
import assert from 'node:assert/strict'
import type { Verdict } from '#src/core/protocol/verdict.js'
import type { Gossip, Identity, PeerKey, RequestKind, Streams } from '#src/interface.js'

/** One peer's end of the network, not started yet. */
export interface Endpoint {
  readonly identity: Identity
  readonly gossip: Gossip
  readonly streams: Streams
  /** Connects the two; neighbours are told when both have started their streams. */
  connect(other: Endpoint): Promise<void>
  /** Cuts every connection between the two, as a network would. */
  disconnect(other: Endpoint): Promise<void>
}

export interface TestNetwork {
  endpoint(): Promise<Endpoint>
  /** Lets the network work until the condition holds: virtual time moves, real events come in. */
  settle(condition: () => boolean): Promise<void>
  stop(): Promise<void>
}

const ACCEPT: Verdict = { kind: 'accept', news: 'update' }
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
const bytes = (value: string) => new TextEncoder().encode(value)

/** An endpoint with everything that arrived at it, answering and accepting everything. */
export interface Station extends Endpoint {
  readonly messages: { readonly text: string; readonly from: PeerKey }[]
  readonly pulses: { readonly text: string; readonly from: PeerKey }[]
  readonly neighbours: Set<PeerKey>
  /** @default accepts */
  verdict: (message: string) => Verdict
  /** @default echoes the kind and the request */
  respond: (kind: RequestKind, request: Uint8Array, from: PeerKey) => Promise<Uint8Array>
}

export async function createStation(endpoint: Endpoint): Promise<Station> {
  const station: Station = {
    ...endpoint,
    messages: [],
    pulses: [],
    neighbours: new Set(),
    verdict: () => ACCEPT,
    respond: async (kind, request) => bytes(`${kind} ${text(request)}`)
  }
  await endpoint.streams.start({
    pulse: (message, from) => station.pulses.push({ text: text(message), from }),
    request: (kind, request, from) => station.respond(kind, request, from),
    neighbour: (peer, connected) => {
      if (connected) station.neighbours.add(peer)
      else station.neighbours.delete(peer)
    }
  })
  await endpoint.gossip.start(async (message, from) => {
    const verdict = station.verdict(text(message))
    station.messages.push({ text: text(message), from })
    return verdict
  })
  return station
}

/**
 * Publishes new messages until one is heard: those sent before the subscriptions of the others arrived reach nobody, and
 * are never delivered later.
 */
export async function publishUntil(
  network: TestNetwork,
  station: Station,
  prefix: string,
  heard: () => boolean
): Promise<void> {
  for (let attempt = 0; !heard(); attempt++) {
    await station.gossip.publish(bytes(`${prefix} ${attempt}`))
    let looks = 0
    await network.settle(() => heard() || ++looks > 20)
  }
}

function hasHeard(station: Station, prefix: string): boolean {
  return station.messages.some(message => message.text.startsWith(prefix))
}

/** Registers the suite under `name`. `createNetwork` is called for each test. */
export function networkContract(name: string, createNetwork: () => Promise<TestNetwork>): void {
  describe(`${name} keeps the network's contract`, () => {
    let network: TestNetwork

    beforeEach(async () => {
      network = await createNetwork()
    })

    afterEach(async () => {
      await network.stop()
    })

    async function stations(count: number): Promise<Station[]> {
      const all: Station[] = []
      for (let i = 0; i < count; i++) all.push(await createStation(await network.endpoint()))
      return all
    }

    async function pair(): Promise<[Station, Station]> {
      const [a, b] = await stations(2)
      assert(a && b)
      await a.connect(b)
      await network.settle(() => a.neighbours.has(b.identity.key) && b.neighbours.has(a.identity.key))
      return [a, b]
    }

    const options = { maxBytes: 1024, timeoutMs: 15_000 }

    it('tells both sides that they are neighbours, and when they no longer are', async () => {
      const [a, b] = await pair()
      await a.disconnect(b)
      await network.settle(() => a.neighbours.size === 0 && b.neighbours.size === 0)
    })

    it('tells neighbours again after they connected again', async () => {
      const [a, b] = await pair()
      await a.disconnect(b)
      await network.settle(() => a.neighbours.size === 0 && b.neighbours.size === 0)
      await b.connect(a)
      await network.settle(() => a.neighbours.has(b.identity.key) && b.neighbours.has(a.identity.key))
    })

    it('spreads an accepted message over several hops, naming the neighbour that forwarded it', async () => {
      const line = await stations(4)
      for (let i = 1; i < line.length; i++) await line[i - 1]!.connect(line[i]!)
      await publishUntil(network, line[0]!, 'news', () => hasHeard(line[3]!, 'news'))
      assert.equal(line[3]!.messages[0]!.from, line[2]!.identity.key)
      assert.equal(line[0]!.messages.length, 0, 'the sender does not hear itself')
    })

    it('forwards neither ignored nor rejected messages', async () => {
      const [a, b, c] = (await stations(3)) as [Station, Station, Station]
      await a.connect(b)
      await b.connect(c)
      b.verdict = message =>
        message.startsWith('bad')
          ? { kind: 'reject', reason: 'truncated' }
          : message.startsWith('old')
            ? { kind: 'ignore', reason: 'stale' }
            : ACCEPT
      await publishUntil(network, a, 'good', () => hasHeard(c, 'good'))
      await publishUntil(network, a, 'bad', () => hasHeard(b, 'bad'))
      await publishUntil(network, a, 'old', () => hasHeard(b, 'old'))
      await publishUntil(network, a, 'last', () => hasHeard(c, 'last'))
      assert.deepEqual(new Set(c.messages.map(message => message.text.split(' ')[0])), new Set(['good', 'last']))
    })

    it('validates a message once, whoever repeats it', async () => {
      const ring = await stations(3)
      for (let i = 0; i < 3; i++) await ring[i]!.connect(ring[(i + 1) % 3]!)
      await network.settle(() => ring.every(station => station.neighbours.size === 2))
      const heard = (prefix: string) => ring.filter(station => hasHeard(station, prefix)).length
      await publishUntil(network, ring[0]!, 'first', () => heard('first') === 2)
      await publishUntil(network, ring[1]!, 'second', () => heard('second') === 2)
      for (const station of ring) {
        const texts = station.messages.map(message => message.text)
        assert.equal(new Set(texts).size, texts.length)
      }
    })

    it('publishes to nobody without an error', async () => {
      const [a] = await stations(1)
      assert.equal(await a!.gossip.publish(bytes('hello?')), 0)
    })

    it('delivers pulses in order, with their sender', async () => {
      const [a, b] = await pair()
      for (const pulse of ['1', '2', '3']) await a.streams.pulse(b.identity.key, bytes(pulse))
      await b.streams.pulse(a.identity.key, bytes('back'))
      await network.settle(() => b.pulses.length === 3 && a.pulses.length === 1)
      assert.deepEqual(
        b.pulses,
        ['1', '2', '3'].map(pulse => ({ text: pulse, from: a.identity.key }))
      )
    })

    it('refuses a pulse or a request to a stranger', async () => {
      const [a, b] = (await stations(2)) as [Station, Station]
      await assert.rejects(a.streams.pulse(b.identity.key, bytes('hello')))
      await assert.rejects(a.streams.request(b.identity.key, 'repair', bytes('hello'), options))
    })

    it('answers requests of both kinds', async () => {
      const [a, b] = await pair()
      b.respond = async (kind, request, from) => bytes(`${kind} ${text(request)} ${from === a.identity.key}`)
      for (const kind of ['repair', 'snapshot'] as const)
        assert.equal(text(await a.streams.request(b.identity.key, kind, bytes('q'), options)), `${kind} q true`)
    })

    it('answers many requests at once', async () => {
      const [a, b] = await pair()
      const questions = ['a', 'b', 'c', 'd']
      const answers = await Promise.all(
        questions.map(question => a.streams.request(b.identity.key, 'repair', bytes(question), options))
      )
      assert.deepEqual(
        answers.map(text),
        questions.map(question => `repair ${question}`)
      )
    })

    it('carries an empty question and an empty answer', async () => {
      const [a, b] = await pair()
      b.respond = async () => new Uint8Array(0)
      assert.equal((await a.streams.request(b.identity.key, 'repair', new Uint8Array(0), options)).length, 0)
    })

    it('takes an answer of exactly maxBytes and refuses one byte more', async () => {
      const [a, b] = await pair()
      b.respond = async (_, request) => new Uint8Array(Number(text(request)))
      const fits = await a.streams.request(b.identity.key, 'repair', bytes('1024'), options)
      assert.equal(fits.length, 1024)
      await assert.rejects(a.streams.request(b.identity.key, 'repair', bytes('1025'), options))
    })

    it('rejects when the handler does, and serves the next request', async () => {
      const [a, b] = await pair()
      b.respond = async () => {
        throw new Error('no')
      }
      await assert.rejects(a.streams.request(b.identity.key, 'repair', bytes('q'), options))
      b.respond = async () => bytes('yes')
      assert.equal(text(await a.streams.request(b.identity.key, 'repair', bytes('q'), options)), 'yes')
    })

    it('gives up after the timeout', async () => {
      const [a, b] = await pair()
      b.respond = () => new Promise(() => {})
      let failure: unknown
      const request = a.streams.request(b.identity.key, 'repair', bytes('q'), { maxBytes: 10, timeoutMs: 50 })
      request.catch(error => {
        failure = error
      })
      await network.settle(() => failure !== undefined)
      assert(failure instanceof Error)
    })

    it('gives up on abort, also when aborted before the start', async () => {
      const [a, b] = await pair()
      const controller = new AbortController()
      let asked = false
      b.respond = () => {
        asked = true
        return new Promise(() => {})
      }
      const request = a.streams.request(b.identity.key, 'repair', bytes('q'), { ...options, signal: controller.signal })
      const failure = assert.rejects(request)
      await network.settle(() => asked)
      controller.abort()
      await failure
      await assert.rejects(
        a.streams.request(b.identity.key, 'repair', bytes('q'), { ...options, signal: controller.signal })
      )
    })

    it('rejects when the neighbour goes away', async () => {
      const [a, b] = await pair()
      let asked = false
      b.respond = () => {
        asked = true
        return new Promise(() => {})
      }
      const failure = assert.rejects(a.streams.request(b.identity.key, 'repair', bytes('q'), options))
      await network.settle(() => asked)
      await a.disconnect(b)
      await failure
    })

    it('stops twice, and rejects what comes after', async () => {
      const [a, b] = await pair()
      for (let i = 0; i < 2; i++) {
        await a.streams.stop()
        await a.gossip.stop()
      }
      await assert.rejects(a.streams.pulse(b.identity.key, bytes('late')))
      await network.settle(() => b.neighbours.size === 0)
    })
  })
}
