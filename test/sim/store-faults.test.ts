/** Stores that fail while a peer runs, and what comes back damaged. PROTOCOL.md, "What a peer keeps" and R5. */
import assert from 'node:assert/strict'
import { toHex } from '#src/core/bytes.js'
import { digest } from '#src/core/digest.js'
import { decodeEnvelope, UPDATE_PAYLOAD } from '#src/core/wire/envelope.js'
import { updateKey } from '#src/core/wire/record.js'
import { peekBody } from '#src/core/wire/update.js'
import { assertEqualEnd, complete, testFlock, testIdentities, testManifest } from '../support/flock.js'
import { type Life, nextLife, type TestStore, testStore } from '../support/lives.js'

const manifest = testManifest({
  stop: { epochs: 110 },
  gossip: { budgetBytes: 4 * 160 },
  clock: { minEpochMs: 300, aloneGraceMs: 1000, maxEpochMs: 2000 },
  limits: { retentionEpochs: 32, retentionBytes: 1_000_000 }
})

function epochOf(envelope: Uint8Array): number {
  return peekBody(decodeEnvelope(envelope, { maxBytes: envelope.length, payloadType: UPDATE_PAYLOAD }).payload).epoch
}

function keyOf(envelope: Uint8Array, author: string): string {
  const { payload } = decodeEnvelope(envelope, { maxBytes: envelope.length, payloadType: UPDATE_PAYLOAD })
  return updateKey(peekBody(payload).epoch, author, toHex(digest(payload)))
}

async function flockAnd(seed: number) {
  const identities = await testIdentities(4, seed)
  const flock = await testFlock(3, { manifest, seed, identities: identities.slice(0, 3), edges: complete(3) })
  for (const peer of flock.peers) await peer.start()
  const neighbours = identities.slice(0, 3).map(({ key }) => key)
  const identity = identities[3]!
  const live = (store: TestStore) => nextLife(flock, store, { manifest, identity, neighbours })
  const sends = (life: Life, more: number) => {
    const before = life.sent.length
    return flock.until(() => life.sent.length >= before + more, 60_000)
  }
  return { flock, live, sends, identity }
}

describe('a store that is full for a while', () => {
  it('stops nobody: each epoch is marked as signed, and when there is space again all is stored', async () => {
    const { flock, live, sends } = await flockAnd(81)
    const store = testStore()
    const life = await live(store)
    await life.peer.start()
    assert.ok(await sends(life, 3))
    store.fault = 'full'
    assert.ok(await flock.until(() => life.peer.status().keptFrom > 0, 60_000), 'longer than the retention')
    assert.equal(life.peer.status().storing, 'unsaved')
    assert.deepEqual(store.marks, life.sent.slice(-store.marks.length).map(epochOf))
    assert.match(life.warnings.join('\n'), /^what this peer learns can no longer be stored \(no space left\).*$/)
    store.fault = null
    assert.ok(await sends(life, 2))
    assert.equal(life.peer.status().storing, 'saved')
    assert.match(life.warnings[1]!, /works again/)
    assert.equal(life.warnings.length, 2)

    await flock.finish(life.peer.stop())
    const digest = life.peer.stateDigest()
    const next = await live(store)
    assert.equal(next.peer.stateDigest(), digest, 'nothing of it is missing')
    const keys = (await store.keys()).join()
    for (const envelope of life.sent) assert.ok(keys.includes(epochOf(envelope).toString(16).padStart(13, '0')))
    assert.equal(next.peer.status().lostResidual, 0)
    next.kill()
    await flock.stop()
  })

  it('when the peer is killed meanwhile, costs the residual, which is counted, and no epoch twice', async () => {
    const { flock, live, sends } = await flockAnd(82)
    const store = testStore()
    const life = await live(store)
    await life.peer.start()
    assert.ok(await sends(life, 3))
    store.fault = 'full'
    assert.ok(await sends(life, 3))
    life.kill()
    store.fault = null
    const next = await live(store)
    assert.ok(next.peer.status().lostResidual > 0)
    await next.peer.start()
    assert.match(next.warnings.join('\n'), /^updates were sent that are not kept.*it is lost$/)
    await assertEqualEnd(flock, [...flock.peers, next.peer], 100_000)
    const epochs = [...life.sent, ...next.sent].map(epochOf)
    assert.equal(new Set(epochs).size, epochs.length)
    assert.ok(next.sent.length > 10)
    await flock.finish(next.peer.stop())
    await flock.stop()
  })
})

