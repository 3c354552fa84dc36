/** What a peer keeps, and that it goes on from there. PROTOCOL.md, "What a peer keeps", R5 and C7. */
import assert from 'node:assert/strict'
import { toHex } from '#src/core/bytes.js'
import { digest } from '#src/core/digest.js'
import { decodeEnvelope, UPDATE_PAYLOAD } from '#src/core/wire/envelope.js'
import { peekBody } from '#src/core/wire/update.js'
import type { PeerStatus } from '#src/peer/events.js'
import { memoryStore } from '#src/peer/memory-store.js'
import { Peer } from '#src/peer/peer.js'
import { createInvariants } from '#src/sim/invariants/create.js'
import { runScenario } from '#src/sim/scenario.js'
import { createSyntheticTrainer } from '#src/sim/trainer.js'
import { createTopology } from '#src/topology/index.js'
import { assertEqualEnd, complete, drain, testFlock, testIdentities, testManifest } from '../support/flock.js'
import { type Life, nextLife, type TestStore, testStore } from '../support/lives.js'
import { publicationsIn } from '../support/publications.js'

const SIZE = 48
const manifest = testManifest({
  stop: { epochs: 110 },
  gossip: { budgetBytes: 4 * 160 },
  clock: { minEpochMs: 300, aloneGraceMs: 1000, maxEpochMs: 2000 },
  limits: { retentionEpochs: 32, retentionBytes: 1_000_000 }
})

function epochOf(envelope: Uint8Array): number {
  return peekBody(decodeEnvelope(envelope, { maxBytes: envelope.length, payloadType: UPDATE_PAYLOAD }).payload).epoch
}

/** Without what is of one run only. */
function kept({ neighbours: _, aloneMs: __, lastUpdate: ___, lastOwnUpdate: ____, ...status }: PeerStatus) {
  return status
}

/** No epoch has two bodies, in whatever life. */
function assertSignedOnce(lives: readonly Life[]): void {
  const bodies = new Map<number, string>()
  for (const envelope of lives.flatMap(({ sent }) => sent)) {
    const [epoch, body] = [epochOf(envelope), toHex(digest(envelope))]
    assert.equal(bodies.get(epoch) ?? body, body, `epoch ${epoch}`)
    bodies.set(epoch, body)
  }
}

/** Three peers that run through, and a fourth with a store. */
async function flockAnd(seed: number, others = 3, swarm = manifest) {
  const identities = await testIdentities(others + 1, seed)
  const identity = identities[others]!
  const flock = await testFlock(others, {
    manifest: swarm,
    seed,
    identities: identities.slice(0, others),
    edges: complete(others)
  })
  for (const peer of flock.peers) await peer.start()
  const neighbours = identities.slice(0, others).map(({ key }) => key)
  return {
    flock,
    live: (store: TestStore) => nextLife(flock, store, { manifest: swarm, identity, neighbours }),
    identity
  }
}

