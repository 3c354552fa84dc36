/** What faults cost: the same digits swarm with and without them, seed by seed, on virtual time. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Faults, parseFaults } from '#src/faults/index.js'
import { parseTopology, type Topology } from '#src/topology/index.js'
import type { Benchmark, BenchRow } from './index.js'
import { median, runSimulated, type SimulatedFigures, type SimulatedRun } from './simulated.js'

const SEEDS = [1, 2, 3, 4, 5]
const EPOCHS = 60
/** Of the run whose partition outlasts what raw updates are kept for. */
const RETENTION = 32
const LONG_EPOCHS = 160

type Setting = Omit<SimulatedRun, 'seed' | 'topology'>

interface Comparison {
  readonly name: string
  readonly setting: Setting
  /** What it is compared with, for the same seed. */
  readonly against: 'none' | 'none, async' | 'none, long'
}

const BASELINES: Readonly<Record<Comparison['against'], Setting>> = {
  none: { epochs: EPOCHS },
  'none, async': { epochs: EPOCHS, mode: 'async' },
  'none, long': { epochs: LONG_EPOCHS, limits: { retentionEpochs: RETENTION } }
}

const repository = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.resolve('starlings')))
const read = (path: string) => readFileSync(repository(path), 'utf8')
const faultsOf = (name: string) => parseFaults(read(`topology/faults/${name}.json`), name)

const LONG_PARTITION: Faults = {
  faults: 1,
  name: 'partition of 3 retentions',
  events: [{ at: { epoch: 16 }, do: 'partition', groups: 2, for: { epochs: 3 * RETENTION } }]
}

function comparisons(): Comparison[] {
  const of = (name: string): Comparison => ({
    name,
    setting: { epochs: EPOCHS, faults: faultsOf(name) },
    against: 'none'
  })
  const slow = of('slow-quarter')
  return [
    of('loss-10'),
    of('loss-30'),
    slow,
    of('partition'),
    of('churn'),
    of('liars'),
    { name: 'slow-quarter, async', setting: { ...slow.setting, mode: 'async' }, against: 'none, async' },
    {
      name: 'partition of 3 retentions',
      setting: { ...BASELINES['none, long'], faults: LONG_PARTITION },
      against: 'none, long'
    }
  ]
}

/** Medians over the seeds; what must hold in each run is taken from the worst. */
function rowOf(name: string, runs: readonly SimulatedFigures[], baseline: readonly SimulatedFigures[]): BenchRow {
  const over = (figure: (run: SimulatedFigures, i: number) => number) => median(runs.map(figure))
  /** The faster half of the peers, whom slow ones must not hold up. */
  const fast = ({ rate }: SimulatedFigures) => median(rate.filter(each => each >= median(rate)))
  return {
    faults: name,
    seeds: runs.length,
    accuracy: over(run => run.accuracy),
    points: 100 * over((run, i) => run.accuracy - baseline[i]!.accuracy),
    'rounds/s of the fast ÷ without': over((run, i) => fast(run) / fast(baseline[i]!)),
    'longest wait ms': Math.max(...runs.map(run => run.longestMs)),
    'deadline ms': Math.max(...runs.map(run => run.longestDeadlineMs)),
    'deadline at the end ms': over(run => run.deadlines.get(Math.max(...run.deadlines.keys())) ?? Number.NaN),
    'without ms': over((_, i) => baseline[i]!.deadlines.get(Math.max(...baseline[i]!.deadlines.keys())) ?? Number.NaN),
    published: over(run => run.published),
    'held by all': over(run => run.held),
    carried: over(run => run.carriedUpdates),
    lost: over(run => run.lostUpdates),
    'one model': runs.every(run => run.digestsEqual && run.bases === 1),
    'invariants broken': runs.reduce((sum, run) => sum + run.broken.length, 0)
  }
}

export const faultsBenchmark: Benchmark = {
  summary: 'what loss, slow peers, partitions, churn and liars cost 16 digits peers on virtual time (--seeds)',
  setting:
    '16 digits peers on topology/regular-16.json, Dirichlet(0.1), 60 epochs, simulated; each run is compared with the run of ' +
    'the same seed without faults. accuracy = mean over peers and the last ten epochs; points = median difference; medians ' +
    'over the seeds, waits and deadlines are the longest of all',
  async *run({ seeds = SEEDS, progress }) {
    const topology: Topology = parseTopology(read('topology/regular-16.json'), 'regular-16.json')
    const done = new Map<string, SimulatedFigures[]>()
    const runs = async (name: string, setting: Setting): Promise<SimulatedFigures[]> => {
      const known = done.get(name)
      if (known !== undefined) return known
      const figures: SimulatedFigures[] = []
      for (const seed of seeds) {
        progress(`${name}, seed ${seed}`)
        figures.push(await runSimulated({ ...setting, topology, seed }))
      }
      done.set(name, figures)
      return figures
    }
    for (const { name, setting, against } of comparisons()) {
      const known = done.has(against)
      const baseline = await runs(against, BASELINES[against])
      if (!known) yield rowOf(against, baseline, baseline)
      yield rowOf(name, await runs(name, setting), baseline)
    }
  }
}
