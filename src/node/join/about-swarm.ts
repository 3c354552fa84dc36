/** What somebody should know of a swarm before taking part: what it trains, on what, and who sees what of them. */
import { parameterCount } from '../../core/protocol/init.js'
import type { Admission, Manifest, TaskSpec } from '../../core/protocol/manifest.js'
import { formatCount, formatPlural } from '../report/units.js'

export interface Preview {
  readonly manifest: Manifest
  /** The swarm's six words. */
  readonly words: readonly string[]
  /** As the peer that answered estimates. */
  readonly participants: number
  readonly epoch: number
}

/** Lines for a terminal. */
export function aboutSwarm({ manifest, words, participants, epoch }: Preview): readonly string[] {
  const { name, model, params, stop, admission, task } = manifest
  const epochs = stop.epochs === null ? 'without end' : `for ${formatPlural(stop.epochs, 'epoch')}`
  const start = params.start === 'given' ? ', and goes on from a trained one' : ''
  return [
    `${name}: ${words.join(' ')}`,
    '  (the words of this swarm; compare them with those of the person who invited you)',
    `trains   a model that ${purpose(task)}: ${model.kind} with ${formatPlural(parameterCount(params.tensors), 'parameter')}, ${epochs}${start}; now in epoch ${formatCount(epoch)}`,
    `on       ${dataWanted(task)}`,
    `with     ${formatPlural(participants, 'peer')} now; ${admissionInWords(admission)}`,
    ...privacy(manifest)
  ]
}

function purpose(task: TaskSpec): string {
  if (task.kind === 'digits') return 'reads handwritten digits of 8 x 8 pixels'
  if (task.kind === 'mnist') return 'reads handwritten digits of 28 x 28 pixels (MNIST)'
  return `tells ${task.label} (${some(task.classes)}) from ${formatPlural(task.columns.length, 'column')} of a table`
}

/** Data of one's own, in words. */
export function dataWanted(task: TaskSpec): string {
  if (task.kind === 'digits')
    return 'digits: a CSV file of yours, 64 pixels from 0 to 16 and the digit in each line, or those that come with Starlings'
  if (task.kind === 'mnist') return 'a folder of IDX files in the form of MNIST, which you need to have'
  const names = some(task.columns.map(({ name }) => name))
  return `a CSV file of yours with the columns ${names} and ${task.label}`
}

const SHOWN = 6

function some(names: readonly string[]): string {
  const more = names.length - SHOWN
  return more > 0 ? `${names.slice(0, SHOWN).join(', ')} and ${more} more` : names.join(', ')
}

function admissionInWords(admission: Admission): string {
  if (admission.rule === 'open') return 'everybody who has an invite can take part'
  if (admission.rule === 'key') return 'private: only who has an invite, and so its key, can take part'
  return `only the ${formatPlural(admission.members.length, 'peer')} on its list can take part`
}

function privacy({ aggregation, limits }: Manifest): readonly string[] {
  const count =
    aggregation.weighting === 'samples'
      ? `how many samples you have (up to ${formatCount(limits.maxWeight)}, the weight of your updates)`
      : 'not how many samples you have'
  return [
    'you keep your data: no sample leaves this machine',
    `others see the updates that you make from it, ${count}, when you train, your peer id and your IP addresses`,
    'an update is not encrypted among those who take part, and somebody determined can learn a little about your data from it',
    'whoever was given updates keeps them: leaving stops new ones, and takes nothing back'
  ]
}
