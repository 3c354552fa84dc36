import assert from 'node:assert/strict'
import type { Peer } from '#src/peer/peer.js'
import { GOOD_LINK } from '#src/sim/network.js'
import { createSyntheticTrainer } from '#src/sim/trainer.js'
import { assertEqualEnd, complete, testFlock, testManifest } from '../support/flock.js'

const short = testManifest({ stop: { epochs: 12 } })

async function start(peers: readonly Peer[]): Promise<void> {
  for (const peer of peers) await peer.start()
}

describe('a simulated flock', () => {
  it('trains to the end and ends with one model, every update in it', async () => {
    const flock = await testFlock(16, { manifest: testManifest(), seed: 1 })
    for (const peer of flock.peers) peer.on('warning', ({ message }) => assert.fail(message))
    await start(flock.peers)
    await assertEqualEnd(flock, flock.peers, 120_000)
    for (const peer of flock.peers) assert.equal(peer.status().updates, 16 * 20)
    await flock.stop()
  })

  it('learns: the shared params come near the optimum of all', async () => {
    const flock = await testFlock(8, { manifest: testManifest({ stop: { epochs: 30 } }), seed: 3 })
    const accuracies: number[] = []
    flock.peers[0]!.on('epoch', ({ accuracy }) => accuracy !== null && accuracies.push(accuracy))
    await start(flock.peers)
    await assertEqualEnd(flock, flock.peers, 120_000)
    await flock.until(() => false, 1)
    assert.ok(accuracies.at(-1)! > accuracies[0]! + 0.05, accuracies.join(' '))
    await flock.stop()
  })

  it('loses 30 % of all messages, gets some twice and all out of order, and still ends equal (I4)', async () => {
    for (const seed of [2, 5]) {
      const rules = { loss: 0.3, duplication: 0.2, delayMs: [1, 400] as const }
      const flock = await testFlock(12, { manifest: short, seed, rules })
      await start(flock.peers)
      await assertEqualEnd(flock, flock.peers, 300_000)
      await flock.stop()
    }
  })

  it('of two peers is a swarm', async () => {
    const flock = await testFlock(2, { manifest: short, seed: 4 })
    await start(flock.peers)
    await assertEqualEnd(flock, flock.peers, 60_000)
    assert.equal(flock.peers[0]!.status().updates, 24)
    await flock.stop()
  })

  it('of one peer that waits for a second is a swarm when it comes', async () => {
    const manifest = testManifest({ stop: { epochs: 12 }, clock: { aloneGraceMs: 60_000 } })
    const flock = await testFlock(2, { manifest, seed: 4 })
    const [first, second] = flock.peers
    await first!.start()
    await flock.until(() => false, 50_000)
    assert.equal(first!.status().epoch, 0)
    await second!.start()
    await assertEqualEnd(flock, flock.peers, 60_000)
    assert.equal(first!.status().updates, 24)
    await flock.stop()
  })

  it('of one peer alone trains at the slow pace', async () => {
    const flock = await testFlock(1, { manifest: short, seed: 4 })
    const [peer] = flock.peers
    await peer!.start()
    assert.ok(await flock.until(() => peer!.status().trained, 12 * 5000 + 100))
    assert.ok(flock.clock.now() >= 11 * 5000)
    assert.equal(peer!.status().updates, 12)
    await flock.stop()
  })

  it('trains on in async mode and ends equal', async () => {
    const flock = await testFlock(8, { manifest: short, seed: 6, mode: 'async', rules: { ...GOOD_LINK, loss: 0.1 } })
    await start(flock.peers)
    await assertEqualEnd(flock, flock.peers, 120_000)
    assert.ok(flock.peers.every(peer => peer.status().updates > 8 * 8))
    await flock.stop()
  })

  it('draws lots: of many few publish per epoch, and nobody waits for those who were not drawn', async () => {
    const manifest = testManifest({ stop: { epochs: 30 }, lots: { minBits: 2, maxBits: 2 } })
    const flock = await testFlock(16, { manifest, seed: 7 })
    await start(flock.peers)
    await assertEqualEnd(flock, flock.peers, 120_000)
    const { updates, discardedSteps } = flock.peers[0]!.status()
    assert.ok(updates > 16 * 30 * 0.15 && updates < 16 * 30 * 0.35, `${updates}`)
    assert.equal(discardedSteps, 0)
    await flock.stop()
  })

  it('does not wait for observers, and observers follow', async () => {
    const flock = await testFlock(8, {
      manifest: short,
      seed: 8,
      trainer: (peer, clock) =>
        peer % 2 === 0 ? undefined : createSyntheticTrainer({ tensors: short.params.tensors, seed: 8, peer, clock })
    })
    const late: string[] = []
    flock.peers[1]!.on('epoch', ({ epoch, closedBy }) => epoch > 1 && closedBy === 'deadline' && late.push(`${epoch}`))
    await start(flock.peers)
    await assertEqualEnd(flock, flock.peers, 120_000)
    assert.equal(flock.peers[0]!.status().updates, 4 * 12)
    assert.deepEqual(late, [])
    await flock.stop()
  })

  it('of observers only does not spin', async () => {
    const flock = await testFlock(4, { manifest: short, seed: 8, trainer: () => undefined })
    await start(flock.peers)
    await flock.until(() => false, 20_000)
    for (const peer of flock.peers) assert.ok(peer.status().epoch <= 5, `${peer.status().epoch}`)
    await flock.stop()
  })

  it('is the same again with the same seed, to the last message', async () => {
    const run = async (seed: number) => {
      const rules = { loss: 0.1, duplication: 0.1, delayMs: [1, 60] as const }
      const flock = await testFlock(6, { manifest: short, seed, rules, edges: complete(6) })
      await start(flock.peers)
      await assertEqualEnd(flock, flock.peers, 120_000)
      const out = [
        flock.peers[0]!.stateDigest(),
        flock.peers[0]!.status().setDigest,
        flock.network.messages(),
        flock.clock.now()
      ]
      await flock.stop()
      return out
    }
    const first = await run(9)
    assert.deepEqual(await run(9), first)
    assert.notDeepEqual(await run(10), first)
  })
})
