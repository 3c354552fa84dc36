import assert from 'node:assert/strict'
import type { Manifest } from '#src/core/protocol/manifest.js'
import { createSimIdentities } from '#src/node/sim-identities.js'
import { createInvariants } from '#src/sim/invariants/create.js'
import { runScenario, type ScenarioInit, type ScenarioOutcome } from '#src/sim/scenario.js'
import { createSyntheticTrainer } from '#src/sim/trainer.js'
import { createTopology } from '#src/topology/index.js'
import { drain, testManifest } from '../support/flock.js'

const PEERS = 8
const clock = { minEpochMs: 200, maxEpochMs: 4000, minDeadlineMs: 500, graceMs: 1000, aloneGraceMs: 3000 }

const NEVER: Manifest['stop']['plateau'] = null

interface Run {
  readonly outcome: ScenarioOutcome
  /** Of each peer, how its epochs closed. */
  readonly closed: readonly { peer: number; epoch: number; by: string; updates: number; ms: number; atMs: number }[]
}

async function runWell(
  init: Partial<ScenarioInit>,
  { peers = PEERS, degree = 4, epochs = 40, stepMs = 20, seed = 1, liars = 1, plateau = NEVER } = {}
): Promise<Run> {
  const manifest = testManifest({ clock: { ...clock, liars }, stop: { epochs, plateau } })
  const invariants = createInvariants()
  const closed: Run['closed'][number][] = []
  const working: number[] = []
  let now = () => 0
  const outcome = await runScenario({
    topology: createTopology('regular', { peers, degree, seed: 1 }),
    manifest,
    identities: createSimIdentities(peers, seed),
    seed,
    trainer: ({ peer, clock, slowdown }) =>
      createSyntheticTrainer({ tensors: manifest.params.tensors, seed: 1, peer, clock, stepMs: stepMs * slowdown }),
    drain,
    observers: [
      invariants,
      {
        onBegin: view => {
          now = view.now
        },
        onStep: ({ peer, state }, { effects }) => {
          if (state!.own.resting && effects.some(({ type }) => type === 'train' || type === 'seal')) working.push(peer)
        },
        onEpoch: ({ peer }, { epoch, closedBy: by, updates, durationMs: ms }) =>
          closed.push({ peer, epoch, by, updates, ms, atMs: now() })
      }
    ],
    ...init
  })
  assert.deepEqual(invariants.broken, [])
  assert.deepEqual(working, [], 'nobody who rests trains or publishes')
  assert.equal(outcome.end, 'settled')
  assert.equal(new Set(outcome.peers.map(({ stateDigest }) => stateDigest)).size, 1)
  assert.equal(outcome.peers.length, peers)
  return { outcome, closed }
}

