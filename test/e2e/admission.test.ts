/** Peers as programs make them, in swarms with a key, a list, or a given start. PROTOCOL.md, section 14. */
import assert from 'node:assert/strict'
import { toHex } from '#src/core/bytes.js'
import { keyCheck } from '#src/core/protocol/admission.js'
import { paramsDigest } from '#src/core/protocol/init.js'
import { checkedInitialParams, type Manifest, swarmId } from '#src/core/protocol/manifest.js'
import { encodeStart } from '#src/core/wire/start.js'
import { parsePeerAddress } from '#src/net/address.js'
import { fetchManifest } from '#src/net/bring.js'
import { systemClock } from '#src/net/clock.js'
import { fetchStart } from '#src/net/fetch-start.js'
import { generateIdentity } from '#src/net/identity.js'
import type { Refused } from '#src/net/refused.js'
import { createNodeNetwork } from '#src/node/libp2p/network.js'
import { createLocalPeer, type LocalPeer, type LocalPeerInit } from '#src/node/local-peer.js'
import { memoryStore } from '#src/peer/memory-store.js'
import { createSyntheticTrainer } from '#src/sim/trainer.js'
import { testManifest } from '../support/flock.js'

const KEY = new Uint8Array(32).fill(3)
const QUICK = { stop: { epochs: 6 }, clock: { maxEpochMs: 1000, graceMs: 50, aloneGraceMs: 30_000 } } as const
const keyed = testManifest({ ...QUICK, admission: { rule: 'key', check: keyCheck(KEY) } })

describe('taking part', function () {
  this.timeout(60_000)
  const peers: LocalPeer[] = []

  afterEach(async () => {
    await Promise.all(peers.splice(0).map(peer => peer.stop()))
  })

  async function create(manifest: Manifest, init: Partial<LocalPeerInit> = {}): Promise<LocalPeer> {
    const { tensors } = manifest.params
    const trainer = createSyntheticTrainer({ tensors, seed: 1, peer: peers.length, clock: systemClock, stepMs: 1 })
    const peer = await createLocalPeer({
      manifest,
      listen: ['/ip4/127.0.0.1/tcp/0'],
      trainer,
      pulseMs: 100,
      evaluationShare: 0,
      ...init
    })
    peers.push(peer)
    return peer
  }

  /** Starts them, connects them in a line, and waits for one set. */
  async function together(...all: LocalPeer[]): Promise<void> {
    const settled = all.map(({ peer }) => new Promise<void>(resolve => peer.on('settled', () => resolve())))
    await Promise.all(all.map(({ peer }) => peer.start()))
    for (const [i, each] of all.slice(1).entries()) each.dial(all[i]!.addresses())
    await Promise.all(settled)
    assert.equal(new Set(all.map(({ peer }) => peer.stateDigest())).size, 1)
    for (const { peer } of all) assert.ok(peer.status().updates >= 6, `${peer.status().updates} updates`)
  }

  async function home(): Promise<NonNullable<LocalPeerInit['home']>> {
    const { privateKey } = await generateIdentity()
    return { privateKey, store: memoryStore(), readPeers: async () => undefined, writePeers: async () => {} }
  }

  it('needs the key of a private swarm, and those who have it train together', async () => {
    await assert.rejects(create(keyed), {
      name: 'AdmissionError',
      reason: 'no-key',
      message: /join with the whole invite/
    })
    await assert.rejects(create(keyed, { key: new Uint8Array(32) }), { name: 'AdmissionError', reason: 'wrong-key' })
    await together(await create(keyed, { key: KEY }), await create(keyed, { key: KEY }))
  })

  it('needs a place on the list, and those who have one train together, and with nobody else', async () => {
    const homes = [await home(), await home(), await home()]
    const [a, b] = homes.map(({ privateKey }) => toHex(privateKey.publicKey.raw)).sort() as [string, string]
    const manifest = testManifest({ ...QUICK, admission: { rule: 'list', members: [a, b] } })
    const [outsider] = homes.filter(({ privateKey }) => ![a, b].includes(toHex(privateKey.publicKey.raw)))
    await assert.rejects(create(manifest, { home: outsider }), {
      name: 'AdmissionError',
      reason: 'not-a-member',
      message: /12D3KooW\w+ is not on it/
    })
    const members = homes.filter(each => each !== outsider)
    await together(...(await Promise.all(members.map(each => create(manifest, { home: each })))))
  })

  it('is told on both sides when another manifest was meant', async () => {
    const [a, b] = [await create(testManifest(QUICK)), await create(testManifest({ ...QUICK, name: 'other' }))]
    const told = [a, b].map(peer => new Promise<Refused>(resolve => peer.onRefused(resolve)))
    b.dial(a.addresses())
    const refused = await Promise.all(told)
    assert.deepEqual(
      refused.map(({ reason }) => reason),
      ['wrong-swarm', 'wrong-swarm']
    )
    assert.deepEqual(
      refused.map(({ peer }) => peer),
      [b.key, a.key]
    )
    assert.ok(refused.every(({ software }) => /^starlings\/\d/.test(software ?? '')))
  })

  it('goes on from a model that is given, which a newcomer gets from those who have it', async () => {
    const x0 = Float64Array.from({ length: 48 }, (_, i) => i * 1000 - 7)
    const start = encodeStart(x0)
    const given = () => testManifest({ ...QUICK, params: { start: 'given', digest: toHex(paramsDigest(x0)) }, seed: 1 })
    await assert.rejects(create(given()), { name: 'ManifestError', field: 'params.start' })
    await assert.rejects(create(given(), { start: encodeStart(x0.map(value => value + 1)) }), {
      name: 'ManifestError',
      field: 'params.digest'
    })
    const first = await create(given(), { start })
    assert.equal(first.peer.params()[1], Math.fround(993 / 2 ** 24))

    const { privateKey } = await generateIdentity()
    const id = swarmId(given())
    const network = await createNodeNetwork({ privateKey, swarmId: id, clock: systemClock, listen: [] })
    try {
      const welcome = new Promise<void>(resolve => network.hello.onWelcome(() => resolve()))
      await network.libp2p.dial(first.addresses().map(parsePeerAddress))
      await welcome
      const signal = AbortSignal.timeout(50_000)
      const { manifest } = await fetchManifest({ ...network, swarmId: id, signal })
      const brought = await fetchStart({ ...network, manifest, signal })
      assert.deepEqual(brought, start)
      assert.deepEqual(checkedInitialParams(manifest), x0)
      const second = await create(manifest, { start: brought })
      await together(first, second)
    } finally {
      await network.stop()
    }
  })

  it('that cannot be leaves nobody alone with a trainer that fails afterwards', async () => {
    let fail = (_: Error) => {}
    const trainer = new Promise<never>((_, reject) => {
      fail = reject
    })
    await assert.rejects(create(keyed, { trainer }), { name: 'AdmissionError' })
    const unheard: unknown[] = []
    const onUnheard = (reason: unknown) => void unheard.push(reason)
    process.on('unhandledRejection', onUnheard)
    try {
      fail(new Error('a failure that nobody is told of ends the program'))
      await new Promise(resolve => setImmediate(resolve))
    } finally {
      process.off('unhandledRejection', onUnheard)
    }
    assert.deepEqual(unheard, [])
  })
})