describe('a peer with a store', () => {
  it('stores its update and its residual in one durable write, before anybody hears of it (R5)', async () => {
    const { flock, live } = await flockAnd(71)
    const store = testStore()
    const life = await live(store)
    let stored = 0
    await life.peer.start()
    const told = () => {
      const publications = store.writes.flatMap(({ changes }) => publicationsIn(changes, SIZE))
      for (; stored < life.sent.length; stored++)
        assert.deepEqual(publications[stored]?.envelope, life.sent[stored], 'stored first')
      return life.sent.length >= 10
    }
    assert.ok(await flock.until(told, 60_000))
    for (const { changes, durable } of store.writes)
      if (publicationsIn(changes, SIZE).length > 0) assert.ok(durable, 'a publication outlives a power cut')
    assert.ok(
      store.writes.length < 40,
      `${store.writes.length} writes: what others send is stored with the next of the own`
    )
    assert.deepEqual([life.warnings, store.marks], [[], []])
    await flock.finish(life.peer.stop())
    await flock.stop()
  })

  it('stands where it stood, bit by bit, after it was stopped', async () => {
    const { flock, live } = await flockAnd(72)
    const store = testStore()
    let life = await live(store)
    await life.peer.start()
    // Beyond the first fold: the base is kept, too.
    assert.ok(await flock.until(() => life.peer.status().keptFrom > 0 && life.sent.length > 40, 60_000))
    await flock.finish(life.peer.stop())
    const before = kept(life.peer.status())
    const [digest, params] = [life.peer.stateDigest(), life.peer.params()]
    const lives = [life]
    life = await live(store)
    assert.deepEqual(kept(life.peer.status()), before)
    assert.equal(life.peer.stateDigest(), digest)
    assert.deepEqual(life.peer.params(), params)
    await life.peer.start()
    await assertEqualEnd(flock, [...flock.peers, life.peer], 100_000)
    assertSignedOnce([...lives, life])
    assert.ok(life.sent.length > 3, 'it takes part again')
    assert.deepEqual(life.warnings, [])
    await flock.finish(life.peer.stop())
    await flock.stop()
  })

  it('loses one epoch of own work at most when it is killed, at whatever moment (I2, I3)', async () => {
    const { flock, live } = await flockAnd(73)
    const store = testStore()
    const lives: Life[] = []
    for (let kills = 0; kills < 25; kills++) {
      const life = await live(store)
      lives.push(life)
      await life.peer.start()
      await flock.until(() => false, 40 + ((kills * 197) % 1700))
      const { epoch, updates } = life.peer.status()
      life.kill()
      const next = await live(store)
      const kept = next.peer.status()
      next.kill()
      assert.ok(kept.epoch >= epoch - 1 - Math.ceil(1000 / 300), `back from ${epoch} to ${kept.epoch}`)
      assert.ok(kept.updates <= updates)
      // Everything it ever sent is kept, or was folded.
      const keys = (await store.keys()).join()
      for (const envelope of lives.flatMap(({ sent }) => sent)) {
        const at = epochOf(envelope)
        assert.ok(keys.includes(`/${at.toString(16).padStart(13, '0')}`), `own update of epoch ${at}`)
      }
    }
    const last = await live(store)
    await last.peer.start()
    await assertEqualEnd(flock, [...flock.peers, last.peer], 200_000)
    assertSignedOnce([...lives, last])
    assert.equal(last.peer.status().lostResidual, 0)
    await flock.finish(last.peer.stop())
    await flock.stop()
  })

  it('listens before it publishes; where nobody answers, no longer than a newcomer waits (C7)', async () => {
    const [identity] = await testIdentities(1, 74)
    const flock = await testFlock(0, { manifest, seed: 74, identities: [], edges: [] })
    const store = testStore()
    const init = { manifest, identity: identity!, neighbours: [] }
    const first = await nextLife(flock, store, init)
    await first.peer.start()
    assert.ok(await flock.until(() => first.sent.length === 3, 60_000))
    first.kill()
    const at = flock.clock.now()
    const second = await nextLife(flock, store, init)
    await second.peer.start()
    assert.ok(await flock.until(() => second.sent.length > 0, 60_000))
    const { aloneGraceMs, maxEpochMs } = manifest.clock
    const waited = flock.clock.now() - at
    assert.ok(waited >= aloneGraceMs && waited <= aloneGraceMs + maxEpochMs + 500, `${waited} ms`)
    assertSignedOnce([first, second])
    await flock.finish(second.peer.stop())
  })

  it('says that it listens, so that nobody waits for it', async () => {
    const patient = testManifest({
      stop: { epochs: 100 },
      clock: { minEpochMs: 300, aloneGraceMs: 1000, minDeadlineMs: 2000, maxEpochMs: 10_000 }
    })
    const { flock, live } = await flockAnd(80, 1, patient)
    const survivor = flock.peers[0]!
    const store = testStore()
    const first = await live(store)
    await first.peer.start()
    assert.ok(await flock.until(() => survivor.status().epoch >= 30, 60_000))
    first.kill()
    // Away for epochs that the other closed without it.
    assert.ok(await flock.until(() => survivor.status().epoch >= 32, 60_000))
    const second = await live(store)
    const back = survivor.status().epoch
    const closed: string[] = []
    survivor.on('epoch', ({ epoch, closedBy }) => epoch > back && closed.push(closedBy))
    await second.peer.start()
    assert.ok(await flock.until(() => second.sent.length >= 5, 60_000))
    assert.deepEqual(new Set(closed), new Set(['quorum']), 'an epoch later nobody waits for a deadline')
    await flock.finish(second.peer.stop())
    await flock.stop()
  })

  it('keeps nothing for another swarm, and overwrites nothing that it has not read', async () => {
    const { flock, live, identity } = await flockAnd(75)
    const store = testStore()
    const life = await live(store)
    await life.peer.start()
    assert.ok(await flock.until(() => life.sent.length > 3, 60_000))
    await flock.finish(life.peer.stop())
    const other = testManifest({ seed: 2 })
    await assert.rejects(nextLife(flock, store, { manifest: other, identity, neighbours: [] }), {
      name: 'KeptError',
      message: /belongs to the swarm baf\w+, not to baf\w+/
    })
    const before = store.writes.length
    const { gossip, streams } = flock.network.endpoint(identity.key)
    const { clock } = flock
    const trainer = createSyntheticTrainer({ tensors: manifest.params.tensors, seed: 75, peer: 3, clock })
    const careless = new Peer({ identity, gossip, streams, clock, store, trainer }, { manifest, pulseMs: 500 })
    const warnings: string[] = []
    careless.on('warning', ({ message }) => warnings.push(message))
    await careless.start()
    await flock.until(() => false, 5000)
    await flock.finish(careless.stop())
    assert.equal(store.writes.length, before)
    assert.match(warnings[0]!, /not empty, and was not opened with `Peer.open`/)
    await flock.stop()
  })

  it('has nothing to read in a new store', async () => {
    const { flock, identity } = await flockAnd(76)
    const life = await nextLife(flock, memoryStore(), { manifest, identity, neighbours: [] })
    assert.deepEqual([life.peer.status().epoch, life.peer.status().storing], [0, 'saved'])
    await flock.stop()
  })
})

