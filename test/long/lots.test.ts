import assert from 'node:assert/strict'
import type { Trainer } from '#src/interface.js'
import type { Peer } from '#src/peer/peer.js'
import { GOOD_LINK } from '#src/sim/network.js'
import { createSyntheticTrainer } from '#src/sim/trainer.js'
import { createTopology } from '#src/topology/index.js'
import { assertEqualEnd, testFlock, testIdentities, testManifest, untilEqual } from '../support/flock.js'

const LOTS = { drawn: 8, minBits: 0, maxBits: 20 }
const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!

function edgesOf(peers: number, seed: number) {
  return createTopology('regular', { peers, degree: 4, seed }).edges
}

/** Counts how often it trains. */
function counted(trainer: Trainer): Trainer & { readonly runs: () => number } {
  let runs = 0
  return {
    ...trainer,
    train(params, steps, options) {
      runs++
      return trainer.train(params, steps, options)
    },
    runs: () => runs
  }
}

async function start(peers: readonly Peer[]): Promise<void> {
  for (const peer of peers) await peer.start()
}

describe('a large flock', () => {
  for (const mode of ['sync', 'async'] as const)
    it(`trains and publishes only whom it draws, and ends equal (${mode})`, async () => {
      const [seed, peers, epochs] = [41, 64, 30]
      const gossip = { expectedPeers: peers, budgetBytes: 8 * 220 }
      const manifest = testManifest({ stop: { epochs }, lots: LOTS, gossip })
      const trainers: ReturnType<typeof counted>[] = []
      const flock = await testFlock(peers, {
        manifest,
        seed,
        mode,
        edges: edgesOf(peers, seed),
        trainer: (peer, clock) => {
          trainers[peer] = counted(createSyntheticTrainer({ tensors: manifest.params.tensors, seed, peer, clock }))
          return trainers[peer]
        }
      })
      const closed = { quorum: 0, deadline: 0, jump: 0 }
      for (const peer of flock.peers) peer.on('epoch', ({ closedBy }) => closed[closedBy]++)
      await start(flock.peers)
      await assertEqualEnd(flock, flock.peers, 120_000)
      const { updates, payloadBytesReceived } = flock.peers[0]!.status()
      assert.ok(updates / epochs > 5 && updates / epochs < 13, `${updates / epochs} updates an epoch`)
      assert.ok(payloadBytesReceived / epochs < 1.3 * manifest.gossip.budgetBytes)
      const runs = trainers.reduce((sum, trainer) => sum + trainer.runs(), 0)
      assert.ok(runs < 1.4 * updates, `${runs} times trained for ${updates} updates`)
      assert.ok(closed.deadline + closed.jump < 0.05 * peers * epochs, JSON.stringify(closed))
      await flock.stop()
    })

  it('receives as many messages and bytes per peer and epoch as a small one', async () => {
    const seed = 42
    const received = async (peers: number) => {
      const epochs = 30
      const gossip = { expectedPeers: peers, budgetBytes: 8 * 220 }
      const manifest = testManifest({ stop: { epochs }, lots: LOTS, gossip })
      const identities = await testIdentities(peers, seed)
      const flock = await testFlock(peers, { manifest, seed, identities, edges: edgesOf(peers, seed), pulseMs: 2000 })
      let trained = 0
      for (const peer of flock.peers) peer.on('trained', () => trained++)
      await start(flock.peers)
      assert.ok(await flock.until(() => trained === peers, 300_000))
      let [messages, bytes] = [0, 0]
      for (const { key } of identities) {
        messages += flock.network.traffic(key).messages
        bytes += flock.network.traffic(key).received
      }
      // Lots decide how many are drawn; per update drawn, nothing else may grow.
      const drawn = flock.peers[0]!.status().updates / (8 * epochs)
      await flock.stop()
      return { messages: messages / (peers * epochs * drawn), bytes: bytes / (peers * epochs * drawn) }
    }
    const small = await received(8)
    const large = await received(96)
    for (const what of ['messages', 'bytes'] as const) {
      const ratio = large[what] / small[what]
      // At this size a pulse now and then of peers that are not drawn weighs more than with 16 drawn.
      assert.ok(ratio < 1.2, `${what}: ${large[what].toFixed(1)} against ${small[what].toFixed(1)}`)
    }
  })

  it('follows its size: a few peers, many more, and a few again', async () => {
    const [seed, few, many] = [43, 8, 40]
    const manifest = testManifest({
      stop: { epochs: 400 },
      lots: LOTS,
      clock: { minEpochMs: 20 },
      gossip: { expectedPeers: few, budgetBytes: 8 * 220 }
    })
    const identities = await testIdentities(many, seed)
    // The first few stay connected when the others are gone.
    const first = edgesOf(few, seed)
    const flock = await testFlock(many, { manifest, seed, identities, edges: [...first, ...edgesOf(many, seed)] })
    const staying = flock.peers.slice(0, few)
    const expected: number[] = []
    const durations: number[] = []
    let epoch = 0
    flock.peers[0]!.on('epoch', report => {
      epoch = report.epoch + 1
      expected.push(report.expected)
      durations.push(report.durationMs)
    })
    const forward = async (epochs: number) => {
      const from = epoch
      assert.ok(await flock.until(() => epoch >= from + epochs, 120_000), 'it stands still')
      return flock.peers[0]!.status().updates
    }
    await start(staying)
    const before = await forward(20)
    assert.ok(before >= few * 18, 'everybody publishes')
    await start(flock.peers.slice(few))
    const grown = await forward(40)
    const settled = (await forward(30)) - grown
    assert.ok(settled / 30 < 1.7 * LOTS.drawn, `${settled / 30} updates an epoch of ${many} peers`)
    // Gone without a goodbye.
    for (const { key } of identities.slice(few)) flock.network.kill(key)
    const shrunk = await forward(40)
    const after = (await forward(30)) - shrunk
    const usual = median(durations.slice(-30))
    assert.ok(after >= 0.9 * few * 30, `${after / 30} updates an epoch of ${few} peers`)
    assert.ok(usual <= 3 * median(durations.slice(5, 20)), `${usual} ms an epoch`)
    assert.ok(Math.max(...expected.slice(-30)) <= few)
    await flock.finish(Promise.all(staying.map(peer => peer.stop())))
  })
})

