import assert from 'node:assert/strict'
import { gridDelta } from '#src/core/grid.js'
import { createRandom } from '#src/core/random.js'
import { updateValues } from '#src/core/sparse/update.js'
import { decodeEnvelope, UPDATE_PAYLOAD } from '#src/core/wire/envelope.js'
import { decodeBody } from '#src/core/wire/update.js'
import type { Store, Trainer } from '#src/interface.js'
import { memoryStore } from '#src/peer/memory-store.js'
import { Peer } from '#src/peer/peer.js'
import { GOOD_LINK } from '#src/sim/network.js'
import type { Simulation } from '#src/sim/simulation.js'
import { createSyntheticTrainer } from '#src/sim/trainer.js'
import { assertEqualEnd, complete, testFlock, testIdentities, testManifest } from '../support/flock.js'
import { type Publication, publicationsIn } from '../support/publications.js'

const SIZE = 48
const STEPS = 5
const manifest = testManifest({ stop: { epochs: 40 }, gossip: { budgetBytes: 4 * 160 } })
const { tensors } = manifest.params

async function start(flock: Simulation): Promise<void> {
  for (const peer of flock.peers) await peer.start()
}

/** What a peer was given to take in and what it stored, epoch by epoch. */
interface Books {
  readonly deltas: Int32Array[]
  /** `known`: deltas trained when it was stored. */
  readonly published: (Publication & { readonly known: number })[]
}

/** Grid values of a stored envelope, spread over all coordinates. */
function dense(envelope: Uint8Array): number[] {
  const { payload } = decodeEnvelope(envelope, { maxBytes: 65_536, payloadType: UPDATE_PAYLOAD })
  const { delta } = decodeBody(payload, { size: SIZE, maxBytes: 65_536 })
  const out = Array<number>(SIZE).fill(0)
  updateValues(delta).forEach((value, j) => {
    out[delta.indices[j]!] = value
  })
  return out
}

/**
 * From one publication to the next, what was sent plus the change of the residual is the sum of some of the deltas trained
 * meanwhile: each is taken in once and whole, or not at all.
 */
function assertConserved({ deltas, published }: Books, where: string): void {
  let residual: ArrayLike<number> = Array<number>(SIZE).fill(0)
  let next = 0
  for (const { epoch, envelope, residual: after, known } of published) {
    const taken = dense(envelope).map((value, j) => value + after[j]! - residual[j]!)
    const candidates = deltas.slice(next, known)
    assert.ok(candidates.length < 15)
    let found = -1
    for (let choice = 0; choice < 2 ** candidates.length && found < 0; choice++) {
      const chosen = candidates.filter((_, k) => (choice >> k) % 2 === 1)
      if (taken.every((value, j) => value === chosen.reduce((sum, delta) => sum + delta[j]!, 0))) found = choice
    }
    assert.ok(found >= 0, `${where}, epoch ${epoch}: of ${candidates.length} deltas no choice makes up the books`)
    if (found > 0) next += 32 - Math.clz32(found)
    residual = after
  }
}

/** A trainer that writes down each delta, and a store that does so and fails at random. */
function bookkeeping(peer: number, seed: number, failures: number) {
  const books: Books = { deltas: [], published: [] }
  const random = createRandom(seed, 500 + peer)
  const record = (trainer: Trainer): Trainer => ({
    ...trainer,
    async train(params, steps, options) {
      const result = await trainer.train(params, steps, options)
      books.deltas.push(gridDelta(result.params, params))
      return result
    }
  })
  const store: Store = {
    ...memoryStore(),
    async write(changes) {
      if (random.unit() < failures) throw new Error('disk full')
      for (const publication of publicationsIn(changes, SIZE))
        books.published.push({ ...publication, known: books.deltas.length })
    },
    async mark() {
      throw new Error('read-only')
    }
  }
  return { books, record, store }
}

