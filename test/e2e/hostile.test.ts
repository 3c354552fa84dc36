/** One hostile libp2p peer among honest ones on real sockets. PROTOCOL.md, sections 6 and 10, invariant I8. */
import assert from 'node:assert/strict'
import { concatBytes, fromHex } from '#src/core/bytes.js'
import { digest } from '#src/core/digest.js'
import { isDrawn } from '#src/core/protocol/lots.js'
import { manifestBytes, swarmId } from '#src/core/protocol/manifest.js'
import type { RejectReason } from '#src/core/protocol/verdict.js'
import { createRandom } from '#src/core/random.js'
import { CLAIM_PAYLOAD, decodeEnvelope, UPDATE_PAYLOAD } from '#src/core/wire/envelope.js'
import { encodeMissingAnswer, encodeRepairRequest } from '#src/core/wire/repair.js'
import { encodeSnapshotRequest } from '#src/core/wire/snapshot.js'
import { peekBody } from '#src/core/wire/update.js'
import type { Identity, RequestKind } from '#src/interface.js'
import { generateIdentity } from '#src/net/identity.js'
import { signedPulse } from '#src/sim/hostile/sign.js'
import { testManifest } from '../support/flock.js'
import { type HonestPeer, isConnected, type NetFlock, scoreAt, startNetFlock } from '../support/net-flock.js'
import { addNetHostile, type BodyFields, bodyOf, type NetHostile } from '../support/net-hostile.js'
import { createLoopbackNetwork, type LoopbackNetwork } from '../support/net-loopback.js'

const END = 40
/** Epoch in which everybody stays for a while, with a past and a future outside of its window. */
const HELD_UP_FROM = 12
const MAX_UPDATE_BYTES = 4096
/**
 * Epochs close by quorum, and claims count for twice the deadline. With a short one, a busy machine that stops this process for
 * longer leaves nobody but the hostile peer to be believed when it goes on, which no rule of section 5 promises to survive.
 */
const PATIENT_MS = 20_000
const manifest = testManifest({
  stop: { epochs: END },
  clock: { stalenessBound: 4, maxEpochMs: PATIENT_MS, minDeadlineMs: PATIENT_MS, graceMs: 100 },
  aggregation: { liveWindow: 4 },
  lots: { maxBits: 2 },
  limits: { maxUpdateBytes: MAX_UPDATE_BYTES }
})
const protocol = (kind: RequestKind | 'pulse') => `/starlings/1/${swarmId(manifest)}/${kind}`
const random = createRandom(1)
/** Of an update's envelope. */
const epochOf = (bytes: Uint8Array) =>
  peekBody(decodeEnvelope(bytes, { maxBytes: bytes.length, payloadType: UPDATE_PAYLOAD }).payload).epoch
const noise = (length: number) => Uint8Array.from({ length }, () => random.below(256))