describe('two peers with equal sets', () => {
  it('tell each other so in 2 KB a minute at most, and at once when there is news', async () => {
    const seed = 44
    const manifest = testManifest({ stop: { epochs: 12 } })
    const identities = await testIdentities(3, seed)
    const edges: [number, number][] = [
      [0, 1],
      [1, 2]
    ]
    const flock = await testFlock(3, { manifest, seed, identities, edges, pulseMs: 2000 })
    const pair = flock.peers.slice(0, 2)
    await start(pair)
    assert.ok(await untilEqual(flock, () => pair, 120_000))
    const sent = () => flock.network.traffic(identities[0]!.key).sent + flock.network.traffic(identities[1]!.key).sent
    // Pulses grow seldomer step by step.
    await flock.until(() => false, 60_000)
    const before = sent()
    await flock.until(() => false, 600_000)
    const perMinute = (sent() - before) / 10
    assert.ok(perMinute > 0 && perMinute <= 2048, `${perMinute} bytes a minute`)

    // A third comes, with all to learn.
    const cameAt = flock.clock.now()
    await flock.peers[2]!.start()
    assert.ok(await untilEqual(flock, () => flock.peers, 120_000))
    assert.ok(flock.clock.now() - cameAt < 20_000, `${flock.clock.now() - cameAt} ms`)
    await flock.stop()
  })
})

describe('slow peers', () => {
  for (const mode of ['sync', 'async'] as const)
    it(`hold nobody up: a quarter takes five times as long, and no epoch waits for them (${mode})`, async () => {
      const [seed, peers, slow] = [45, 16, 4]
      const manifest = testManifest({ stop: { epochs: 60 }, clock: { quorumPercent: 66, minEpochMs: 20 } })
      const run = async (slowdown: number) => {
        const flock = await testFlock(peers, {
          manifest,
          seed,
          mode,
          edges: edgesOf(peers, seed),
          rules: { ...GOOD_LINK, delayMs: [5, 50] },
          trainer: (peer, clock) =>
            createSyntheticTrainer({
              tensors: manifest.params.tensors,
              seed,
              peer,
              clock,
              stepMs: peer < slow ? 10 * slowdown : 10
            })
        })
        const durations: number[] = []
        for (const peer of flock.peers.slice(slow))
          peer.on('epoch', ({ epoch, durationMs }) => epoch >= 8 && durations.push(durationMs))
        await start(flock.peers)
        const fast = flock.peers[slow]!
        let closed = 0
        fast.on('epoch', ({ epoch }) => {
          closed = epoch
        })
        assert.ok(await flock.until(() => closed >= 10, 60_000))
        const from = flock.clock.now()
        assert.ok(await flock.until(() => closed >= 59, 60_000))
        const rate = 49_000 / (flock.clock.now() - from)
        await assertEqualEnd(flock, flock.peers, 120_000)
        await flock.stop()
        return { rate, longest: Math.max(...durations), usual: median(durations), updates: fast.status().updates }
      }
      const without = await run(1)
      const withSlow = await run(5)
      const deadline = Math.max(2 * withSlow.usual, manifest.clock.minDeadlineMs)
      assert.ok(withSlow.longest <= 1.2 * deadline, `${withSlow.longest} ms, the deadline is ${deadline}`)
      assert.ok(
        withSlow.rate >= (mode === 'async' ? 0.99 : 0.9) * without.rate,
        `${withSlow.rate} of ${without.rate} a second`
      )
      // What the slow ones do counts, too.
      assert.ok(withSlow.updates > (peers - slow) * 59)
    })
})
