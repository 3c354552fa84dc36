/** `starlings testnet`: a whole swarm on this machine, each peer with its own key, node, sockets and data. */
import { createWriteStream } from 'node:fs'
import { availableParallelism } from 'node:os'
import { parameterCount } from '../../core/protocol/init.js'
import type { Manifest } from '../../core/protocol/manifest.js'
import { systemClock } from '../../net/clock.js'
import { parseTopology, type Topology } from '../../topology/index.js'
import { formatPartition } from '../../train/partition.js'
import { parseJson, readText } from '../cli/files.js'
import { listenForInterrupts, unlessInterrupted } from '../cli/interrupt.js'
import type { TestnetOptions } from '../cli/options.js'
import { createJsonLines, type FaultTally, type JsonLines } from '../json.js'
import { OutFolder } from '../out-folder.js'
import { createLiveView } from '../report/live.js'
import { checkDataFlag, checkShards, planManifest, tableWarning } from '../task-plan.js'
import { Board } from '../testnet/board.js'
import { Console } from '../testnet/console.js'
import { type PlannedFaults, planFaults } from '../testnet/plan-faults.js'
import { writeResults } from '../testnet/results.js'
import { runTestnet, type TestnetPlan } from '../testnet/run.js'
import { shareProcesses } from '../testnet/spread.js'
import { summarise } from '../testnet/summarise.js'

/** The largest topology there can be takes some 20 MB. */
const MAX_TOPOLOGY_BYTES = 64 * 2 ** 20
/**
 * On one machine all peers start within a second of each other, so nobody waits long for the rest; and no epoch takes so
 * long that it was worth half a minute for peers of a process that died before the swarm knew its pace.
 */
const TESTNET_CLOCK = { graceMs: 1000, maxEpochMs: 10_000 }
/**
 * Where peers come and go: a process takes two seconds of a core to start and some pulses to catch up, which should not be the
 * time of twenty epochs; and those that run must leave it that core, or it takes half a minute.
 */
const MOVING_MIN_EPOCH_MS = 500
/** Of a core, for each peer's epoch: two or three times what it computes. */
const MOVING_PEER_MS = 160
const MOVING_PULSE_MS = 1000
/** Part of the cores' time that evaluations while training may take. */
const EVALUATION_SHARE = 0.1
/** Points of the alone baseline in the plot, and the samples of each. */
const CHECKPOINTS = 20
const CHECKPOINT_SAMPLES = 256

export async function testnet(path: string, options: TestnetOptions): Promise<void> {
  const interrupts = listenForInterrupts()
  const { topology, manifest, faults, out } = await unlessInterrupted(interrupts.signal, prepareTestnet(path, options))
  const title = `${options.task}, ${formatPartition(options.partition)}`
  const records = openRecords(options, out)
  const console = openConsole({ options, topology, manifest, faults, title, records })
  let complete = false
  try {
    const plan = planTestnet(options, topology, manifest, faults)
    const outcome = await runTestnet(plan, console, interrupts.signal)
    const told = { ...outcome, faults: withPlan(outcome.faults, faults) }
    const summary = summarise({ peers: topology.peers, manifest, seed: options.seed, outcome: told })
    if (out) await writeResults(out, { title, manifest, outcome, summary, evaluated: console.evaluated })
    complete = true
    records.stdout?.write(summary)
    console.summary(summary)
  } finally {
    console.stop()
    await Promise.all(Object.values(records).map(lines => lines.end()))
    if (!complete && options.out !== undefined)
      process.stderr.write(
        `--out ${options.out} holds the manifest and the epochs until now; it has no summary, plot or model\n`
      )
    interrupts.release()
  }
}

/** What was done, and what the file says beside that. */
function withPlan(tally: FaultTally | null, plan: PlannedFaults | undefined): FaultTally | null {
  if (tally === null || plan === undefined) return tally
  const { rules, leftOut } = plan
  return { ...tally, ...(rules > 0 ? { rules } : {}), ...(leftOut.length > 0 ? { leftOut } : {}) }
}

interface Prepared {
  readonly topology: Topology
  readonly manifest: Manifest
  readonly faults: PlannedFaults | undefined
  readonly out: OutFolder | undefined
}

