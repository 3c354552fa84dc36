import assert from 'node:assert/strict'
import { assertEqualEnd, complete, ringOfTwo, testFlock, testIdentities, testManifest } from '../support/flock.js'

const PEERS = 8
const half = (i: number) => i < PEERS / 2

describe('a flock cut in two', () => {
  for (const seed of [31, 32])
    it(`merges both halves' updates after 20 epochs apart, its deadline unchanged (I6; seed ${seed})`, async () => {
      const manifest = testManifest({ stop: { epochs: 60 } })
      const identities = await testIdentities(PEERS, seed)
      const flock = await testFlock(PEERS, { manifest, seed, identities, edges: complete(PEERS) })
      const durations = { before: [] as number[], after: [] as number[] }
      const deadlines: number[] = []
      let healed = false
      let cut = false
      flock.peers.forEach(peer => {
        peer.on('epoch', ({ closedBy, durationMs, epoch }) => {
          if (epoch === 0 || epoch > 50) return
          if (closedBy === 'deadline') deadlines.push(durationMs)
          if (closedBy === 'quorum') (healed ? durations.after : cut ? [] : durations.before).push(durationMs)
        })
      })
      const across = complete(PEERS).filter(([a, b]) => half(a) !== half(b))
      for (const peer of flock.peers) await peer.start()
      const epochs = () => flock.peers.map(peer => peer.status().epoch)
      assert.ok(await flock.until(() => Math.min(...epochs()) >= 10, 60_000))
      for (const [a, b] of across) flock.network.disconnect(identities[a]!.key, identities[b]!.key)
      cut = true
      const from = Math.max(...epochs())
      assert.ok(await flock.until(() => Math.min(...epochs()) >= from + 20, 300_000), `stuck at ${epochs()}`)
      const [left, right] = [flock.peers[0]!.status(), flock.peers[PEERS - 1]!.status()]
      assert.notEqual(left.setDigest, right.setDigest)
      for (const [a, b] of across) flock.network.connect(identities[a]!.key, identities[b]!.key)
      healed = true
      await assertEqualEnd(flock, flock.peers, 300_000)
      // Nothing of either half was lost.
      const { updates } = flock.peers[0]!.status()
      assert.ok(updates >= PEERS * 55, `${updates}`)
      // Neither the cut nor the heal made epochs longer: those that waited for the deadline waited for the usual one.
      const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!
      const usual = Math.max(2 * median(durations.before), manifest.clock.minDeadlineMs)
      assert.ok(deadlines.length > 0)
      assert.ok(Math.max(...deadlines) <= 2 * usual, `${Math.max(...deadlines)} ms, usually ${usual}`)
      assert.ok(median(durations.after) <= 1.5 * median(durations.before))
      await flock.stop()
    })

  it('of which one peer is alone goes on without it, and it comes back', async () => {
    const seed = 33
    const manifest = testManifest({ stop: { epochs: 40 } })
    const identities = await testIdentities(PEERS, seed)
    const edges = ringOfTwo(PEERS)
    const flock = await testFlock(PEERS, { manifest, seed, identities, edges })
    for (const peer of flock.peers) await peer.start()
    assert.ok(await flock.until(() => flock.peers[3]!.status().epoch >= 5, 60_000))
    const mine = edges.filter(([a, b]) => a === 3 || b === 3)
    for (const [a, b] of mine) flock.network.disconnect(identities[a]!.key, identities[b]!.key)
    assert.ok(await flock.until(() => flock.peers[0]!.status().epoch >= 25, 300_000))
    assert.ok(flock.peers[3]!.status().epoch < 15, 'the isolated one is the one behind')
    for (const [a, b] of mine) flock.network.connect(identities[a]!.key, identities[b]!.key)
    await assertEqualEnd(flock, flock.peers, 300_000)
    await flock.stop()
  })
})
