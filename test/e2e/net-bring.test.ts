/** How a newcomer gets the manifest and a given x0, over real sockets, from honest and other peers. PROTOCOL.md, section 14. */
import assert from 'node:assert/strict'
import { lpStream } from '@libp2p/utils'
import { toHex, Writer } from '#src/core/bytes.js'
import { digest } from '#src/core/digest.js'
import { paramsDigest } from '#src/core/protocol/init.js'
import { checkedInitialParams, type Manifest, manifestBytes, swarmId } from '#src/core/protocol/manifest.js'
import { encodeAbout } from '#src/core/wire/about.js'
import { BUSY, encodeSnapshotRange } from '#src/core/wire/snapshot.js'
import { decodeStartRequest, encodeStart, maxStartBytes, START_RANGE_BYTES } from '#src/core/wire/start.js'
import { aboutProtocol, type Brought, fetchManifest, serveManifest, startProtocol } from '#src/net/bring.js'
import { type FetchStartInit, fetchStart } from '#src/net/fetch-start.js'
import { testManifest } from '../support/flock.js'
import { createLoopbackNetwork, type LoopbackEndpoint, type LoopbackNetwork } from '../support/net-loopback.js'

const SIZE = 120_000
/** Eight bytes each: four ranges. */
const X0 = Float64Array.from({ length: SIZE }, (_, i) => (i % 2 === 0 ? 1 : -1) * (2 ** 50 + i))
const START = encodeStart(X0)
const LONGEST = maxStartBytes(SIZE)
const KEY = new Uint8Array(32).fill(5)
const MANIFEST = testManifest({ params: { start: 'given', digest: toHex(paramsDigest(X0)) } }, SIZE)
/** A fresh object each time, of which nobody knows x0. */
const given = (): Manifest => ({ ...MANIFEST })
const SWARM = swarmId(given())

type Answer = (request: Uint8Array, count: number) => Uint8Array | undefined | Promise<Uint8Array | undefined>