describe('a hostile neighbour on real sockets', function () {
  this.timeout(240_000)
  let network: LoopbackNetwork
  let flock: NetFlock
  let honest: readonly HonestPeer[]
  /** What hostile peers said that is part of the model by right. */
  const rightful: Uint8Array[] = []
  /** What they said against themselves. */
  const contradictions: Uint8Array[] = []

  before(async () => {
    network = await createLoopbackNetwork()
    flock = await startNetFlock(network, manifest, 3, HELD_UP_FROM)
    honest = flock.honest
    await network.settle(() => flock.gate.waiting === honest.length && areEqual())
  })

  after(async () => {
    await flock.stop()
    await network.stop()
  })

  /** An epoch in everybody's window. */
  const recent = () => Math.min(...honest.map(({ peer }) => peer.status().epoch))
  const counts = (name: string) => honest.map(({ counter }) => counter.of(name))
  const scores = ({ key }: NetHostile) => honest.map(peer => scoreAt(peer, key))
  const digests = () => honest.map(({ peer }) => peer.stateDigest())
  const areEqual = () => new Set(digests()).size === 1
  const isNeighbour = ({ key }: NetHostile) => honest.every(peer => isConnected(peer, key))
  const isGone = ({ key }: NetHostile) => honest.every(peer => !isConnected(peer, key))

  /** Everybody counts `name` this many times more. */
  async function countsOf(name: string, times: number, act: () => Promise<void>): Promise<void> {
    const before = counts(name)
    await act()
    await network.settle(() => counts(name).every((count, i) => count >= before[i]! + times))
  }

  /** Everybody's score of the hostile peer falls. */
  async function costs(hostile: NetHostile, act: () => Promise<void>): Promise<void> {
    const before = scores(hostile)
    await act()
    await network.settle(() => scores(hostile).every((score, i) => score < before[i]!))
  }

  /** The hostile peer is disconnected, and refused when it comes back. */
  async function isBarred(hostile: NetHostile): Promise<void> {
    await network.settle(() => isGone(hostile))
    for (const { endpoint } of honest) {
      await hostile.endpoint.connect(endpoint).catch(() => {})
      await assert.rejects(endpoint.connect(hostile.endpoint))
    }
    await network.settle(() => isGone(hostile))
  }

  async function leave(hostile: NetHostile): Promise<void> {
    await hostile.endpoint.node.stop()
    await network.settle(() => isGone(hostile))
  }

  async function withHostile(use: (hostile: NetHostile) => Promise<void>, victims = honest): Promise<void> {
    const hostile = await addNetHostile(network, flock, victims)
    await use(hostile)
    await leave(hostile)
  }

  /** Signed pulses of anybody, each newer than the one before. */
  let claims = 0
  const pulse = (identity: Identity, rootEnd = 0) =>
    signedPulse(identity, manifest, { epoch: recent(), counter: ++claims, rootEnd })
  const toAll = ({ endpoint }: NetHostile, bytes: Uint8Array) =>
    Promise.allSettled(honest.map(({ key }) => endpoint.streams.pulse(key, bytes)))

  type Case = [what: string, reason: RejectReason, make: (hostile: NetHostile) => Promise<Uint8Array> | Uint8Array]
  const body = (fields: Partial<BodyFields> = {}) => bodyOf({ epoch: recent(), values: { 3: 2 ** 20 }, ...fields })
  const says = (fields: () => Partial<BodyFields>) => (hostile: NetHostile) => hostile.envelope(body(fields()))
  const edited = (edit: (body: Uint8Array) => Uint8Array) => (hostile: NetHostile) => hostile.envelope(edit(body()))
  const oneMore = (bytes: Uint8Array) => concatBytes(bytes, Uint8Array.of(0))

  const cases: Record<string, Case[]> = {
    'its envelope': [
      ['is noise', 'not-an-envelope', () => noise(300)],
      ['is empty', 'truncated', () => new Uint8Array(0)],
      ['ends early', 'truncated', async hostile => (await hostile.envelope(body())).subarray(0, 100)],
      ['ends late', 'trailing-bytes', async hostile => oneMore(await hostile.envelope(body()))],
      ['holds a claim', 'not-an-envelope', hostile => hostile.envelope(noise(8), { payloadType: CLAIM_PAYLOAD })],
      ['is too large', 'oversized', hostile => hostile.envelope(noise(MAX_UPDATE_BYTES))],
      ['has a key of small order', 'unsafe-key', hostile => hostile.envelope(body(), { author: new Uint8Array(32) })]
    ],
    'its signed body': [
      ['ends early', 'truncated', edited(bytes => bytes.subarray(0, bytes.length - 1))],
      ['ends late', 'trailing-bytes', edited(oneMore)],
      ['has another version', 'unknown-version', edited(([_, ...rest]) => Uint8Array.of(2, ...rest))],
      [
        'has a long varint',
        'not-canonical',
        edited(([v, b, e, ...rest]) => Uint8Array.of(v!, b!, e! + 128, 0, ...rest))
      ],
      [
        'has a weight of 0',
        'out-of-range',
        edited(([v, b, e, s, _, ...rest]) => Uint8Array.of(v!, b!, e!, s!, 0, ...rest))
      ],
      ['has an index beyond the model', 'out-of-range', says(() => ({ size: 1000, values: { 999: 1 } }))],
      ['is of an epoch after the end', 'after-the-end', says(() => ({ epoch: END }))]
    ],
    'what it says': [
      ['weighs too much', 'weight-out-of-range', says(() => ({ weight: manifest.limits.maxWeight + 1 }))],
      [
        'has too large a value',
        'value-out-of-range',
        says(() => ({ values: { 0: 2 ** manifest.limits.maxValueBits } }))
      ],
      ['has too large a norm', 'norm-too-large', says(() => ({ values: { ...new Array<number>(48).fill(2 ** 28) } }))],
      ['is of too rare a lot', 'not-drawn', says(() => ({ drawBits: 3 }))],
      ['is of a lot that was not drawn', 'not-drawn', hostile => says(() => notDrawn(hostile))(hostile)],
      ['was signed for another swarm', 'bad-signature', hostile => hostile.envelope(body(), { swarm: 'another' })],
      [
        "bears another's name",
        'bad-signature',
        hostile => hostile.envelope(body(), { author: fromHex(honest[0]!.key) })
      ]
    ]
  }

  /** A draw rate of one in four and an epoch of the window in which the hostile peer has no such luck. */
  function notDrawn({ key }: NetHostile): BodyFields {
    const swarm = digest(manifestBytes(manifest))
    const epochs = Array.from({ length: 2 * manifest.clock.stalenessBound }, (_, i) => recent() + 4 - i)
    return { drawBits: 2, epoch: epochs.find(epoch => !isDrawn(swarm, epoch, fromHex(key), 2))! }
  }

  for (const [part, ofPart] of Object.entries(cases))
    describe(`is refused, at a cost, an update when ${part}`, () => {
      let hostile: NetHostile
      let models: string[]

      before(async () => {
        hostile = await addNetHostile(network, flock)
        models = digests()
      })

      after(async () => {
        // Seven times is not enough to be barred.
        assert.ok(isNeighbour(hostile))
        assert.deepEqual(digests(), models)
        await leave(hostile)
      })

      for (const [what, reason, make] of ofPart)
        it(`${what}: ${reason}`, async () => {
          const name = `updates_reject_${reason}`
          const once = counts(name).map(count => count + 1)
          await countsOf(name, 1, () => costs(hostile, async () => hostile.publish(await make(hostile))))
          assert.deepEqual(counts(name), once)
        })
    })

  describe('whatever else it says', () => {
    it('loses nothing by updates that come early, late or again, however many', () =>
      withHostile(async hostile => {
        const before = digests()
        const many = Array.from({ length: 30 }, (_, i) => i)
        await countsOf('updates_ignore_stale', many.length, async () => {
          for (const i of many) await hostile.publish(await hostile.envelope(body({ epoch: i % 6, weight: 1 + i })))
        })
        await countsOf('updates_ignore_far-future', many.length, async () => {
          for (const i of many)
            await hostile.publish(await hostile.envelope(body({ epoch: END - 1 - (i % 6), weight: 1 + i })))
        })
        // The same bytes are stopped by gossipsub before anybody looks; the same body with another signature is not.
        const known = honest.flatMap(({ published }) => published).sort((a, b) => epochOf(b) - epochOf(a))[0]!
        await countsOf('updates_ignore_duplicate', many.length, async () => {
          for (const i of many) {
            const signature = (await hostile.envelope(noise(10 + i))).subarray(-64)
            await hostile.publish(concatBytes(known.subarray(0, -64), signature))
          }
        })
        assert.ok(isNeighbour(hostile))
        assert.ok(scores(hostile).every(score => score >= 0))
        assert.deepEqual(digests(), before)
      }))

    it('counts with its valid updates, and voids an epoch by contradicting itself in it', () =>
      withHostile(
        async hostile => {
          const [first, ...others] = honest
          const refused = counts('updates_reject_bad-signature')
          await hostile.publish(await hostile.envelope(body(), { swarm: 'another' }))
          const valid = await hostile.envelope(body({ values: { 1: 2 ** 22, 40: -(2 ** 22) } }))
          const before = digests()
          await countsOf('updates_accept_update', 1, () => hostile.publish(valid))
          rightful.push(valid)
          // The others have it from their honest neighbour, who passed on the valid update and not the one before it.
          assert.deepEqual(counts('updates_reject_bad-signature'), [refused[0]! + 1, ...refused.slice(1)])
          const bent = digests()
          assert.notDeepEqual(bent, before)

          const epoch = recent() - 1
          const contradiction = await Promise.all(
            [21, 22, 23].map(bits => hostile.envelope(body({ epoch, values: { 7: 2 ** bits } })))
          )
          await countsOf('updates_accept_update', 1, () => hostile.publish(contradiction[0]!))
          assert.notDeepEqual(digests(), bent)
          const penalties = counts('penalties')
          await countsOf('updates_accept_conflict', 1, () => hostile.publish(contradiction[1]!))
          assert.deepEqual(digests(), bent)
          contradictions.push(...contradiction)
          // Only who had it from the author itself knows whose fault it is.
          assert.deepEqual(counts('penalties'), [penalties[0]! + 1, ...penalties.slice(1)])
          for (const { key } of others)
            assert.ok(scoreAt(first!, key) >= 0 && honest.every(peer => scoreAt(peer, first!.key) >= 0))

          const again = first!.counter.of('updates_ignore_duplicate')
          await hostile.publish(contradiction[2]!)
          await network.settle(() => first!.counter.of('updates_ignore_duplicate') === again + 1)
          assert.deepEqual(digests(), bent)
          for (const digest of bent) assert.equal(digest, flock.expectedDigest(rightful))
        },
        honest.slice(0, 1)
      ))

    it('loses score by pulses that are none, or not its own, and is barred in the end', () =>
      withHostile(async hostile => {
        const { identity } = hostile.endpoint
        const { identity: stranger } = await generateIdentity()
        const forged = await pulse(identity)
        forged[forged.length - 32]! ^= 1
        for (const bytes of [
          noise(100),
          new Uint8Array(0),
          await pulse(stranger),
          oneMore(await pulse(identity)),
          forged
        ])
          await countsOf('pulses_rejected', 1, () => costs(hostile, async () => void (await toAll(hostile, bytes))))
        while (!isGone(hostile)) await aWhile(hostile, () => toAll(hostile, noise(20)))
        await isBarred(hostile)
      }))

    it('loses score by rubbish as an answer to what it is asked, and is barred in the end', () =>
      withHostile(async hostile => {
        const { identity } = hostile.endpoint
        const models = digests()
        // Digests of a past that nobody else had make everybody ask.
        const lies = async () => void (await toAll(hostile, await pulse(identity, 3)))
        const forged = await hostile.envelope(body({ epoch: 1 }), { swarm: 'another' })
        hostile.answer = async (_, request) =>
          request[0] === 0
            ? Uint8Array.from({ length: 9 * request.at(-1)! }, (_, i) => (i % 9 === 0 ? 1 : 5))
            : encodeMissingAnswer({ updates: [forged], more: false })
        await countsOf('updates_reject_bad-signature', 1, async () => {
          const before = scores(hostile)
          while (scores(hostile).some((score, i) => score >= before[i]!)) await aWhile(hostile, lies)
        })
        hostile.answer = async () => noise(100)
        while (!isGone(hostile)) await aWhile(hostile, lies)
        await isBarred(hostile)
        assert.deepEqual(digests(), models)
      }))

    it('learns nothing from requests that are none, and the others go on answering', () =>
      withHostile(async hostile => {
        const models = digests()
        const refused = counts('requests_rejected')
        const options = { maxBytes: 2 ** 16, timeoutMs: 10_000 }
        const { streams, node } = hostile.endpoint
        for (const { key, endpoint } of honest) {
          for (const kind of ['repair', 'snapshot'] as const) {
            for (const bytes of [noise(40), new Uint8Array(0), new Uint8Array(2 ** 16).fill(1)])
              await assert.rejects(streams.request(key, kind, bytes, options))
            const [connection] = node.libp2p.getConnections(endpoint.node.libp2p.peerId)
            const stream = await connection!.newStream(protocol(kind))
            stream.addEventListener('message', () => {})
            stream.send(new Uint8Array(8).fill(0xff)) // a length without an end
            await network.settle(() => stream.status === 'reset')
          }
          await assert.rejects(
            streams.request(key, 'snapshot', encodeSnapshotRequest({ epoch: 7, offset: 0 }), options)
          )
          // As much as can be asked for at once costs no more than what is there.
          const most = encodeRepairRequest({ kind: 'digests', from: 0, step: 2 ** 30, count: 16 })
          assert.equal((await streams.request(key, 'repair', most, options)).length, 16 * 9)
        }
        assert.deepEqual(
          counts('requests_rejected'),
          refused.map(count => count + 6)
        )
        assert.deepEqual(digests(), models)
      }))
  })

  describe('in the end', () => {
    it('is barred for a flood, while the others train to equal models, of valid updates and nothing else', async () => {
      const hostile = await addNetHostile(network, flock)
      const { gossip, streams } = hostile.endpoint
      flock.gate.open()
      while (!isGone(hostile))
        await aWhile(hostile, () =>
          Promise.allSettled([
            ...Array.from({ length: 300 }, () => gossip.publish(noise(1000))),
            ...honest.map(({ key }) => streams.pulse(key, noise(10_000))),
            ...honest.map(({ key }) => streams.request(key, 'repair', noise(60_000), { maxBytes: 1, timeoutMs: 1000 }))
          ])
        )
      await isBarred(hostile)
      await hostile.endpoint.node.stop()
      await network.settle(() => honest.every(({ peer }) => peer.status().trained) && areEqual())
      for (const digest of digests()) {
        assert.equal(digest, flock.expectedDigest(rightful))
        assert.equal(digest, flock.expectedDigest([...rightful, ...contradictions]))
      }
    })
  })

  /** Does it, and lets the others work on it for a moment. */
  async function aWhile(hostile: NetHostile, act: () => Promise<unknown>): Promise<void> {
    await act()
    let looks = 0
    await network.settle(() => isGone(hostile) || ++looks > 10)
  }
})
