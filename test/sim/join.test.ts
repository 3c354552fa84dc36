import assert from 'node:assert/strict'
import { GOOD_LINK } from '#src/sim/network.js'
import { assertEqualEnd, complete, ringOfTwo, testFlock, testIdentities, testManifest } from '../support/flock.js'

/** An epoch takes half a second, as long as a pulse. */
const slow = testManifest({ stop: { epochs: 60 }, training: { localSteps: 50 } })
/** Retention as short as the rules allow: a base appears soon. */
const forgetful = testManifest({ stop: { epochs: 110 }, training: { localSteps: 50 }, limits: { retentionEpochs: 16 } })

/** Everybody but the last starts; the last when the first has reached `epoch`. */
async function lateJoin(seed: number, epoch: number, manifest = slow, loss = 0) {
  const flock = await testFlock(6, { manifest, seed, edges: complete(6), rules: { ...GOOD_LINK, loss } })
  const [first] = flock.peers
  const joiner = flock.peers[5]!
  const warnings: string[] = []
  joiner.on('warning', ({ message }) => warnings.push(message))
  for (const peer of flock.peers.slice(0, 5)) await peer.start()
  assert.ok(await flock.until(() => first!.status().epoch >= epoch, 600_000))
  await joiner.start()
  let furthest = 0
  joiner.on('epoch', report => {
    furthest = Math.max(furthest, report.epoch - Math.max(...flock.peers.slice(0, 5).map(peer => peer.status().epoch)))
  })
  await assertEqualEnd(flock, flock.peers, 600_000)
  const published = first!.status().updates
  await flock.stop()
  return { flock, published, warnings, furthest }
}

describe('a peer that joins late', () => {
  for (const seed of [41, 42]) {
    it(`by a small jump ends equal (seed ${seed})`, async () => {
      const { published } = await lateJoin(seed, 4)
      assert.ok(published > 5 * 60 + 40, `${published}`)
    })

    it(`by a far jump learns what happened, then takes part, and never leads (seed ${seed})`, async () => {
      const { published, warnings, furthest } = await lateJoin(seed, 30)
      assert.ok(published > 5 * 60 + 20, `${published}`)
      assert.deepEqual(warnings, [])
      assert.ok(furthest <= 1, `${furthest} epochs ahead`)
    })

    it(`after the updates it would need are gone starts from a snapshot (seed ${seed})`, async () => {
      const { warnings, furthest } = await lateJoin(seed, 70, forgetful)
      assert.deepEqual(warnings, [])
      assert.ok(furthest <= 1, `${furthest} epochs ahead`)
    })

    it(`from a snapshot over links that lose a tenth ends equal (seed ${seed})`, async () => {
      await lateJoin(seed, 70, forgetful, 0.1)
    })
  }

  it('takes part though the others pass twenty epochs between two pulses', async () => {
    const flock = await testFlock(3, {
      manifest: testManifest({ stop: { epochs: 300 } }),
      seed: 48,
      pulseMs: 2000,
      edges: [
        [0, 1],
        [1, 2]
      ]
    })
    for (const peer of flock.peers.slice(0, 2)) await peer.start()
    assert.ok(await flock.until(() => flock.peers[0]!.status().epoch >= 60, 600_000))
    await flock.peers[2]!.start()
    await assertEqualEnd(flock, flock.peers, 600_000)
    const joined = flock.peers[0]!.status().updates - 2 * 300
    assert.ok(joined > 100, `${joined} updates of the late one`)
    await flock.stop()
  })

  it('with one neighbour says that only one vouches for the snapshot', async () => {
    const flock = await testFlock(3, {
      manifest: forgetful,
      seed: 44,
      edges: [
        [0, 1],
        [1, 2]
      ]
    })
    const notes: string[] = []
    flock.peers[2]!.on('note', ({ message }) => notes.push(message))
    flock.peers[2]!.on('warning', ({ message }) => assert.fail(message))
    for (const peer of flock.peers.slice(0, 2)) await peer.start()
    assert.ok(await flock.until(() => flock.peers[0]!.status().epoch >= 70, 600_000))
    await flock.peers[2]!.start()
    await assertEqualEnd(flock, flock.peers, 600_000)
    assert.equal(notes.length, 1, notes.join('\n'))
    assert.match(notes[0]!, /only 1 peer/)
    await flock.stop()
  })

  it('comes when all is over and still gets everything', async () => {
    const flock = await testFlock(4, { manifest: testManifest(), seed: 45, edges: complete(4) })
    for (const peer of flock.peers.slice(0, 3)) await peer.start()
    await assertEqualEnd(flock, flock.peers.slice(0, 3), 100_000)
    await flock.peers[3]!.start()
    await assertEqualEnd(flock, flock.peers, 100_000)
    // It began with epoch 0, before it knew better.
    assert.ok([60, 61].includes(flock.peers[3]!.status().updates))
    await flock.stop()
  })
})

