/** Runs many seeds of one scenario and shrinks the first that breaks a promise: `npm run sweep -- --seeds 500 --faults FILE`. */
import { mkdir, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { Command, CommanderError, Option } from 'commander'
import { describeFailure } from '#src/node/cli/errors.js'
import { integer } from '#src/node/cli/values.js'
import { readTopology } from '#src/node/commands/testnet.js'
import { readFaults } from '#src/node/sim/plan.js'
import { describeViolation } from '#src/node/sim/summary.js'
import { formatTopology } from '#src/topology/index.js'
import type { Job, JobResult } from './sweep/job.js'
import { createPool } from './sweep/pool.js'
import { shrink } from './sweep/shrink.js'

interface Options {
  readonly seeds: number
  readonly first: number
  readonly faults?: string
  readonly topology: string
  readonly epochs: number
  readonly mode: 'sync' | 'async'
  readonly workers: number
  readonly all?: boolean
  readonly shrink: boolean
  readonly maxRuns: number
  readonly out: string
}

const program = new Command('sweep')
  .description(
    'Runs seeds of one scenario with synthetic training and tells the first that breaks an invariant, shrunk.'
  )
  .addOption(new Option('--seeds <N>', 'how many').argParser(integer(1, 1_000_000)).default(100))
  .addOption(new Option('--first <SEED>', 'the first of them').argParser(integer(0, 2 ** 40)).default(1))
  .addOption(new Option('--faults <FILE>', 'what goes wrong (default: nothing)'))
  .addOption(new Option('--topology <FILE>', 'who dials whom').default('topology/regular-16.json'))
  .addOption(new Option('--epochs <N>', 'of each run').argParser(integer(1, 1_000_000)).default(40))
  .addOption(new Option('--mode <MODE>', 'how peers train').choices(['sync', 'async']).default('sync'))
  .addOption(
    new Option('--workers <N>', 'processes').argParser(integer(1, 256)).default(availableParallelism(), 'one per core')
  )
  .option('--all', 'go on after the first seed that fails, and count them')
  .option('--no-shrink', 'tell it as it is')
  .addOption(new Option('--max-runs <N>', 'most runs to shrink it').argParser(integer(1, 100_000)).default(300))
  .addOption(new Option('--out <DIR>', 'where the smaller topology and faults are written').default('sweep-failure'))

/** A line of progress at most this often. */
const PROGRESS_MS = 5000

interface Failed {
  readonly job: Job
  readonly result: JobResult
}

async function sweep(options: Options): Promise<number> {
  const { seeds, first, epochs, mode, workers } = options
  const topology = await readTopology(options.topology)
  const faults = options.faults === undefined ? undefined : await readFaults(options.faults, topology, first)
  const pool = createPool(Math.min(workers, seeds))
  const started = performance.now()
  const failed: Failed[] = []
  const totals = { done: 0, cpu: 0, worstSettle: 0 }
  let toldAt = started
  let next = first
  const seconds = () => (performance.now() - started) / 1000

  function tell(): void {
    const { done, cpu } = totals
    const left = (seconds() / done) * (seeds - done)
    const broken = failed.length === 0 ? 'none broken' : `${failed.length} broken`
    console.log(
      `${done} of ${seeds} seeds, ${broken}, ${(cpu / done).toFixed(2)} CPU-s each, ${left.toFixed(0)} s left`
    )
    toldAt = performance.now()
  }

  /** Seeds are begun in their order, so the first failing one is known when those before it are done. */
  async function work(): Promise<void> {
    while (next < first + seeds && (options.all === true || failed.length === 0)) {
      const job: Job = { topology, faults, seed: next++, epochs, mode }
      const result = await pool.run(job)
      totals.done++
      totals.cpu += result.cpuSeconds
      totals.worstSettle = Math.max(totals.worstSettle, result.settleSeconds)
      if (result.broken.length > 0) {
        failed.push({ job, result })
        console.log(`seed ${job.seed}: ${describeViolation(result.broken[0]!)}`)
      }
      if (performance.now() - toldAt >= PROGRESS_MS) tell()
    }
  }

  try {
    await Promise.all(Array.from({ length: workers }, work))
    const cpu = (totals.cpu / totals.done).toFixed(2)
    console.log(
      `${totals.done} seeds in ${seconds().toFixed(0)} s, ${cpu} CPU-s each; slowest to settle: ` +
        `${totals.worstSettle.toFixed(1)} virtual s; ${failed.length === 0 ? 'every invariant held' : `${failed.length} broken`}`
    )
    if (failed.length === 0) return 0
    failed.sort((a, b) => a.job.seed - b.job.seed)
    await report(failed[0]!, options, job => pool.run(job))
    return 1
  } finally {
    pool.stop()
  }
}

async function report({ job, result }: Failed, options: Options, run: (job: Job) => Promise<JobResult>): Promise<void> {
  const faults = options.faults === undefined ? '' : ` --faults ${options.faults}`
  const common = (of: Job) => `--trainer synthetic --mode ${of.mode} --epochs ${of.epochs} --seed ${of.seed}`
  console.log(`\nfirst failing seed: ${job.seed}`)
  console.log(`  starlings sim ${options.topology}${faults} ${common(job)}`)
  if (!options.shrink) return
  console.log('shrinking it ...')
  const small = await shrink(job, result, { run, width: options.workers, maxRuns: options.maxRuns })
  await mkdir(options.out, { recursive: true })
  const file = (name: string) => join(options.out, name)
  await writeFile(file('topology.json'), formatTopology(small.job.topology))
  if (small.job.faults !== undefined)
    await writeFile(file('faults.json'), `${JSON.stringify(small.job.faults, null, 2)}\n`)
  const entries = (['links', 'peers', 'disks', 'events'] as const).reduce(
    (sum, list) => sum + (small.job.faults?.[list]?.length ?? 0),
    0
  )
  console.log(
    `after ${small.runs} runs: ${small.job.topology.peers} peers, ${small.job.epochs} epochs, ${entries} faults left`
  )
  for (const violation of small.result.broken.slice(0, 5)) console.log(`  ${describeViolation(violation)}`)
  const smallFaults = small.job.faults === undefined ? '' : ` --faults ${file('faults.json')}`
  console.log(`  starlings sim ${file('topology.json')}${smallFaults} ${common(small.job)}`)
}

try {
  program.exitOverride().parse(process.argv.slice(2), { from: 'user' })
  process.exitCode = await sweep(program.opts<Options>())
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
  else {
    const failure = describeFailure(error, process.argv.includes('--verbose'))
    console.error(failure.text)
    process.exitCode = failure.exitCode
  }
}
