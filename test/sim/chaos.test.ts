import assert from 'node:assert/strict'
import { createRandom } from '#src/core/random.js'
import { createSyntheticTrainer } from '#src/sim/trainer.js'
import { assertEqualEnd, complete, ringOfTwo, testFlock, testIdentities, testManifest } from '../support/flock.js'

/** A swarm, its links and what happens to it, all drawn from the seed. */
async function live(seed: number): Promise<void> {
  const random = createRandom(seed, 9)
  const one = <T>(...choices: readonly T[]): T => choices[random.below(choices.length)]!
  const peers = 2 + random.below(7)
  const loss = one(0, 0.1, 0.3)
  const bits = one(0, 0, 1)
  // A retention must outlast a few pulses, or repair comes too late for what was lost.
  const localSteps = one(5, 50)
  const retentionEpochs = localSteps === 50 && loss < 0.3 ? one(16, 32, 512) : 512
  const manifest = testManifest({
    stop: { epochs: 30 + random.below(40) },
    lots: { minBits: bits, maxBits: bits },
    training: { localSteps },
    limits: { retentionEpochs }
  })
  const identities = await testIdentities(peers, seed)
  const edges = one(ringOfTwo, complete)(peers)
  const flock = await testFlock(peers, {
    manifest,
    seed,
    identities,
    edges,
    mode: one('sync', 'sync', 'async'),
    rules: { loss, duplication: 0.1, delayMs: [1, one(5, 60, 400)] },
    trainer: (peer, clock) =>
      peer > 1 && random.below(5) === 0
        ? undefined
        : createSyntheticTrainer({ tensors: manifest.params.tensors, seed, peer, clock, stepMs: 10 + random.below(10) })
  })
  const late = flock.peers.slice(1).filter(() => random.below(4) === 0)
  const log: string[] = [`${peers} peers`]
  const tell = (what: string) => log.push(`${what} at ${flock.clock.now().toFixed(0)}`)
  const pass = (ms: number) => flock.until(() => false, ms)
  for (const peer of flock.peers) if (!late.includes(peer)) await peer.start()
  for (let events = random.below(5); events > 0; events--) {
    await pass(random.below(8000))
    const what = one('join', 'restart', 'cut')
    const index = random.below(peers)
    if (what === 'join') await late.pop()?.start()
    else if (what === 'restart' && !late.includes(flock.peers[index]!)) {
      await flock.finish(flock.peers[index]!.stop())
      await pass(random.below(3000))
      await flock.reborn(index).start()
    } else if (what === 'cut' && retentionEpochs === 512) {
      const across = edges.filter(([a, b]) => a % 2 !== b % 2)
      for (const [a, b] of across) flock.network.disconnect(identities[a]!.key, identities[b]!.key)
      await pass(random.below(6000))
      for (const [a, b] of across) flock.network.connect(identities[a]!.key, identities[b]!.key)
    }
    tell(`${what} ${index}`)
  }
  for (const peer of late) await peer.start()
  try {
    await assertEqualEnd(flock, flock.peers, 300_000)
  } catch (error) {
    assert.fail(`seed ${seed}: ${log.join(', ')}\n${error instanceof Error ? error.message : error}`)
  }
  await flock.stop()
}

describe('a flock to which anything may happen', () => {
  for (const seed of [1, 2, 3, 4, 5, 6])
    it(`ends with one model (I1, I4; seed ${seed})`, async () => {
      await live(seed)
    })
})