describe('resting', () => {
  it('keeps nobody waiting: the others go on by quorum while a third of the swarm rests', async () => {
    const { closed, outcome } = await runWell({ rests: (peer, second) => peer < 3 && second >= 4 }, { epochs: 60 })
    const meanwhile = closed.filter(({ atMs }) => atMs > 6000)
    const byDeadline = meanwhile.filter(({ by }) => by === 'deadline')
    assert.ok(meanwhile.length > 100, `${meanwhile.length} epochs closed`)
    assert.ok(byDeadline.length <= meanwhile.length / 20, `${byDeadline.length} of ${meanwhile.length} by deadline`)
    assert.ok(meanwhile.every(({ updates }) => updates <= PEERS - 3))
    for (const { peer, status } of outcome.peers) assert.deepEqual(status.resting, peer < 3 ? ['asked'] : [])
  })

  it('a swarm of which all rest stands still, and goes on where it stood when one wakes', async () => {
    const { closed } = await runWell(
      { rests: (peer, second) => second >= 6 && second < (peer === 5 ? 60 : 70) },
      { epochs: 80 }
    )
    const during = closed.filter(({ atMs }) => atMs > 12_000 && atMs < 60_000)
    assert.deepEqual(during, [])
    const alone = closed.filter(({ atMs }) => atMs > 62_000 && atMs < 69_000)
    assert.ok(alone.some(({ peer }) => peer !== 5) && alone.some(({ peer }) => peer === 5))
    assert.ok(alone.every(({ updates }) => updates <= 1))
    assert.ok(closed.some(({ atMs, updates }) => atMs > 70_000 && updates === PEERS))
  })

  it('one that trains is followed by many that rest', async () => {
    for (const liars of [0, 1, 3])
      await runWell({ rests: (peer, second) => peer !== 2 && second >= 3 }, { liars, epochs: 30 })
  })

  it('also when that one is new, or was away, and begins an epoch later than the others stand', async () => {
    const rests = (peer: number, second: number) => peer !== 2 && second >= 3
    const away = { at: { seconds: 8 }, do: 'crash' as const, peers: [2], for: { seconds: 20 } }
    const late = { at: { seconds: 20 }, do: 'join' as const, peers: [2] }
    for (const event of [away, late])
      for (const liars of [0, 1, 2])
        await runWell({ rests, faults: { faults: 1, name: event.do, events: [event] } }, { epochs: 60, liars })
  })

  it('async peers rest as well', async () => {
    const rests = (peer: number, second: number) => peer > 4 && second % 7 >= 3
    const { outcome } = await runWell({ mode: 'async', rests }, { stepMs: 60 })
    assert.ok(outcome.peers[6]!.status.discardedSteps > 0)
  })

  it('local steps that rest breaks off are counted, and the residual stays as it was', async () => {
    const { outcome } = await runWell(
      { rests: (peer, second) => peer === 0 && second % 6 >= 3 },
      { stepMs: 120, epochs: 24 }
    )
    assert.ok(outcome.peers[0]!.status.discardedSteps > 0)
  })

  for (let seed = 1; seed <= 6; seed++)
    it(`keeps all promises where peers rest, wake, crash and leave (seed ${seed})`, async () => {
      await runWell(
        {
          seed,
          faults: {
            faults: 1,
            name: 'rest and churn',
            links: [{ between: 'all', loss: 0.1 }],
            events: [
              { at: { seconds: 7 }, do: 'crash', peers: { count: 2 }, for: { seconds: 4 } },
              { at: { seconds: 12 }, do: 'partition', groups: 2, for: { seconds: 5 } },
              { at: { seconds: 15 }, do: 'freeze', peers: { count: 2 }, for: { seconds: 6 } },
              { at: { seconds: 22 }, do: 'leave', peers: { count: 1 }, for: { seconds: 4 } }
            ]
          },
          rests: (peer, second) => (second + 5 * peer + seed) % 13 < 4 && second < 60
        },
        { seed, epochs: 60 }
      )
    })
})

describe('a plateau', () => {
  const plateau = { epochs: 12, minGain: 0.001 }
  const options = { epochs: 100_000, plateau }

  it('ends training where nothing is gained any more: all rest, with one model', async () => {
    const { outcome, closed } = await runWell({ evaluationShare: 1 }, options)
    for (const { status, evaluation } of outcome.peers) {
      assert.deepEqual(status.resting, ['plateau'])
      assert.ok(status.still)
      assert.ok(evaluation!.accuracy > 0.95)
      assert.ok(status.epoch > plateau.epochs && status.epoch < 300, `epoch ${status.epoch}`)
    }
    const [first] = outcome.peers
    assert.ok(outcome.peers.every(({ status }) => status.setDigest === first!.status.setDigest))
    assert.ok(closed.length > 0)
  })

  it('is reached by two halves apart, which have one model once they come together', async () => {
    const apart = { at: { seconds: 2 }, do: 'partition' as const, groups: 2, for: { seconds: 1000 } }
    const { outcome } = await runWell(
      { evaluationShare: 1, faults: { faults: 1, name: 'apart', events: [apart] } },
      options
    )
    assert.ok(outcome.peers.every(({ status }) => status.still))
  })

  for (let seed = 1; seed <= 3; seed++)
    it(`is reached in spite of losses and churn (seed ${seed})`, async () => {
      const events = [
        {
          at: { seconds: 4 },
          every: { seconds: 5 },
          until: { seconds: 25 },
          do: 'crash' as const,
          peers: { count: 2 },
          for: { seconds: 3 }
        }
      ]
      const links = [{ between: 'all' as const, loss: 0.2 }]
      const { outcome } = await runWell(
        { evaluationShare: 1, seed, faults: { faults: 1, name: 'churn', links, events } },
        { ...options, seed }
      )
      assert.ok(outcome.peers.every(({ status }) => status.still))
    })
})