describe('a newcomer', function () {
  this.timeout(60_000)
  let network: LoopbackNetwork
  let newcomer: LoopbackEndpoint
  const stops: (() => Promise<void>)[] = []

  beforeEach(async () => {
    network = await createLoopbackNetwork()
    newcomer = await network.endpoint({ swarmId: SWARM, admission: { key: KEY } })
  })

  afterEach(async () => {
    await Promise.all(stops.splice(0).map(stop => stop()))
    await network.stop()
  })

  const peer = () => network.endpoint({ swarmId: SWARM, admission: { key: KEY } })
  const isWelcomeBy = (other: LoopbackEndpoint) => () => {
    const { libp2p, hello } = newcomer.node
    return libp2p.getConnections(other.node.libp2p.peerId).some(connection => hello.isWelcome(connection))
  }

  async function meet(...others: LoopbackEndpoint[]): Promise<void> {
    for (const other of others) {
      await newcomer.connect(other)
      await network.settle(isWelcomeBy(other))
    }
  }

  async function honest(manifest = given(), start = START): Promise<LoopbackEndpoint> {
    const endpoint = await peer()
    const { libp2p, hello } = endpoint.node
    const init = { manifest, start, standing: () => ({ participants: 3, epoch: 17 }) }
    stops.push(await serveManifest(init, { libp2p, hello }))
    return endpoint
  }

  /** A member that answers one protocol as it likes; undefined: never. @returns how often it was asked */
  async function liar(protocol: string, answer: Answer): Promise<LoopbackEndpoint & { readonly asked: () => number }> {
    const endpoint = await peer()
    let count = 0
    await endpoint.node.libp2p.handle(protocol, async stream => {
      const lp = lpStream(stream)
      try {
        const bytes = await answer((await lp.read()).slice(), count++)
        if (bytes === undefined) return
        await lp.write(bytes)
        await stream.close()
      } catch {
        // It was hung up on.
      }
    })
    return { ...endpoint, asked: () => count }
  }

  const fetch = (signal = AbortSignal.timeout(50_000)): Promise<Brought> =>
    fetchManifest({ ...newcomer.node, swarmId: SWARM, signal })
  const fetchX0 = (manifest: Manifest, init: Partial<FetchStartInit> = {}) =>
    fetchStart({ ...newcomer.node, manifest, signal: AbortSignal.timeout(50_000), ...init })

  describe('that asks for the manifest', () => {
    it('gets it, with how things stand, and nobody else does', async () => {
      await meet(await honest())
      const { manifest, participants, epoch } = await fetch()
      assert.deepEqual(manifest, given())
      assert.deepEqual([participants, epoch], [3, 17])
      await assert.rejects(fetch(AbortSignal.abort(new Error('no longer'))), /no longer/)
    })

    it('asks nobody who is not welcome', async () => {
      const stranger = await network.endpoint({ swarmId: SWARM, admission: { key: new Uint8Array(32) } })
      const { libp2p, hello } = stranger.node
      await serveManifest({ manifest: given(), standing: () => ({ participants: 1, epoch: 0 }) }, { libp2p, hello })
      await newcomer.connect(stranger)
      await assert.rejects(fetch(), AggregateError)
      await network.settle(() => newcomer.node.libp2p.getConnections().length === 0)
    })

    const other = testManifest({ name: 'other' })
    const lies: Readonly<Record<string, Answer>> = {
      'another manifest': () => encodeAbout({ participants: 1, epoch: 0, manifest: manifestBytes(other) }),
      rubbish: () => Uint8Array.from({ length: 300 }, (_, i) => i * 7),
      'a manifest cut short': () =>
        encodeAbout({ participants: 1, epoch: 0, manifest: manifestBytes(given()).slice(0, -1) }),
      'two megabytes': () => new Uint8Array(2_000_000),
      nothing: () => new Uint8Array(0),
      silence: () => undefined
    }
    for (const [what, answer] of Object.entries(lies))
      it(`is not misled by ${what}`, async () => {
        const lying = await liar(aboutProtocol(SWARM), answer)
        await meet(lying)
        // Alone it is not believed, and does not hold up anybody else.
        if (what !== 'silence') await assert.rejects(fetch(), AggregateError)
        const asked = lying.asked()
        // Who has it is the slower one, or the other would be hung up on before it heard the question.
        const slower = await liar(aboutProtocol(SWARM), async () => {
          await network.settle(() => lying.asked() === asked + 1)
          return encodeAbout({ participants: 9, epoch: 17, manifest: manifestBytes(given()) })
        })
        await meet(slower)
        assert.equal((await fetch()).participants, 9)
        assert.equal(lying.asked(), asked + 1)
      })
  })

  describe('that asks for x0', () => {
    const hash = digest(START)
    const honestly = (bytes: Uint8Array, offset: number, of = digest(bytes)) =>
      encodeSnapshotRange({
        totalBytes: bytes.length,
        digest: of,
        bytes: bytes.subarray(offset, offset + START_RANGE_BYTES)
      })

    it('gets it in ranges, and the manifest knows it from then on', async () => {
      await meet(await honest())
      const manifest = given()
      assert.throws(() => checkedInitialParams(manifest), { name: 'ManifestError', field: 'params.start' })
      assert.deepEqual(await fetchX0(manifest), START)
      assert.deepEqual(checkedInitialParams(manifest), X0)
    })

    it('waits for somebody who has it', async () => {
      const fetched = fetchX0(given())
      await meet(await peer(), await honest())
      assert.deepEqual(await fetched, START)
    })

    it('stops asking when it is told to', async () => {
      const stop = new AbortController()
      const fetched = fetchX0(given(), { signal: stop.signal })
      const failure = assert.rejects(fetched, /changed my mind/)
      stop.abort(new Error('changed my mind'))
      await failure
    })

    it('goes on elsewhere when who served it is gone, with what it has', async () => {
      const offsets: number[] = []
      const first: LoopbackEndpoint = await liar(startProtocol(SWARM), async (request, count) => {
        // The second range is its last.
        if (count >= 2) await newcomer.disconnect(first)
        return honestly(START, decodeStartRequest(request))
      })
      const second = await liar(startProtocol(SWARM), request => {
        offsets.push(decodeStartRequest(request))
        return honestly(START, decodeStartRequest(request))
      })
      await meet(first, second)
      assert.deepEqual(await fetchX0(given()), START)
      assert.ok(!offsets.includes(0), `${offsets}`)
    })

    const wrong = START.slice()
    wrong[500_000]! ^= 1
    const other = encodeStart(X0.map(value => value + 1))
    const endless = new Writer()
      .varint(8 * SIZE)
      .raw(hash)
      .finish()
    const lies: Readonly<Record<string, Answer>> = {
      'the x0 of something else': request => honestly(other, decodeStartRequest(request)),
      'one wrong bit': request => honestly(wrong, decodeStartRequest(request), hash),
      'one wrong bit, and its hash': request => honestly(wrong, decodeStartRequest(request)),
      'a longer one than there can be': () =>
        encodeSnapshotRange({ totalBytes: LONGEST + 1, digest: hash, bytes: new Uint8Array(START_RANGE_BYTES) }),
      'ranges cut short': request => honestly(START, decodeStartRequest(request)).slice(0, 1000),
      'no bytes at all': () => endless,
      'a range of megabytes': () => new Uint8Array(3_000_000),
      'one range, and then silence': request => (decodeStartRequest(request) > 0 ? undefined : honestly(other, 0)),
      'busy for ever': () => BUSY,
      rubbish: () => Uint8Array.from({ length: 300 }, (_, i) => i * 7)
    }
    for (const [what, answer] of Object.entries(lies))
      it(`is not misled by ${what}, whoever came first`, async () => {
        const lying = await liar(startProtocol(SWARM), answer)
        await meet(lying, await honest())
        const totals = new Set<number>()
        const onProgress = (_: number, total: number) => totals.add(total)
        assert.deepEqual(await fetchX0(given(), { rangeMs: 500, onProgress }), START)
        assert.ok(lying.asked() > 0)
        for (const total of totals) assert.ok(total <= LONGEST, 'room was made for more than there can be')
      })

    it('is not held up by one that tells of something else each time', async () => {
      const lying = await liar(startProtocol(SWARM), (request, count) =>
        decodeStartRequest(request) > 0 ? undefined : honestly(START, 0, digest(Uint8Array.of(count)))
      )
      await meet(lying, await honest())
      assert.deepEqual(await fetchX0(given(), { rangeMs: 2000 }), START)
      assert.ok(lying.asked() > 0)
    })

    it('is not held up by one that tells of more than there is, and keeps the rest to itself', async () => {
      const x0 = X0.map((_, i) => 2 ** 25 + i)
      const start = encodeStart(x0)
      const shorter = testManifest({ params: { start: 'given', digest: toHex(paramsDigest(x0)) } }, SIZE)
      const longer = new Uint8Array(start.length + START_RANGE_BYTES)
      const lying = await liar(startProtocol(swarmId(shorter)), request => {
        const offset = decodeStartRequest(request)
        return offset > start.length ? undefined : honestly(longer, offset)
      })
      await meet(lying, await honest({ ...shorter }, start))
      assert.deepEqual(await fetchX0({ ...shorter }, { rangeMs: 2000 }), start)
      assert.ok(lying.asked() > 0)
    })

    it('finds the one that mixed wrong ranges among the others’', async () => {
      // It serves some ranges of the right hash, one of them wrong, and leaves the rest to others, again and again.
      const lying = await liar(startProtocol(SWARM), request => {
        const offset = decodeStartRequest(request)
        return offset > 500_000 ? undefined : honestly(wrong, offset, hash)
      })
      // Nobody else gives all of it at once, so that there is always some left for the liar.
      const slow = await liar(startProtocol(SWARM), (request, count) =>
        count % 2 === 1 ? BUSY : honestly(START, decodeStartRequest(request))
      )
      await meet(lying, slow)
      assert.deepEqual(await fetchX0(given(), { rangeMs: 300 }), START)
    })
  })
})