describe('a whole flock that loses power at once', () => {
  for (const [seed, disk] of [
    [77, 'kept'],
    [78, 'kept'],
    [79, 'torn']
  ] as const)
    it(`goes on where it stood, and breaks no promise (disks ${disk}, seed ${seed})`, async () => {
      const invariants = createInvariants()
      const outcome = await runScenario({
        topology: createTopology('complete', { peers: 6 }),
        manifest: testManifest({ stop: { epochs: 30 }, clock: { minEpochMs: 300, maxEpochMs: 2000 } }),
        identities: await testIdentities(6, seed),
        seed,
        faults: {
          faults: 1,
          name: 'blackouts',
          events: [
            { do: 'crash', peers: 'all', at: { epoch: 3 }, for: { seconds: 1 }, disk },
            { do: 'crash', peers: 'all', at: { epoch: 15 }, for: { seconds: 1 }, disk }
          ]
        },
        drain,
        pulseMs: 500,
        trainer: ({ peer, clock }) => createSyntheticTrainer({ tensors: manifest.params.tensors, seed, peer, clock }),
        observers: [invariants]
      })
      assert.deepEqual(invariants.broken, [])
      assert.equal(outcome.end, 'settled')
      assert.equal(outcome.peers.length, 6)
      // Each blackout costs the epochs in which all of them listen.
      assert.ok(outcome.peers[0]!.status.updates > 6 * 20, `${outcome.peers[0]!.status.updates} updates`)
    })
})