describe('a store that is read-only for a while', () => {
  it('keeps the peer silent, but following, and lets it publish again afterwards', async () => {
    const { flock, live, sends } = await flockAnd(83)
    const store = testStore()
    const life = await live(store)
    await life.peer.start()
    assert.ok(await sends(life, 3))
    store.fault = 'read-only'
    const [sent, { epoch, discardedSteps }] = [life.sent.length, life.peer.status()]
    assert.ok(await flock.until(() => life.peer.status().epoch >= epoch + 6, 60_000))
    assert.ok(life.sent.length <= sent + 1)
    assert.ok(life.peer.status().discardedSteps >= discardedSteps + 4 * 5, 'what piles up overshoots')
    assert.equal(life.warnings.length, 2, 'said once: not stored, and not sent')
    assert.match(life.warnings[1]!, /publishes nothing until it can/)
    store.fault = null
    assert.ok(await sends(life, 3))
    const before = life.sent.map(epochOf)
    life.kill()
    const next = await live(store)
    assert.equal(next.peer.status().lostResidual, 0)
    await next.peer.start()
    await assertEqualEnd(flock, [...flock.peers, next.peer], 100_000)
    const epochs = [...before, ...next.sent.map(epochOf)]
    assert.equal(new Set(epochs).size, epochs.length)
    await flock.finish(next.peer.stop())
    await flock.stop()
  })
})

describe('a write that failed and was stored all the same', () => {
  it('is undone by the next one, for its update was never sent and its mass is sent in another', async () => {
    const { flock, live, sends, identity } = await flockAnd(85)
    const store = testStore()
    const life = await live(store)
    await life.peer.start()
    assert.ok(await sends(life, 3))
    store.fault = 'read-only'
    store.ghosts = true
    const { epoch } = life.peer.status()
    assert.ok(await flock.until(() => life.peer.status().epoch >= epoch + 3, 60_000))
    store.fault = null
    assert.ok(await sends(life, 2))
    life.kill()
    const kept = (await store.keys()).filter(key => key.startsWith('update/') && key.includes(identity.key))
    assert.deepEqual(kept, life.sent.map(envelope => keyOf(envelope, identity.key)).sort())
    await flock.stop()
  })
})

describe('a record that comes back damaged', () => {
  const cases: readonly (readonly [what: string, key: (keys: string[], self: string) => string, warning: RegExp])[] = [
    ['the own one', () => 'own', /own work is damaged/],
    ['the clock', () => 'clock', /^$/],
    ['the base', () => 'base', /model that was kept is damaged/],
    ['the swarm', () => 'swarm', /^$/],
    [
      "another's update",
      (keys, self) => keys.find(key => key.startsWith('update/') && !key.includes(self))!,
      /^1 kept updates are damaged/
    ],
    [
      'an own update',
      (keys, self) => keys.findLast(key => key.startsWith('update/') && key.includes(self))!,
      /^1 kept updates are damaged/
    ]
  ]
  for (const [what, pick, warning] of cases)
    it(`is told of, dropped and made good by neighbours: ${what}`, async () => {
      const { flock, live, sends, identity } = await flockAnd(84)
      const store = testStore()
      const life = await live(store)
      await life.peer.start()
      // Beyond the first fold.
      assert.ok(await flock.until(() => life.peer.status().keptFrom > 0, 60_000))
      assert.ok(await sends(life, 3))
      life.kill()
      await store.damage(pick(await store.keys(), identity.key))
      const next = await live(store)
      await next.peer.start()
      assert.match(next.warnings.join('\n'), warning)
      await assertEqualEnd(flock, [...flock.peers, next.peer], 100_000)
      const bodies = new Map<number, string>()
      for (const envelope of [...life.sent, ...next.sent]) {
        const known = bodies.get(epochOf(envelope)) ?? toHex(envelope)
        assert.equal(toHex(envelope), known)
        bodies.set(epochOf(envelope), known)
      }
      await flock.finish(next.peer.stop())
      // The next start finds nothing wrong.
      const last = await live(store)
      assert.equal(last.peer.stateDigest(), next.peer.stateDigest())
      await last.peer.start()
      assert.deepEqual(last.warnings, [])
      last.kill()
      await flock.stop()
    })
})
