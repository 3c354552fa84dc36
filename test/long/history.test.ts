import assert from 'node:assert/strict'
import { examine } from '#src/core/protocol/admit.js'
import { join } from '#src/core/protocol/ingest.js'
import type { Manifest } from '#src/core/protocol/manifest.js'
import { reckon } from '#src/core/protocol/set.js'
import type { SwarmState } from '#src/core/protocol/state.js'
import type { Faults } from '#src/faults/index.js'
import { signedUpdate } from '#src/sim/hostile/sign.js'
import { createInvariants } from '#src/sim/invariants/create.js'
import type { RunObserver, RunView } from '#src/sim/observer.js'
import { runScenario, type ScenarioOutcome } from '#src/sim/scenario.js'
import { createSyntheticTrainer } from '#src/sim/trainer.js'
import { complete, drain, ringOfTwo, testIdentities, testManifest } from '../support/flock.js'

const RETENTION = 16

/** Retention as short as the rules allow; an epoch takes half as long as a pulse. */
const forgetful = (epochs: number) =>
  testManifest({ stop: { epochs }, training: { localSteps: 25 }, limits: { retentionEpochs: RETENTION } })

interface Run {
  readonly outcome: ScenarioOutcome
  readonly broken: readonly string[]
  readonly warnings: ReadonlyMap<number, readonly string[]>
  readonly view: RunView
}

interface RunInit {
  readonly manifest: Manifest
  readonly seed: number
  readonly edges: readonly [number, number][]
  readonly faults?: Faults['events']
  readonly peers?: Faults['peers']
  readonly observers?: readonly RunObserver[]
}

/** A run of as many peers as the edges name, its invariants looked after. */
async function run({ manifest, seed, edges, faults, peers, observers = [] }: RunInit): Promise<Run> {
  const size = 1 + Math.max(...edges.flat())
  const invariants = createInvariants()
  const warnings = new Map<number, string[]>()
  let view: RunView | undefined
  const listener: RunObserver = {
    onBegin(begun) {
      view = begun
    },
    onWarning: ({ peer }, message) => void warnings.set(peer, [...(warnings.get(peer) ?? []), message])
  }
  const { tensors } = manifest.params
  const outcome = await runScenario({
    topology: { topology: 1, kind: 'custom', peers: size, edges },
    manifest,
    identities: await testIdentities(size, seed),
    seed,
    pulseMs: 500,
    drain,
    faults: { faults: 1, name: 'test', events: faults ?? [], ...(peers && { peers }) },
    trainer: ({ peer, clock }) => createSyntheticTrainer({ tensors, seed, peer, clock }),
    observers: [listener, ...observers, invariants]
  })
  const broken = invariants.broken.map(({ id, peer, atMs, detail }) => `${id} ${peer} ${atMs}: ${detail}`)
  return { outcome, broken, warnings, view: view! }
}

const LEFT = [0, 1, 2, 3, 4, 5, 6, 7]
const RIGHT = [8, 9, 10, 11, 12, 13, 14, 15]

function assertOne({ outcome, broken, view }: Run): void {
  assert.deepEqual(broken, [])
  assert.equal(outcome.end, 'settled')
  assert.equal(new Set(outcome.peers.map(({ stateDigest }) => stateDigest)).size, 1)
  assert.equal(new Set(outcome.peers.map(({ status }) => status.setDigest)).size, 1)
  assert.deepEqual(outcome.missing, [])
  for (const { state } of view.peers) assert.ok(state!.set.base > 0)
}

const carriedOf = ({ view }: Run) => view.peers.map(({ state }) => state?.counters.carriedUpdates ?? 0)

