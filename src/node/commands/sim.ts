/** `starlings sim`: a whole swarm on virtual time, where things go wrong, and whether all holds that must. */
import { createWriteStream } from 'node:fs'
import { parameterCount } from '../../core/protocol/init.js'
import type { Manifest } from '../../core/protocol/manifest.js'
import { compileFaults, type PeerPlan } from '../../faults/index.js'
import { systemClock } from '../../net/clock.js'
import type { ScenarioOutcome } from '../../sim/scenario.js'
import type { Topology } from '../../topology/index.js'
import { InputError } from '../cli/errors.js'
import { listenForInterrupts, unlessInterrupted } from '../cli/interrupt.js'
import type { SimOptions } from '../cli/options.js'
import { createJsonLines, type JsonLines, type SimSummaryRecord } from '../json.js'
import { OutFolder } from '../out-folder.js'
import { createLiveView } from '../report/live.js'
import { repeatingCommand } from '../sim/again.js'
import { SimConsole } from '../sim/console.js'
import { tallyFaults } from '../sim/fault-records.js'
import { planSim, readFaults, type SimPlan } from '../sim/plan.js'
import { writeSimResults } from '../sim/results.js'
import { runPlanned } from '../sim/run.js'
import { describeDesertion, describeViolation, summariseSim } from '../sim/summary.js'
import type { SimTrainers } from '../sim/trainers.js'
import { Board } from '../testnet/board.js'
import type { AloneCurve } from '../testnet/calls.js'
import { readTopology } from './testnet.js'

/** Points of the alone baseline in the plot, and the samples of each. */
const CHECKPOINTS = 20
const CHECKPOINT_SAMPLES = 256

export async function sim(path: string, options: SimOptions): Promise<void> {
  const interrupts = listenForInterrupts()
  const { signal } = interrupts
  const topology = await unlessInterrupted(signal, readTopology(path))
  const faults = options.faults === undefined ? undefined : await readFaults(options.faults, topology, options.seed)
  const plan = await unlessInterrupted(signal, planSim(topology, faults, options))
  const out =
    options.out === undefined ? undefined : await OutFolder.open(options.out, { replace: options.force ?? false })
  await out?.write('manifest.json', `${JSON.stringify(plan.manifest, null, 2)}\n`)
  const records = openRecords(options, out)
  const console = openConsole(options, topology, plan, records)
  const log = out && createWriteStream(out.path('events.log'))
  let ran: Ran
  let complete = false
  try {
    const run = { path, options, topology, plan, console, signal, onLog: log && ((text: string) => log.write(text)) }
    ran = await unlessInterrupted(signal, simulate(run))
    if (out) await writeSimResults(out, { ...plan, ...ran, real: options.trainer === 'real', console })
    complete = true
    records.stdout?.write(ran.summary)
    console.summary(ran.summary)
  } finally {
    console.stop()
    await Promise.all(Object.values(records).map(lines => lines.end()))
    if (log) await new Promise(resolve => log.end(resolve))
    if (out && !complete)
      process.stderr.write(
        `--out ${options.out} holds the manifest, the epochs and the events until now; it has no summary, plot or model\n`
      )
    interrupts.release()
  }
  failOn(ran, options.seed)
}

/** @throws {InputError} with the command that repeats the run, when anything was broken; or that says who is left */
function failOn({ outcome, summary }: Ran, seed: number): void {
  const [first] = summary.invariantsBroken
  if (first !== undefined) {
    const again = repeatingCommand(process.argv.slice(2), seed)
    throw new InputError(`an invariant was broken: ${describeViolation(first)}\nIt happens again with: ${again}`)
  }
  if (outcome.end === 'deserted') throw new InputError(describeDesertion(summary))
  if (outcome.peers.length === 0) throw new InputError('no honest peer was left at the end; let fewer of them go')
}

