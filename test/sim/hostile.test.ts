import assert from 'node:assert/strict'
import { createRandom } from '#src/core/random.js'
import { encodeMissingAnswer } from '#src/core/wire/repair.js'
import type { PeerKey } from '#src/interface.js'
import { signedPulse, signedUpdate } from '#src/sim/hostile/sign.js'
import type { Behaviour } from '#src/sim/hostile/stranger.js'
import type { Simulation } from '#src/sim/simulation.js'
import { assertEqualEnd, ringOfTwo, testFlock, testIdentities, testManifest } from '../support/flock.js'
import { addHostile } from '../support/hostile.js'

const HONEST = 8
const manifest = testManifest({ stop: { epochs: 12 } })

interface Outcome {
  readonly flock: Simulation
  readonly hostileKey: PeerKey
  /** Score lost by the hostile peer, over all its neighbours. */
  readonly lost: number
}

/** A ring of honest peers, three of them with a hostile neighbour that is there from the start. */
async function besieged(
  seed: number,
  hostile: (identity: Awaited<ReturnType<typeof testIdentities>>[number]) => Behaviour
): Promise<Outcome> {
  const identities = await testIdentities(HONEST + 1, seed)
  const flock = await testFlock(HONEST, {
    manifest,
    seed,
    identities: identities.slice(0, HONEST),
    edges: ringOfTwo(HONEST)
  })
  const enemy = identities[HONEST]!
  const besieged = [0, 3, 5].map(i => identities[i]!.key)
  const stranger = await addHostile(flock, enemy, besieged, hostile(enemy), manifest)
  for (const peer of flock.peers) await peer.start()
  const ends = new Map<number, number>()
  flock.peers.forEach((peer, i) => {
    peer.on('epoch', ({ epoch }) => ends.set(i, Math.max(ends.get(i) ?? 0, epoch)))
  })
  // It stays connected and never has an equal set, so the others are asked, not the peers' own view of being settled.
  const equal = () => {
    const status = flock.peers.map(peer => peer.status())
    return status.every(({ trained }) => trained) && new Set(status.map(({ setDigest }) => setDigest)).size === 1
  }
  let looked = 0
  assert.ok(await flock.until(() => looked++ % 50 === 0 && equal(), 120_000), `seed ${seed}, ${flock.clock.now()} ms`)
  await stranger.stop()
  await assertEqualEnd(flock, flock.peers, 60_000)
  for (const [, epoch] of ends) assert.ok(epoch <= 12)
  const lost = besieged.reduce((sum, key) => sum + (flock.network.endpoint(key).penalties.get(enemy.key) ?? 0), 0)
  await flock.stop()
  return { flock, hostileKey: enemy.key, lost }
}

/** Every honest peer published in at least this many of the 12 epochs. */
function assertTrained({ flock }: Outcome, least: number): void {
  for (const peer of flock.peers) assert.ok(peer.status().updates >= HONEST * least, `${peer.status().updates}`)
}

describe('a flock with a hostile neighbour', () => {
  it('is not dragged by signed claims of a million epochs ahead (I5)', async () => {
    const outcome = await besieged(21, enemy => ({
      everyMs: 7, // heard before anybody else
      act: async ({ turn, neighbours, pulse }) => {
        const bytes = await signedPulse(enemy, manifest, { epoch: 1_000_000 + turn, counter: turn })
        for (const peer of neighbours) pulse(peer, bytes)
      }
    }))
    assertTrained(outcome, 12)
  })

  it('is not held back by claims of the past (I5)', async () => {
    const outcome = await besieged(22, enemy => ({
      act: async ({ turn, neighbours, pulse }) => {
        const bytes = await signedPulse(enemy, manifest, { epoch: 0, counter: turn })
        for (const peer of neighbours) pulse(peer, bytes)
      }
    }))
    assertTrained(outcome, 12)
  })

  it('is not stopped by one that never says anything', async () => {
    assertTrained(await besieged(23, () => ({})), 11)
  })

  it('does not compute, believe or fetch a history that a pulse makes up', async () => {
    let asked = 0
    const outcome = await besieged(24, enemy => ({
      act: async ({ turn, neighbours, pulse }) => {
        const far = 2 ** 40 - 1
        const bytes = await signedPulse(enemy, manifest, { epoch: far, counter: turn, base: far, rootEnd: far })
        for (const peer of neighbours) pulse(peer, bytes)
      },
      answer: async kind => {
        if (kind === 'snapshot') asked++
        return new Uint8Array(100)
      }
    }))
    assertTrained(outcome, 12)
    assert.equal(asked, 0)
  })

  it('takes score for garbage on gossip, and trains on', async () => {
    const random = createRandom(25)
    const outcome = await besieged(25, () => ({
      act: ({ gossip }) => gossip(Uint8Array.from({ length: 1 + random.below(300) }, () => random.below(256)))
    }))
    assertTrained(outcome, 12)
    assert.ok(outcome.lost > 3, `${outcome.lost}`)
  })

  it("takes score for pulses that are no pulses, or somebody else's", async () => {
    const [, stranger] = await testIdentities(2, 99)
    const outcome = await besieged(26, () => ({
      act: async ({ turn, neighbours, pulse }) => {
        for (const peer of neighbours) {
          pulse(peer, Uint8Array.of(1, 2, 3))
          pulse(peer, await signedPulse(stranger!, manifest, { epoch: 500, counter: turn }))
        }
      }
    }))
    assertTrained(outcome, 12)
    assert.ok(outcome.lost > 10, `${outcome.lost}`)
  })

  it('takes score for rubbish as an answer, and asks others', async () => {
    const outcome = await besieged(27, enemy => ({
      act: async ({ turn, neighbours, pulse }) => {
        // Always another root, so that everybody asks.
        const bytes = await signedPulse(enemy, manifest, { epoch: 12, counter: turn, rootEnd: 3 })
        for (const peer of neighbours) pulse(peer, bytes)
      },
      answer: async () => Uint8Array.of(9, 9, 9)
    }))
    assertTrained(outcome, 12)
    assert.ok(outcome.lost > 3, `${outcome.lost}`)
  })

  it('is not flooded by answers that always promise more', async () => {
    let answers = 0
    const outcome = await besieged(28, enemy => ({
      act: async ({ turn, neighbours, pulse }) => {
        const bytes = await signedPulse(enemy, manifest, { epoch: 12, counter: turn, rootEnd: 3 })
        for (const peer of neighbours) pulse(peer, bytes)
      },
      answer: async (_, bytes) => {
        answers++
        if (bytes[0] === 1) return encodeMissingAnswer({ updates: [], more: true })
        return Uint8Array.from({ length: 9 * bytes.at(-1)! }, (_, i) => (i % 9 === 0 ? 1 : 5))
      }
    }))
    assertTrained(outcome, 12)
    assert.ok(answers > 0 && answers < 3000, `${answers}`)
  })

  it('voids the epochs that an equivocator contradicts itself in, and no others (I8)', async () => {
    const outcome = await besieged(29, enemy => ({
      everyMs: 100,
      act: async ({ turn, gossip }) => {
        if (turn >= 12) return
        gossip(await signedUpdate(enemy, manifest, { epoch: turn, levels: { [turn]: 3 } }))
        if (turn % 2 === 0) gossip(await signedUpdate(enemy, manifest, { epoch: turn, levels: { [turn]: -3 } }))
      }
    }))
    assertTrained(outcome, 12)
  })
})
