/** From the flags of a command to a manifest, with everything checked that can be before a swarm starts. */
import { type Manifest, ManifestError, type TaskSpec } from '../core/protocol/manifest.js'
import { createManifest } from '../train/manifest.js'
import { type Partition, partitionRows } from '../train/partition.js'
import type { TableFacts } from '../train/table.js'
import { InputError, UsageError } from './cli/errors.js'
import type { BudgetOptions, DataOptions, StopOptions, TaskName } from './cli/options.js'
import { describeTableFile, loadData } from './data/index.js'
import { formatPlural } from './report/units.js'

export interface TaskOptions extends BudgetOptions, DataOptions, StopOptions {
  readonly task: TaskName
  readonly model?: 'mlp' | 'cnn'
  /** null: never stop. @default the task's */
  readonly epochs?: number | null
  readonly seed: number
  readonly expectedPeers: number
  readonly name?: string
  readonly clock?: Partial<Manifest['clock']>
}

export interface TaskPlan {
  readonly manifest: Manifest
  /** Of the file that the manifest's columns and classes come from. */
  readonly table?: TableFacts
}

/** @throws {UsageError} when flags do not fit each other, {DataError} when a table cannot be described */
export async function planManifest(options: TaskOptions): Promise<TaskPlan> {
  const { seed, expectedPeers, epochs, plateau, model, budget, density, valueBits, drawn, clock } = options
  const { task, table } = await describeTask(options)
  try {
    const manifest = createManifest({
      task,
      seed,
      expectedPeers,
      epochs,
      plateau,
      model,
      budgetBytes: budget,
      density,
      valueBits,
      drawn,
      name: options.name,
      clock
    })
    return { manifest, ...(table === undefined ? {} : { table }) }
  } catch (cause) {
    if (!(cause instanceof ManifestError)) throw cause
    if (cause.field.startsWith('task.'))
      throw new InputError(`${options.data}: a manifest cannot hold it: ${cause.message}`, { cause })
    throw new UsageError(`these flags make no manifest: ${cause.message}`, { cause })
  }
}

/** A class with fewer rows is more likely a typo than something to learn. */
const RARE = 8

/** What is suspicious about a table, in a sentence; undefined when nothing is. */
export function tableWarning({ task, counts }: TableFacts): string | undefined {
  const rare = task.classes.map((name, i) => ({ name, count: counts[i]! })).filter(({ count }) => count < RARE)
  if (rare.length === 0) return undefined
  const named = rare.slice(0, 5).map(({ name, count }) => `'${name}' (${formatPlural(count, 'row')})`)
  const more = rare.length > 5 ? ` and ${rare.length - 5} more` : ''
  return `few rows of the class ${named.join(', ')}${more}; if that is a typo, correct the data`
}

interface DescribedTask {
  readonly task: TaskSpec
  readonly table?: TableFacts
}

async function describeTask(options: TaskOptions): Promise<DescribedTask> {
  const { task, data, label, model } = options
  if (task !== 'table') {
    if (label !== undefined) throw new UsageError(`--label is for --task table; ${task} has labels of its own`)
    return { task: { kind: task } }
  }
  if (data === undefined) throw new UsageError('the task table needs --data FILE, a CSV file with a header')
  if (label === undefined) throw new UsageError('the task table needs --label COLUMN, the column to predict')
  if (model === 'cnn') throw new UsageError('--model cnn is for images; a table takes --model mlp')
  const table = await describeTableFile(data, label)
  return { task: table.task, table }
}

/** Data that a peer cannot do without. @throws {UsageError} */
export function checkDataFlag(task: TaskSpec['kind'], data: string | undefined): void {
  if (data !== undefined || task === 'digits') return
  const what = task === 'mnist' ? 'DIR, a folder of IDX files' : 'FILE, a CSV file with the columns of the manifest'
  throw new UsageError(`the task ${task} needs --data ${what}`)
}

/**
 * Whether the data can be dealt to so many peers.
 * @throws {DataError} when it is not what the task takes, {InputError} when it is too little
 */
export async function checkShards(
  manifest: Manifest,
  data: string | undefined,
  partition: Partition,
  peers: number,
  seed: number
): Promise<void> {
  const groupBy = partition.kind === 'by' ? partition.column : undefined
  if (groupBy !== undefined && manifest.task.kind !== 'table')
    throw new UsageError(`--partition by:${groupBy} is for --task table; take iid or dirichlet:0.1`)
  const { train } = await loadData(manifest.task, { path: data, seed: manifest.seed, groupBy })
  try {
    partitionRows(train, partition, peers, seed)
  } catch (cause) {
    if (cause instanceof RangeError) throw new InputError(cause.message, { cause })
    throw cause
  }
}
