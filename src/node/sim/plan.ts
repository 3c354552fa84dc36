/** From the flags of `starlings sim` to everything a run needs, checked before it begins. */
import type { Manifest } from '../../core/protocol/manifest.js'
import { compileFaults, type Faults, parseFaults } from '../../faults/index.js'
import type { Topology } from '../../topology/index.js'
import { createManifest } from '../../train/manifest.js'
import { formatPartition, type Partition } from '../../train/partition.js'
import { UsageError } from '../cli/errors.js'
import { readText } from '../cli/files.js'
import type { SimOptions } from '../cli/options.js'
import { checkDataFlag, checkShards, planManifest, tableWarning } from '../task-plan.js'
import { compileNamed } from '../testnet/plan-faults.js'
import { realTrainers, type SimTrainers, syntheticTrainers } from './trainers.js'

const MAX_FAULTS_BYTES = 2 ** 20
const DEFAULT_PARTITION: Partition = { kind: 'dirichlet', alpha: 0.1 }

/** Virtual time has no pauses of a busy machine: deadlines may be short, and then runs are. */
export const SIM_CLOCK = {
  minEpochMs: 200,
  maxEpochMs: 4000,
  minDeadlineMs: 500,
  graceMs: 1000,
  aloneGraceMs: 3000
} as const

const SYNTHETIC_EPOCHS = 40
/** 70 parameters in two tensors; what they are for does not matter. */
const SYNTHETIC_MODEL: Manifest['model'] = { kind: 'mlp', inputs: 6, hidden: [], classes: 10 }
const SYNTHETIC_DENSITY = 0.25

export interface SimPlan {
  readonly title: string
  readonly manifest: Manifest
  readonly faults: Faults | undefined
  /** Loads data and engine where there are any. */
  readonly trainers: () => Promise<SimTrainers>
}

/** @throws {FaultsError} that names file and field */
export async function readFaults(path: string, topology: Topology, seed: number): Promise<Faults> {
  const remedy = 'topology/faults holds examples'
  const faults = parseFaults(await readText(path, MAX_FAULTS_BYTES, remedy), path)
  // Whether it fits these peers is to be known before anything starts.
  compileNamed(faults, { peers: topology.peers, edges: topology.edges, seed }, path)
  return faults
}

/** @throws {UsageError}, {InputError} or {DataError} */
export async function planSim(topology: Topology, faults: Faults | undefined, options: SimOptions): Promise<SimPlan> {
  const { seed, trainer } = options
  const clock = { ...SIM_CLOCK, liars: liarsOf(topology, faults, seed) }
  const named = faults === undefined ? '' : `, ${faults.name}`
  if (trainer === 'synthetic') {
    for (const flag of ['task', 'data', 'label', 'model', 'partition'] as const)
      if (options[flag] !== undefined)
        throw new UsageError(`--${flag} is for --trainer real; a synthetic one has no data`)
    const manifest = syntheticManifest(topology, options, clock)
    return { title: `synthetic${named}`, manifest, faults, trainers: async () => syntheticTrainers(manifest) }
  }
  const task = options.task ?? 'digits'
  const partition = options.partition ?? DEFAULT_PARTITION
  const { manifest, table } = await planManifest({ ...options, task, expectedPeers: topology.peers, clock })
  checkDataFlag(task, options.data)
  await checkShards(manifest, options.data, partition, topology.peers, seed)
  const warning = table && tableWarning(table)
  if (warning !== undefined) process.stderr.write(`warning: ${warning}\n`)
  const { data } = options
  return {
    title: `${task}, ${formatPartition(partition)}${named}`,
    manifest,
    faults,
    trainers: () => realTrainers({ manifest, peers: topology.peers, partition, data, seed })
  }
}

/** As many as the file has hostile peers, and a majority of honest ones can stand: who expects none is dragged by two. */
function liarsOf(topology: Topology, faults: Faults | undefined, seed: number): number {
  if (faults === undefined) return 1
  const { peers } = compileFaults(faults, { peers: topology.peers, edges: topology.edges, seed })
  const hostile = peers.filter(plan => plan.hostile !== null).length
  return Math.max(1, Math.min(hostile, Math.floor((topology.peers - 1) / 2)))
}

function syntheticManifest(topology: Topology, options: SimOptions, clock: Partial<Manifest['clock']>): Manifest {
  return createManifest({
    task: { kind: 'digits' },
    name: 'synthetic',
    model: SYNTHETIC_MODEL,
    seed: options.seed,
    epochs: options.epochs ?? SYNTHETIC_EPOCHS,
    plateau: options.plateau,
    expectedPeers: topology.peers,
    budgetBytes: options.budget,
    density: options.density ?? (options.budget === undefined ? SYNTHETIC_DENSITY : undefined),
    valueBits: options.valueBits,
    clock
  })
}
