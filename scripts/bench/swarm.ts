/** Whole testnets, each run for a few seeds: how well they learn and what it costs. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { SummaryRecord } from 'starlings'
import { formatBytes, formatPercent, formatSeconds } from '#src/node/report/units.js'
import { runTestnet } from '../testnet/run.js'
import type { Benchmark, BenchOptions, BenchRow } from './index.js'

const TOPOLOGY = fileURLToPath(new URL('../topology/regular-16.json', import.meta.resolve('starlings')))
const SEEDS = [1, 2, 3]
const EPOCHS = { digits: [70], mnist: [60, 150] } as const
const MNIST = process.env.STARLINGS_MNIST ?? '../shared/data/mnist'

export type SwarmTask = keyof typeof EPOCHS
export const SWARM_TASKS: readonly string[] = Object.keys(EPOCHS)

/** One line of the table: the same testnet for every seed. */
export interface SwarmPlan {
  readonly task: SwarmTask
  readonly epochs: number
  readonly seeds: readonly number[]
  /** Of the command, but for the seed. */
  readonly args: readonly string[]
}

/**
 * What is to be run; what cannot be is told to `options.progress`.
 * @param exists whether there is such a folder
 */
export function planSwarm(options: BenchOptions, exists: (path: string) => boolean = existsSync): SwarmPlan[] {
  const { tasks = SWARM_TASKS, seeds = SEEDS, data = MNIST, progress } = options
  const plans: SwarmPlan[] = []
  for (const task of ['digits', 'mnist'] as const) {
    if (!tasks.includes(task)) continue
    if (task === 'mnist' && !exists(data)) {
      progress(
        `mnist is skipped: there is no folder ${data}; name the one of its IDX files with --data or STARLINGS_MNIST`
      )
      continue
    }
    for (const epochs of options.epochs ?? EPOCHS[task]) {
      const where = task === 'mnist' ? ['--data', data] : []
      const args = [TOPOLOGY, '--task', task, ...where, '--partition', 'dirichlet:0.1', '--epochs', String(epochs)]
      plans.push({ task, epochs, seeds, args })
    }
  }
  return plans
}

/** Medians over the runs, accuracies of the mean peer with their extremes. @param runs at least one */
export function swarmRow(
  { task, epochs }: Pick<SwarmPlan, 'task' | 'epochs'>,
  runs: readonly SummaryRecord[]
): BenchRow {
  const accuracies = runs.map(({ accuracy }) => accuracy.mean)
  const over = (figure: (run: SummaryRecord) => number | null) => median(runs.map(run => figure(run) ?? Number.NaN))
  return {
    task,
    epochs,
    seeds: runs.length,
    accuracy: median(accuracies),
    accuracyMin: Math.min(...accuracies),
    accuracyMax: Math.max(...accuracies),
    aloneAccuracy: over(run => run.aloneAccuracy?.mean ?? null),
    payloadBytesReceivedPerPeer: over(run => run.payloadBytesReceivedPerPeer.mean),
    denseBytesPerPeer: over(run => run.denseBytesPerPeer),
    wireToPayload: over(run => run.wireToPayload),
    wallSeconds: over(run => run.wallSeconds),
    firstEvaluationSeconds: over(run => run.firstEvaluationSeconds),
    cpuSeconds: over(run => run.cpuSeconds),
    peakRssBytes: over(run => run.peakRssBytes),
    digestsEqual: runs.every(run => run.digestsEqual && run.missingPeers.length === 0)
  }
}

/** Of an even number the lower one, so that it is a figure that was measured. */
function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[(values.length - 1) >> 1]!
}

/** The table that README.md quotes. */
function showSwarmRow(row: BenchRow): BenchRow {
  const figure = (name: string) => Number(row[name])
  const percent = (name: string) => formatPercent(figure(name))
  return {
    task: row.task!,
    epochs: row.epochs!,
    accuracy: `${percent('accuracy')} (${percent('accuracyMin')} – ${percent('accuracyMax')})`.replaceAll(' %', '%'),
    alone: percent('aloneAccuracy').replace(' ', ''),
    received: formatBytes(figure('payloadBytesReceivedPerPeer')),
    dense: formatBytes(figure('denseBytesPerPeer')),
    'wire ÷ payload': figure('wireToPayload').toFixed(2),
    wall: formatSeconds(figure('wallSeconds')),
    'first evaluation': formatSeconds(figure('firstEvaluationSeconds')),
    cpu: formatSeconds(figure('cpuSeconds')),
    'peak RSS': formatBytes(figure('peakRssBytes')),
    'one model': row.digestsEqual === true ? 'yes' : 'NO'
  }
}

export const swarmBenchmark: Benchmark = {
  summary: 'testnets of 16 peers: accuracy, bytes, seconds and memory (--task, --epochs, --seeds, --data)',
  setting:
    '16 peers on a random 4-regular graph (topology/regular-16.json), Dirichlet(0.1) shards; medians over the seeds, ' +
    'accuracy with the lowest and the highest. received = updates received per peer, dense = the same epochs with float32 ' +
    'updates of everyone, wire = everything at the sockets, wall = from the start of the process to the end of training, ' +
    'cpu until then and peak RSS of all processes together',
  async *run(options) {
    const plans = planSwarm(options)
    const total = plans.reduce((sum, { seeds }) => sum + seeds.length, 0)
    let begun = 0
    for (const plan of plans) {
      const runs: SummaryRecord[] = []
      for (const seed of plan.seeds) {
        options.progress(`${plan.task}, ${plan.epochs} epochs, seed ${seed} (run ${++begun} of ${total})`)
        runs.push(await runTestnet([...plan.args, '--seed', String(seed)]))
      }
      yield swarmRow(plan, runs)
    }
  },
  show: showSwarmRow
}
