import assert from 'node:assert/strict'
import { createRandom } from '#src/core/random.js'
import { HOSTILE_KINDS, type HostileKind } from '#src/faults/faults.js'
import { createHostile } from '#src/sim/hostile/create.js'
import { assertEqualEnd, ringOfTwo, testFlock, testIdentities, testManifest } from '../support/flock.js'

const HONEST = 6
const manifest = testManifest({ stop: { epochs: 40 }, limits: { retentionEpochs: 48 } })

/** A ring of honest peers with hostile ones at three places each, until all are trained; then without them. */
async function besiege(kind: HostileKind, seed: number) {
  const identities = await testIdentities(HONEST + 1, seed)
  const flock = await testFlock(HONEST, {
    manifest,
    seed,
    identities: identities.slice(0, HONEST),
    edges: ringOfTwo(HONEST)
  })
  const identity = identities[HONEST]!
  const endpoint = flock.network.endpoint(identity.key)
  const hostile = createHostile(
    kind,
    { identity, endpoint, clock: flock.clock },
    { manifest, random: createRandom(seed) }
  )
  await hostile.start()
  for (const i of [0, 2, 3]) flock.network.connect(identity.key, identities[i]!.key)
  const penalties = new Map<string, number>()
  for (const peer of flock.peers) await peer.start()
  const trained = () => flock.peers.every(peer => peer.status().trained)
  assert.ok(await flock.until(trained, 120_000), `${kind}: ${flock.peers.map(peer => peer.status().epoch)}`)
  const tookMs = flock.clock.now()
  for (const { key } of identities.slice(0, HONEST))
    for (const [peer, lost] of flock.network.endpoint(key).penalties)
      penalties.set(peer, (penalties.get(peer) ?? 0) + lost)
  await hostile.stop()
  await assertEqualEnd(flock, flock.peers, 60_000)
  const updates = flock.peers[0]!.status().updates
  await flock.stop()
  return { penalties, key: identity.key, tookMs, updates }
}

describe('a hostile peer of the simulator', () => {
  for (const kind of HOSTILE_KINDS)
    it(`neither stops nor splits a flock: ${kind} (I5, I8)`, async () => {
      const { penalties, key, updates } = await besiege(kind, 5)
      const honest = [...penalties.keys()].filter(peer => peer !== key)
      assert.deepEqual(honest, [], 'an honest peer lost score')
      assert.ok(updates >= 38 * HONEST, `${updates} updates`)
      const caught = ['equivocator', 'flooder', 'replayer', 'repair-rubbish'] as readonly HostileKind[]
      assert.equal(penalties.has(key), caught.includes(kind), `lost ${penalties.get(key) ?? 0}`)
    })
})
