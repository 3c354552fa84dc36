/** A day of virtual time with peers coming and going: whether memory and disk stay where they are. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Faults } from '#src/faults/index.js'
import { syntheticTrainers } from '#src/node/sim/trainers.js'
import { createSimIdentities } from '#src/node/sim-identities.js'
import { createInvariants } from '#src/sim/invariants/create.js'
import type { RunObserver } from '#src/sim/observer.js'
import { runScenario } from '#src/sim/scenario.js'
import { createTopology } from '#src/topology/index.js'
import { createManifest } from '#src/train/manifest.js'
import type { Benchmark, BenchRow } from './index.js'

const PEERS = 16
const HOURS = 24
/** An epoch of 30 s: what is kept of the past is full after a sixth of the day. */
const EPOCH_MS = 30_000
const ROW_HOURS = 2

const CHURN: Faults = {
  faults: 1,
  name: 'a day of churn',
  links: [{ between: 'all', loss: 0.05 }],
  events: [
    { at: { epoch: 5 }, every: { epochs: 5 }, do: 'crash', peers: { count: 1 }, for: { epochs: 5 }, disk: 'kept' },
    { at: { epoch: 33 }, every: { epochs: 100 }, do: 'crash', peers: { count: 1 }, for: { epochs: 4 }, disk: 'lost' },
    { at: { epoch: 50 }, every: { epochs: 60 }, do: 'leave', peers: { count: 1 }, for: { epochs: 40 } }
  ]
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
}

export const soakBenchmark: Benchmark = {
  summary: '24 h of virtual time, 16 peers, churn: memory and disk (--epochs of 30 s instead of a day)',
  setting:
    `${PEERS} peers, epochs of 30 s, a crash every 5 epochs, one in 20 with its disk, people who leave and come back, 5 % loss; ` +
    'raw updates kept for 512 epochs (4.3 h). Largest of the peers that are up; heap of the whole process after a collection',
  async *run({ seeds = [1], epochs = [(HOURS * 3_600_000) / EPOCH_MS], progress }): AsyncIterable<BenchRow> {
    for (const count of epochs) for (const seed of seeds) yield* await soak(seed, count, progress)
  }
}

async function soak(seed: number, epochs: number, progress: (line: string) => void): Promise<BenchRow[]> {
  const manifest = createManifest({
    task: { kind: 'digits' },
    name: 'soak',
    model: { kind: 'mlp', inputs: 6, hidden: [], classes: 10 },
    seed,
    epochs,
    expectedPeers: PEERS,
    density: 0.25,
    clock: { minEpochMs: EPOCH_MS, maxEpochMs: 4 * EPOCH_MS, minDeadlineMs: 1.5 * EPOCH_MS }
  })
  const rows: BenchRow[] = []
  const invariants = createInvariants()
  const observer: RunObserver = {
    onSecond({ now, peers }) {
      const hours = now() / 3_600_000
      if (hours < (rows.length + 1) * ROW_HOURS) return
      const up = peers.filter(peer => peer.condition === 'up' && peer.state !== undefined)
      const most = (figure: (peer: (typeof up)[number]) => number) => Math.max(...up.map(figure))
      collectGarbage()
      progress(`${Math.round(hours)} h`)
      rows.push({
        'virtual hours': Math.round(hours),
        epoch: most(({ state }) => state!.clock.epoch),
        up: up.length,
        'updates held': most(({ state }) => state!.set.size),
        'set bytes': most(({ state }) => state!.set.bytes),
        'disk bytes': most(({ disk }) => disk.bytes()),
        'claims held': most(({ state }) => state!.clock.claims.size),
        'heap MB': process.memoryUsage().heapUsed / 2 ** 20,
        'invariants broken': invariants.broken.length
      })
    }
  }
  const outcome = await runScenario({
    topology: createTopology('regular', { peers: PEERS, degree: 4, seed }),
    manifest,
    identities: createSimIdentities(PEERS, seed),
    seed,
    faults: CHURN,
    pulseMs: 2000,
    trainer: syntheticTrainers(manifest).open,
    observers: [invariants, observer],
    drain: () => new Promise(resolve => setImmediate(resolve))
  })
  progress(`${outcome.end} after ${(outcome.virtualSeconds / 3600).toFixed(1)} virtual hours`)
  return rows
}
