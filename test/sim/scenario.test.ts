import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { type Faults, parseFaults } from '#src/faults/index.js'
import { createSimIdentities } from '#src/node/sim-identities.js'
import { createInvariants } from '#src/sim/invariants/create.js'
import type { RunObserver } from '#src/sim/observer.js'
import { runScenario, type ScenarioInit, type ScenarioOutcome } from '#src/sim/scenario.js'
import { createSyntheticTrainer } from '#src/sim/trainer.js'
import { createTopology } from '#src/topology/index.js'
import { drain, testManifest } from '../support/flock.js'

const PEERS = 8
const topology = createTopology('regular', { peers: PEERS, degree: 4, seed: 1 })
const clock = {
  minEpochMs: 200,
  maxEpochMs: 4000,
  minDeadlineMs: 500,
  graceMs: 1000,
  aloneGraceMs: 3000
}
const manifest = testManifest({ clock, stop: { epochs: 12 } })

function run(
  faults: Partial<Faults>,
  { seed = 1, observers = [], ...init }: Partial<ScenarioInit> = {}
): Promise<ScenarioOutcome> {
  return runScenario({
    topology,
    manifest,
    identities: createSimIdentities(PEERS, seed),
    seed,
    faults: { faults: 1, name: 'test', ...faults },
    trainer: ({ peer, clock, slowdown }) =>
      createSyntheticTrainer({ tensors: manifest.params.tensors, seed: 1, peer, clock, stepMs: 20 * slowdown }),
    drain,
    observers,
    ...init
  })
}

/** A run in which all must hold. */
async function runWell(faults: Partial<Faults>, init: Partial<ScenarioInit> = {}): Promise<ScenarioOutcome> {
  const invariants = createInvariants()
  const outcome = await run(faults, { ...init, observers: [invariants, ...(init.observers ?? [])] })
  assert.deepEqual(invariants.broken, [])
  assert.equal(outcome.end, 'settled')
  assert.equal(new Set(outcome.peers.map(({ stateDigest }) => stateDigest)).size, 1)
  return outcome
}

const shipped = (name: string) =>
  parseFaults(readFileSync(new URL(`../../../../topology/faults/${name}.json`, import.meta.url), 'utf8'), name)