/** Everything that can be wrong is found before a process starts or a file is written. */
async function prepareTestnet(path: string, options: TestnetOptions): Promise<Prepared> {
  const topology = await readTopology(path)
  const faults = options.faults === undefined ? undefined : await planFaults(options.faults, topology, options)
  if (faults !== undefined && faults.leftOut.length > 0)
    process.stderr.write(`left out: ${faults.leftOut.join('; ')}\n`)
  const expectedPeers = topology.peers
  const moves = faults !== undefined && faults.moving.size > 0
  const clock = moves ? { ...TESTNET_CLOCK, minEpochMs: movingEpochMs(topology.peers) } : TESTNET_CLOCK
  const { manifest, table } = await planManifest({ ...options, expectedPeers, clock })
  checkDataFlag(options.task, options.data)
  await checkShards(manifest, options.data, options.partition, topology.peers, options.seed)
  const warning = table && tableWarning(table)
  if (warning !== undefined) process.stderr.write(`warning: ${warning}\n`)
  if (options.out === undefined) return { topology, manifest, faults, out: undefined }
  const out = await OutFolder.open(options.out, { replace: options.force ?? false })
  await out.write('manifest.json', `${JSON.stringify(manifest, null, 2)}\n`)
  return { topology, manifest, faults, out }
}

function movingEpochMs(peers: number): number {
  return Math.max(MOVING_MIN_EPOCH_MS, Math.ceil((peers * MOVING_PEER_MS) / availableParallelism()))
}

export async function readTopology(path: string): Promise<Topology> {
  const text = await readText(path, MAX_TOPOLOGY_BYTES, 'make one with: starlings topology regular --peers 16 > FILE')
  // Read twice, as only the first one tells the line of a mistake in the syntax.
  parseJson(path, text)
  return parseTopology(text, path)
}

function planTestnet(
  options: TestnetOptions,
  topology: Topology,
  manifest: Manifest,
  faults: PlannedFaults | undefined
): TestnetPlan {
  const cores = availableParallelism()
  const shared = Math.min(options.processes ?? cores, topology.peers)
  const shares = shareProcesses(topology, shared, faults?.moving)
  const epochs = manifest.stop.epochs ?? 0
  const checkpoints = Array.from({ length: CHECKPOINTS }, (_, i) => Math.round((epochs * i) / CHECKPOINTS))
  return {
    topology,
    shares,
    faults: faults?.timeline ?? null,
    keeps: faults?.keeps ?? false,
    prepare: {
      manifest,
      mode: options.mode,
      peerCount: topology.peers,
      partition: options.partition,
      seed: options.seed,
      // All peers together may take a tenth of the cores that train.
      evaluationShare: (EVALUATION_SHARE * Math.min(shares.length, cores)) / topology.peers,
      faultyLinks: faults?.links ?? false,
      ...(faults !== undefined && faults.moving.size > 0 ? { pulseMs: MOVING_PULSE_MS } : {}),
      ...(options.data === undefined ? {} : { data: options.data })
    },
    checkpoints: [...new Set(checkpoints)].filter(epoch => epoch > 0),
    checkpointSamples: CHECKPOINT_SAMPLES
  }
}

interface Records {
  readonly stdout?: JsonLines
  readonly file?: JsonLines
}

function openRecords(options: TestnetOptions, out: OutFolder | undefined): Records {
  return {
    // A reader that went away, as `head` does, ends the testnet quietly.
    ...(options.json ? { stdout: createJsonLines(process.stdout, () => process.exit(0)) } : {}),
    ...(out ? { file: createJsonLines(createWriteStream(out.path('epochs.jsonl'))) } : {})
  }
}

interface Shown {
  readonly options: TestnetOptions
  readonly topology: Topology
  readonly manifest: Manifest
  readonly faults: PlannedFaults | undefined
  readonly title: string
  readonly records: Records
}

function openConsole({ options, topology, manifest, faults, title, records }: Shown): Console {
  const board = new Board({
    title,
    peers: topology.peers,
    epochs: manifest.stop.epochs,
    params: parameterCount(manifest.params.tensors),
    ...(faults === undefined ? {} : { faults: faults.name, absent: faults.late }),
    // The clock's origin is the start of the process.
    startedAt: 0
  })
  // With --json stdout is for a program; a person who watches stderr on a terminal still gets the screen.
  const screen = options.json ? process.stderr : process.stdout
  const shown = !options.json || process.stderr.isTTY
  return new Console({
    board,
    records: Object.values(records),
    now: () => systemClock.now(),
    ...(shown ? { view: createLiveView({ output: screen, clock: systemClock }), screen } : { screen: process.stderr })
  })
}