describe('two histories', () => {
  it('of halves that were apart for three retentions become one, and the losers send again what it lacks', async () => {
    const done = await run({
      manifest: forgetful(92),
      seed: 61,
      edges: ringOfTwo(16),
      faults: [{ at: { epoch: 6 }, do: 'partition', groups: [LEFT, RIGHT], for: { epochs: 3 * RETENTION } }]
    })
    assertOne(done)
    const carried = carriedOf(done)
    const [left, right] = [LEFT, RIGHT].map(half => half.map(peer => carried[peer]!))
    const [losers, winners] = left![0]! > 0 ? [left!, right!] : [right!, left!]
    assert.ok(Math.min(...losers) >= 20, `${carried}`)
    assert.deepEqual([...new Set(winners)], [0], 'nobody turned back')
    for (const { state } of done.view.peers) assert.deepEqual([state!.counters.lostUpdates], [0])
    for (const [i, count] of carried.entries()) {
      const told = (done.warnings.get(i) ?? []).filter(message =>
        /^took over the history of \d neighbours/.test(message)
      )
      assert.equal(told.length, count > 0 ? 1 : 0)
      if (count > 0) assert.match(told[0]!, new RegExp(`; ${count} own updates missing from it will be sent again`))
    }
  })

  it('of two peers that were apart become one', async () => {
    const done = await run({
      manifest: forgetful(92),
      seed: 62,
      edges: [[0, 1]],
      faults: [{ at: { epoch: 6 }, do: 'partition', groups: [[0], [1]], for: { epochs: 3 * RETENTION } }]
    })
    assertOne(done)
    assert.equal(carriedOf(done).filter(count => count > 0).length, 1)
  })

  it('of halves that a single link joins stay two, and the losing end of it says why', async () => {
    const clique = (first: number) => complete(4).map(([a, b]): [number, number] => [a + first, b + first])
    const done = await run({
      manifest: forgetful(92),
      seed: 63,
      edges: [...clique(0), [3, 4], ...clique(4)],
      faults: [
        { at: { epoch: 6 }, do: 'partition', groups: [LEFT.slice(0, 4), LEFT.slice(4)], for: { epochs: 3 * RETENTION } }
      ]
    })
    assert.deepEqual([...new Set(done.broken.map(text => text.slice(0, 2)))], ['I4'])
    assert.deepEqual(carriedOf(done), Array(8).fill(0))
    const told = [...done.warnings].filter(([, all]) => all.some(text => /another history before epoch/.test(text)))
    assert.equal(told.length, 1)
    const [[peer, messages]] = told as [[number, string[]]]
    assert.ok(peer === 3 || peer === 4)
    assert.match(messages.join(), /^1 neighbour has another history before epoch \d+, .*; 2 must vouch for it/)
    const digests = done.outcome.peers.map(({ status }) => status.setDigest)
    assert.equal(new Set(digests.slice(0, 4)).size + new Set(digests.slice(4)).size, 2, 'each half is one')
  })

  for (const has of ['the winning', 'the losing'] as const)
    it(`of which only one peer has ${has} one become that of the others`, async () => {
      const manifest = forgetful(100)
      const seed = 64
      const [stranger] = await testIdentities(1, 640)
      const bytes = await signedUpdate(stranger!, manifest, { epoch: 20, levels: { 3: 5 } })
      let view: RunView | undefined
      let lone: number | undefined
      /** A stranger's update comes just before its epoch is folded: to the last that folds it, or to all but the first. */
      const late: RunObserver = {
        onBegin(begun) {
          view = begun
        },
        onStep() {
          if (lone !== undefined) return
          const ahead = view!.peers.filter(({ state }) => (state?.set.base ?? 0) > 0)
          const behind = view!.peers.filter(({ state }) => (state?.set.base ?? 0) === 0)
          const [one] = has === 'the winning' ? behind : ahead
          if ((has === 'the winning' ? behind : ahead).length !== 1) return
          lone = one!.peer
          for (const peer of behind) {
            const state = peer.state as SwarmState
            const window = { set: state.set, epoch: state.clock.epoch, behind: 100, ahead: 0 }
            const examined = examine(bytes, state.membership, window)
            assert.ok(examined.kind === 'candidate')
            assert.equal(join(state, examined.candidate), 'update')
          }
        }
      }
      const done = await run({ manifest, seed, edges: complete(5), observers: [late] })
      assert.deepEqual(done.broken, [])
      assert.equal(done.outcome.end, 'settled')
      assert.equal(new Set(done.outcome.peers.map(({ stateDigest }) => stateDigest)).size, 1)
      const took = [...done.warnings].filter(([, all]) => all.some(text => text.startsWith('took over')))
      assert.deepEqual(
        took.map(([peer]) => peer),
        [lone]
      )
      for (const { state } of done.view.peers)
        assert.equal(reckon(state!.set as SwarmState['set'], 100).entries % 5, has === 'the winning' ? 0 : 1)
    })
})

describe('a peer', () => {
  it('that slept for many retentions takes over what it missed, and nothing is lost', async () => {
    const done = await run({
      manifest: forgetful(150),
      seed: 65,
      edges: complete(5),
      faults: [{ at: { epoch: 20 }, do: 'freeze', peers: [4], for: { epochs: 90 } }]
    })
    assertOne(done)
    const sleeper = done.view.peers[4]!.state!
    assert.ok(sleeper.own.signedEpoch > 120, 'it takes part again')
  })

  for (const hostile of ['snapshot-forger'] as const)
    it(`that joins late beside a ${hostile} follows the honest ones, and so does everybody`, async () => {
      const done = await run({
        manifest: forgetful(110),
        seed: 66,
        edges: complete(6),
        peers: [{ peers: [5], hostile }],
        faults: [{ at: { epoch: 70 }, do: 'join', peers: [0] }]
      })
      assert.deepEqual(done.broken, [])
      assert.equal(new Set(done.outcome.peers.map(({ stateDigest }) => stateDigest)).size, 1)
      assert.equal(done.outcome.peers.length, 5)
      assert.deepEqual(carriedOf(done).slice(0, 5), [0, 0, 0, 0, 0])
    })
})
