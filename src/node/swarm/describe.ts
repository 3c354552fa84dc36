/** What a new swarm is, in words. */
import { parameterCount } from '../../core/protocol/init.js'
import { expectedSharers } from '../../core/protocol/lots.js'
import { type Admission, type Manifest, swarmId } from '../../core/protocol/manifest.js'
import type { TableFacts } from '../../train/table.js'
import { formatBytes, formatCount, formatPercent, formatPlural } from '../report/units.js'
import { tableWarning } from '../task-plan.js'

/** @param table when the manifest was made from one @param from where its x0 comes from, in words */
export function describeSwarm(manifest: Manifest, table?: TableFacts, from?: string): readonly string[] {
  const warning = table && tableWarning(table)
  return [
    `swarm ${swarmId(manifest)}`,
    ...(table ? describeFacts(table) : []),
    describeModel(manifest),
    ...(from === undefined ? [] : [`it goes on from ${from}`]),
    describeBudget(manifest),
    describeAdmission(manifest.admission),
    ...(warning === undefined ? [] : [`warning: ${warning}`])
  ]
}

function describeAdmission(admission: Admission): string {
  if (admission.rule === 'open') return 'open: whoever has the manifest or an invite takes part'
  if (admission.rule === 'key') return 'private: whoever has an invite takes part, for it holds the key'
  return `for ${formatPlural(admission.members.length, 'peer')} on its list`
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
  const { plateau } = stop
  const rests =
    plateau === null
      ? ''
      : `; a peer rests when it has gained less than ${formatPercent(plateau.minGain)} in ${formatPlural(plateau.epochs, 'epoch')}`
  return `model ${model.kind} with ${formatPlural(parameterCount(params.tensors), 'parameter')}, ${epochs}${rests}`
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
