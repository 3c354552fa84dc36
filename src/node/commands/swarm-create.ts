/** `starlings swarm create`: writes the manifest of a new swarm, and says on stderr what it means. */
import { stat, writeFile } from 'node:fs/promises'
import { parameterCount } from '../../core/protocol/init.js'
import { expectedSharers } from '../../core/protocol/lots.js'
import { type Manifest, swarmId } from '../../core/protocol/manifest.js'
import type { TableFacts } from '../../train/table.js'
import { InputError, printable, systemReason, UsageError } from '../cli/errors.js'
import type { SwarmCreateOptions, TaskName } from '../cli/options.js'
import { formatBytes, formatCount, formatPlural } from '../report/units.js'
import { planManifest, tableWarning } from '../task-plan.js'

export async function swarmCreate(task: TaskName, options: SwarmCreateOptions): Promise<void> {
  if (options.data !== undefined && task !== 'table')
    throw new UsageError(`--data is for the task table here; with ${task} each node is given its own`)
  const { manifest, table } = await planManifest({
    ...options,
    task,
    ...(options.forever ? { epochs: null } : {})
  })
  const text = `${JSON.stringify(manifest, null, 2)}\n`
  if (options.out === undefined) process.stdout.write(text)
  else await writeNew(options.out, text, options.force ?? false)
  const lines = [
    `swarm ${swarmId(manifest)}`,
    ...(table ? describeFacts(table) : []),
    describeModel(manifest),
    describeBudget(manifest)
  ]
  const warning = table && tableWarning(table)
  if (warning !== undefined) lines.push(`warning: ${warning}`)
  for (const line of lines) process.stderr.write(`${printable(line)}\n`)
}

/** Names are shown up to this many. */
const SHOWN = 8

function describeFacts({ task, rows, counts, unused }: TableFacts): string[] {
  const classes = some(task.classes.map((name, i) => `${name} ${formatCount(counts[i]!)}`))
  const columns = some(task.columns.map(({ name }) => name))
  return [
    `${formatPlural(rows, 'row')} with ${task.classes.length} classes of ${task.label}: ${classes}`,
    `${formatPlural(task.columns.length, 'column')} of numbers: ${columns}`,
    ...(unused.length === 0 ? [] : [`not used, as they hold no numbers: ${some(unused)}`])
  ]
}

function some(names: readonly string[]): string {
  const more = names.length - SHOWN
  return more > 0 ? `${names.slice(0, SHOWN).join(', ')} and ${more} more` : names.join(', ')
}

function describeModel({ model, params, stop }: Manifest): string {
  const epochs = stop.epochs === null ? 'without end' : formatPlural(stop.epochs, 'epoch')
  return `model ${model.kind} with ${formatPlural(parameterCount(params.tensors), 'parameter')}, ${epochs}`
}

function describeBudget({ gossip, limits, lots }: Manifest): string {
  const { budgetBytes, expectedPeers } = gossip
  const sharers = expectedSharers(expectedPeers, lots)
  const each = Math.min(limits.maxUpdateBytes, Math.floor(budgetBytes / sharers))
  const peers = formatPlural(expectedPeers, 'peer')
  if (sharers < expectedPeers)
    return `updates of at most ${formatBytes(each)}; of ${peers} about ${Math.round(sharers)} are drawn per epoch (--drawn)`
  const shared = `more share ${formatBytes(budgetBytes)} (--expected-peers)`
  return `updates of at most ${formatBytes(each)} per peer and epoch while there are up to ${peers}; ${shared}`
}

/** @throws {InputError} when the file is there and must not be replaced: another manifest is another swarm */
async function writeNew(path: string, text: string, replace: boolean): Promise<void> {
  try {
    await writeFile(path, text, { flag: replace ? 'w' : 'wx' })
  } catch (cause) {
    throw new InputError(`--out ${path}: ${await refusal(path, cause)}`, { cause })
  }
}

/** A folder that is there is told as an existing file by the system, and --force would not help. */
async function refusal(path: string, cause: unknown): Promise<string> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isDirectory()) return 'is a folder; name a file in it'
  const reason = systemReason(cause) ?? 'cannot be written'
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  if (code === 'EEXIST') return `${reason}; take another name, or replace it with --force`
  if (code === 'ENOENT') return 'there is no such folder; make it first'
  return `${reason}; take another place`
}