describe('a peer that leaves', () => {
  it('politely is not waited for', async () => {
    const flock = await testFlock(4, { manifest: testManifest({ stop: { epochs: 40 } }), seed: 46, edges: complete(4) })
    const deadlines: number[] = []
    for (const peer of flock.peers.slice(0, 2))
      peer.on('epoch', ({ epoch, closedBy }) => closedBy === 'deadline' && deadlines.push(epoch))
    for (const peer of flock.peers) await peer.start()
    assert.ok(await flock.until(() => flock.peers[0]!.status().epoch >= 10, 60_000))
    await flock.finish(Promise.all([flock.peers[2]!.stop(), flock.peers[3]!.stop()]))
    await assertEqualEnd(flock, flock.peers.slice(0, 2), 60_000)
    assert.ok(deadlines.length <= 2, `${deadlines}`)
    await flock.stop()
  })

  it('without a word is waited for only until the live window has passed', async () => {
    const identities = await testIdentities(4, 47)
    const flock = await testFlock(4, {
      manifest: testManifest({ stop: { epochs: 40 } }),
      seed: 47,
      identities,
      edges: complete(4)
    })
    const deadlines: number[] = []
    for (const peer of flock.peers.slice(0, 2))
      peer.on('epoch', ({ epoch, closedBy }) => closedBy === 'deadline' && deadlines.push(epoch))
    for (const peer of flock.peers) await peer.start()
    assert.ok(await flock.until(() => flock.peers[0]!.status().epoch >= 10, 60_000))
    for (const [a, b] of complete(4))
      if (b > 1 || a > 1) flock.network.disconnect(identities[a]!.key, identities[b]!.key)
    await flock.finish(Promise.all([flock.peers[2]!.stop(), flock.peers[3]!.stop()]))
    await assertEqualEnd(flock, flock.peers.slice(0, 2), 60_000)
    assert.ok(deadlines.length > 0 && Math.max(...deadlines) < 25, `${deadlines}`)
    await flock.stop()
  })

  it('and comes back under the same name never signs an epoch twice (I3)', async () => {
    for (const seed of [48, 49, 50]) {
      const flock = await testFlock(6, { manifest: testManifest({ stop: { epochs: 60 } }), seed, edges: ringOfTwo(6) })
      for (const peer of flock.peers) await peer.start()
      assert.ok(await flock.until(() => flock.peers[0]!.status().epoch >= 20, 60_000))
      await flock.finish(flock.peers[2]!.stop())
      await flock.reborn(2).start()
      await assertEqualEnd(flock, flock.peers, 100_000)
      // A conflict would count as two updates and be none: more than one per author and epoch.
      assert.ok(flock.peers[0]!.status().updates <= 6 * 60)
      assert.ok(flock.peers[0]!.status().updates > 6 * 60 - 30)
      await flock.stop()
    }
  })
})

describe('a whole flock that restarts at once', () => {
  it('without its state does not deadlock, and trains from the beginning', async () => {
    const flock = await testFlock(6, { manifest: testManifest({ stop: { epochs: 25 } }), seed: 51, edges: complete(6) })
    for (const peer of flock.peers) await peer.start()
    assert.ok(await flock.until(() => flock.peers[0]!.status().epoch >= 10, 60_000))
    await flock.finish(Promise.all(flock.peers.map(peer => peer.stop())))
    await flock.until(() => false, 100) // what was still on its way tells of epochs that were used
    for (const i of flock.peers.keys()) flock.reborn(i)
    for (const peer of flock.peers) await peer.start()
    await assertEqualEnd(flock, flock.peers, 100_000)
    // They listen through epoch 0.
    assert.equal(flock.peers[0]!.status().updates, 6 * 24)
    await flock.stop()
  })

  it('but for one that stayed goes on where that one is', async () => {
    const flock = await testFlock(6, { manifest: testManifest({ stop: { epochs: 40 } }), seed: 52, edges: complete(6) })
    for (const peer of flock.peers) await peer.start()
    assert.ok(await flock.until(() => flock.peers[0]!.status().epoch >= 15, 60_000))
    await flock.finish(Promise.all(flock.peers.slice(1).map(peer => peer.stop())))
    for (const i of [1, 2, 3, 4, 5]) flock.reborn(i)
    for (const peer of flock.peers.slice(1)) await peer.start()
    await assertEqualEnd(flock, flock.peers, 300_000)
    await flock.stop()
  })
})