describe('the work of peers in a flock', () => {
  for (const { mode, failures, loss } of [
    { mode: 'sync', failures: 0.3, loss: 0 },
    { mode: 'sync', failures: 0, loss: 0.2 },
    { mode: 'async', failures: 0.3, loss: 0.1 }
  ] as const)
    it(`is conserved exactly: sent + residual = sum of the deltas taken in (I2; ${mode}, ${100 * failures} % of commits fail)`, async () => {
      const seed = 61
      const kept = Array.from({ length: 4 }, (_, peer) => bookkeeping(peer, seed, failures))
      const flock = await testFlock(4, {
        manifest,
        seed,
        mode,
        rules: { ...GOOD_LINK, loss },
        edges: complete(4),
        trainer: (peer, clock) => kept[peer]!.record(createSyntheticTrainer({ tensors, seed, peer, clock })),
        store: peer => kept[peer]!.store
      })
      const warnings: string[] = []
      flock.peers[0]!.on('warning', ({ message }) => warnings.push(message))
      await start(flock)
      await assertEqualEnd(flock, flock.peers, 300_000)
      await flock.stop()
      assert.equal(
        failures > 0,
        warnings.some(message => /can no longer be stored \(disk full\)/.test(message))
      )
      for (const [i, peer] of flock.peers.entries()) {
        const { published } = kept[i]!.books
        const { discardedSteps } = peer.status()
        assert.ok(published.length > 15)
        assert.equal(new Set(published.map(({ epoch }) => epoch)).size, published.length, 'no epoch twice')
        assertConserved(kept[i]!.books, `seed ${seed}, peer ${i}`)
        if (mode === 'sync') assert.ok(kept[i]!.books.deltas.length - discardedSteps / STEPS >= published.length)
      }
    })

  it('goes on when training fails, and tells the user', async () => {
    for (const mode of ['sync', 'async'] as const) {
      const flock = await testFlock(4, {
        manifest,
        seed: 62,
        mode,
        edges: complete(4),
        trainer: (peer, clock) => {
          const trainer = createSyntheticTrainer({ tensors, seed: 62, peer, clock })
          if (peer > 1) return trainer
          return {
            ...trainer,
            train: async params => {
              if (peer === 0) throw new Error('out of memory')
              return { params: params.map(() => Number.NaN), loss: Number.NaN }
            }
          }
        }
      })
      const warnings = new Map<number, string[]>([0, 1].map(peer => [peer, []]))
      for (const peer of [0, 1]) flock.peers[peer]!.on('warning', ({ message }) => warnings.get(peer)!.push(message))
      await start(flock)
      await assertEqualEnd(flock, flock.peers, 300_000)
      assert.match(warnings.get(0)![0]!, /local training failed: out of memory/)
      assert.match(warnings.get(1)![0]!, /local training failed: training left a value that is not finite/)
      for (const told of warnings.values()) assert.ok(told.length <= 41, `${told.length} warnings in ${mode} mode`)
      assert.ok(flock.peers[0]!.status().updates >= 2 * 35)
      await flock.stop()
    }
  })

  it('leaves no timer behind when a peer stops, in whatever moment', async () => {
    const identities = await testIdentities(3, 63)
    for (const afterMs of [0, 3, 30, 170, 431, 777, 3000]) {
      const flock = await testFlock(3, { manifest, seed: 63, identities })
      let pending = 0
      const { clock } = flock
      const counting = {
        now: clock.now,
        after(ms: number, callback: () => void) {
          pending++
          let over = false
          const end = () => {
            if (!over) pending--
            over = true
          }
          const cancel = clock.after(ms, () => {
            end()
            callback()
          })
          return () => {
            end()
            cancel()
          }
        }
      }
      const { gossip, streams } = flock.network.endpoint(identities[2]!.key)
      const trainer = createSyntheticTrainer({ tensors, seed: 63, peer: 2, clock: counting })
      const components = { identity: identities[2]!, gossip, streams, clock: counting, store: memoryStore(), trainer }
      const peer = new Peer(components, { manifest, pulseMs: 500 })
      await flock.peers[0]!.start()
      await flock.peers[1]!.start()
      await peer.start()
      await flock.until(() => false, afterMs)
      await flock.finish(Promise.all([peer.stop(), peer.stop()]))
      assert.equal(pending, 0, `stopped after ${afterMs} ms`)
      const { epoch, updates } = peer.status()
      await flock.until(() => false, 5000)
      assert.deepEqual([peer.status().epoch, peer.status().updates, pending], [epoch, updates, 0])
      await flock.stop()
    }
  })

  it('stays within the byte budget of an epoch', async () => {
    const sizes: number[] = []
    const flock = await testFlock(4, {
      manifest,
      seed: 64,
      edges: complete(4),
      store: () => ({
        ...memoryStore(),
        async write(changes) {
          for (const { envelope } of publicationsIn(changes, SIZE)) sizes.push(envelope.length)
        }
      })
    })
    await start(flock)
    await assertEqualEnd(flock, flock.peers, 100_000)
    assert.ok(Math.max(...sizes) <= 160, `${Math.max(...sizes)}`)
    assert.ok(Math.max(...sizes) > 140, `${Math.max(...sizes)}`)
    await flock.stop()
  })
})