describe('a scenario', () => {
  it('without faults trains everybody to the end, with one model', async () => {
    const outcome = await runWell({})
    assert.equal(outcome.peers.length, PEERS)
    assert.deepEqual([outcome.missing, outcome.hostile], [[], []])
    assert.ok(outcome.peers.every(({ status }) => status.epoch === 12 && status.updates === 12 * PEERS))
    assert.ok(outcome.peers.every(({ evaluation }) => evaluation!.accuracy > 0.95))
  })

  it('is the same run for the same seed, and another one for another', async () => {
    const storm = shipped('storm')
    const text: string[] = []
    const first = await run(storm, { onLog: lines => text.push(lines) })
    const second = await run(storm)
    const other = await run(storm, { seed: 2 })
    assert.equal(second.eventLogDigest, first.eventLogDigest)
    assert.deepEqual(second.peers, first.peers)
    assert.notEqual(other.eventLogDigest, first.eventLogDigest)
    assert.equal(text.join('').split('\n').length - 1, first.events)
  })

  it('draws nothing for whoever looks on', async () => {
    let steps = 0
    const seen = await run({}, { observers: [{ onStep: () => void steps++ }] })
    assert.ok(steps > 100)
    assert.equal((await run({})).eventLogDigest, seen.eventLogDigest)
  })

  for (const name of ['loss-10', 'loss-30', 'slow-quarter', 'partition', 'churn', 'storm'])
    it(`holds what must hold with ${name}`, async () => {
      await runWell(shipped(name))
    })

  it('holds what must hold with seven liars among sixteen', async () => {
    const sixteen = createTopology('regular', { peers: 16, degree: 4, seed: 1 })
    const tolerant = testManifest({ clock: { ...clock, liars: 7 }, stop: { epochs: 12 } })
    const outcome = await runWell(shipped('liars'), {
      topology: sixteen,
      manifest: tolerant,
      identities: createSimIdentities(16, 1)
    })
    assert.equal(outcome.hostile.length, 7)
  })

  it('loses on a link what its rules say, in the direction they say', async () => {
    const arrived = new Map<string, number>()
    const init = { onLog: (text: string) => countGossip(text, arrived) }
    const [a, b] = topology.edges[0]!
    await runWell({ links: [{ between: [[a, b]], oneWay: true, loss: 1 }] }, init)
    assert.equal(arrived.get(`${a} ${b}`) ?? 0, 0)
    assert.ok((arrived.get(`${b} ${a}`) ?? 0) > 0)
  })

  it('has a killed peer come back with its disk, and goes on without one that does not', async () => {
    const lives: string[] = []
    const outcome = await runWell(
      {
        events: [
          { at: { epoch: 3 }, do: 'crash', peers: [2], for: { epochs: 3 } },
          { at: { epoch: 4 }, do: 'crash', peers: [5] }
        ]
      },
      { observers: [noteLives(lives)] }
    )
    assert.deepEqual(
      lives.filter(life => !life.endsWith('new')),
      ['2 gone', '5 gone', '2 kept']
    )
    assert.deepEqual(outcome.missing, [5])
    assert.equal(outcome.peers.find(({ peer }) => peer === 2)?.status.epoch, 12)
  })

  it('brings late peers in, lets others leave and return, and freezes some', async () => {
    const lives: string[] = []
    const outcome = await runWell(
      {
        events: [
          { at: { epoch: 5 }, do: 'join', peers: [7] },
          { at: { epoch: 3 }, do: 'leave', peers: [1], for: { epochs: 4 } },
          { at: { epoch: 4 }, do: 'freeze', peers: [4], for: { seconds: 6 } }
        ]
      },
      { observers: [noteLives(lives)] }
    )
    assert.deepEqual(lives.slice(PEERS - 1), ['1 gone', '7 new', '1 new'])
    assert.deepEqual(outcome.missing, [])
  })

  it('cuts a partition, in which both halves train on, and heals it', async () => {
    const groups = [
      [0, 1, 2, 3],
      [4, 5, 6, 7]
    ]
    const cut: boolean[] = []
    const outcome = await runWell(
      { events: [{ at: { epoch: 3 }, do: 'partition', groups, for: { epochs: 5 } }] },
      {
        observers: [
          {
            onSecond: view => {
              const across = topology.edges.filter(([a, b]) => a < 4 !== b < 4)
              cut.push(across.every(([a, b]) => !view.connected(a, b)))
            }
          }
        ]
      }
    )
    assert.ok(cut.includes(true))
    assert.equal(cut.at(-1), false)
    assert.equal(outcome.peers.length, PEERS)
  })

  it('tells that training stood still', async () => {
    const outcome = await run({ events: [{ at: { epoch: 2 }, do: 'freeze', peers: 'all', for: { seconds: 9999 } }] })
    assert.equal(outcome.end, 'stalled')
  })

  it('ends at the next event when it is told to', async () => {
    const controller = new AbortController()
    const observer: RunObserver = { onSecond: () => controller.abort(new Error('enough')) }
    await assert.rejects(run({}, { observers: [observer], signal: controller.signal }), /enough/)
  })

  it('fails with what an observer throws', async () => {
    const observer: RunObserver = {
      onSecond() {
        throw new Error('seen enough')
      }
    }
    await assert.rejects(run({}, { observers: [observer] }), /seen enough/)
  })
})

function noteLives(lives: string[]): RunObserver {
  return {
    onStart: ({ peer }, disk) => void lives.push(`${peer} ${disk ?? 'new'}`),
    onGone: ({ peer }) => void lives.push(`${peer} gone`)
  }
}

function countGossip(text: string, arrived: Map<string, number>): void {
  for (const line of text.split('\n')) {
    const [, kind, from, to, , delay] = line.split(' ')
    if (kind === 'gossip' && delay !== '') arrived.set(`${from} ${to}`, (arrived.get(`${from} ${to}`) ?? 0) + 1)
  }
}