interface Run {
  readonly options: SimOptions
  readonly topology: Topology
  readonly plan: SimPlan
  readonly console: SimConsole
  readonly signal: AbortSignal
  readonly onLog: ((text: string) => void) | undefined
}

export interface Ran {
  readonly outcome: ScenarioOutcome
  readonly alone: readonly AloneCurve[]
  readonly summary: SimSummaryRecord
}

async function simulate({ options, topology, plan, console, signal, onLog }: Run): Promise<Ran> {
  const { manifest } = plan
  const { seed } = options
  const trainers = await plan.trainers()
  const { outcome, broken } = await runPlanned(topology, plan, trainers, options, {
    observers: [console],
    onLog,
    signal
  })
  const wallSeconds = performance.now() / 1000
  // With nobody left there is nothing to compare.
  const alone = outcome.peers.length === 0 ? [] : await trainAlone(trainers, manifest, topology, console, signal)
  const { firstEvaluationSeconds } = console
  const faults = plan.faults === undefined ? null : tallyFaults(console.faults, plan.faults, outcome.neverCame)
  const summary = summariseSim({ manifest, seed, outcome, broken, alone, wallSeconds, firstEvaluationSeconds, faults })
  return { outcome, alone, summary }
}

async function trainAlone(
  trainers: SimTrainers,
  manifest: Manifest,
  topology: Topology,
  console: SimConsole,
  signal: AbortSignal
): Promise<AloneCurve[]> {
  if (trainers.alone === undefined) return []
  console.phase('training alone, to compare')
  const epochs = manifest.stop.epochs ?? 0
  const every = Array.from({ length: CHECKPOINTS }, (_, i) => Math.round((epochs * i) / CHECKPOINTS))
  const checkpoints = [...new Set(every)].filter(epoch => epoch > 0)
  const curves: AloneCurve[] = []
  for await (const curve of trainers.alone({ epochs, checkpoints, samples: CHECKPOINT_SAMPLES })) {
    signal.throwIfAborted()
    curves.push(curve)
    for (let peer = 0; peer < topology.peers; peer++) console.alone(peer, curves.length / topology.peers)
  }
  return curves
}

interface Records {
  readonly stdout?: JsonLines
  readonly file?: JsonLines
}

function openRecords(options: SimOptions, out: OutFolder | undefined): Records {
  return {
    // A reader that went away, as `head` does, ends the run quietly.
    ...(options.json ? { stdout: createJsonLines(process.stdout, () => process.exit(0)) } : {}),
    ...(out ? { file: createJsonLines(createWriteStream(out.path('epochs.jsonl'))) } : {})
  }
}

/** Whom the view shows apart from the start. */
function strangers(topology: Topology, { faults }: SimPlan, seed: number) {
  if (faults === undefined) return {}
  const { peers } = compileFaults(faults, { peers: topology.peers, edges: topology.edges, seed })
  const those = (holds: (plan: PeerPlan) => boolean) => peers.flatMap((plan, peer) => (holds(plan) ? [peer] : []))
  return { absent: those(plan => plan.late), hostile: those(plan => plan.hostile !== null) }
}

function openConsole(options: SimOptions, topology: Topology, plan: SimPlan, records: Records) {
  const { title, manifest } = plan
  const board = new Board({
    title: `${title}, seed ${options.seed}`,
    peers: topology.peers,
    epochs: manifest.stop.epochs,
    params: parameterCount(manifest.params.tensors),
    ...strangers(topology, plan, options.seed),
    // The clock's origin is the start of the process.
    startedAt: 0
  })
  // With --json stdout is for a program; a person who watches stderr on a terminal still gets the screen.
  const screen = options.json ? process.stderr : process.stdout
  const shown = !options.json || process.stderr.isTTY
  return new SimConsole({
    board,
    records: Object.values(records),
    now: () => systemClock.now(),
    verbose: options.verbose ?? false,
    ...(shown ? { view: createLiveView({ output: screen, clock: systemClock }), screen } : { screen: process.stderr })
  })
}
