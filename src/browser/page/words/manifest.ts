/** What an invitation is to, told to somebody who never saw a manifest. */
import { parameterCount } from '../../../core/protocol/init.js'
import type { Manifest, ModelSpec } from '../../../core/protocol/manifest.js'
import { bytes, count, list, percent, plural } from './format.js'

/** What the model learns. */
export function taskInWords({ task }: Manifest): string {
  switch (task.kind) {
    case 'digits':
      return 'to read handwritten digits, 8×8 pixels each'
    case 'mnist':
      return 'to read handwritten digits of MNIST’s format, 28×28 pixels each'
    case 'table':
      return `to tell “${task.label}” from ${plural(task.columns.length, 'column')} of a table: ${classes(task.classes)}`
  }
}

/** A few of them, and how many more. */
function classes(names: readonly string[]): string {
  const shown = names.slice(0, 4)
  const rest = names.length - shown.length
  return list(rest > 0 ? [...shown, `${rest} more`] : shown, rest > 0 ? 'and' : 'or')
}

/** Which data one needs to train on it. */
export function dataNeededInWords({ task }: Manifest): string {
  switch (task.kind) {
    case 'digits':
      return 'The digits that come with this page, digits you draw here, or a CSV file of your own.'
    case 'mnist':
      return 'A pair of IDX files of your own: images and their labels.'
    case 'table':
      return `A CSV file of your own with the columns ${columns(task.columns.map(column => column.name))} and “${task.label}”.`
  }
}

function columns(names: readonly string[]): string {
  const shown = names.slice(0, 5).map(name => `“${name}”`)
  return names.length > shown.length ? `${shown.join(', ')} … (${names.length} of them)` : shown.join(', ')
}

export function modelInWords({ model, params }: Manifest): string {
  const start = params.start === 'given' ? ', trained before and going on from there' : ''
  return `${kindOf(model)}, ${count(parameterCount(params.tensors))} parameters${start}`
}

function kindOf(model: ModelSpec): string {
  if (model.kind === 'mlp') return `A network of ${[model.inputs, ...model.hidden, model.classes].join(' → ')} units`
  return `A convolutional network, ${plural(model.filters.length, 'layer')} deep`
}

/** When training ends, as far as the manifest decides that. */
export function stopInWords({ stop }: Manifest): string {
  const end = stop.epochs === null ? 'Never by itself' : `After ${plural(stop.epochs, 'epoch')}`
  if (stop.plateau === null) return `${end}.`
  return (
    `${end}; a device rests when its accuracy has not grown by ${percent(stop.plateau.minGain)} ` +
    `in ${plural(stop.plateau.epochs, 'epoch')}.`
  )
}

export function admissionInWords({ admission }: Manifest): string {
  switch (admission.rule) {
    case 'open':
      return 'Anybody who has the invite or finds the swarm.'
    case 'key':
      return 'Whoever has the key, which is in the invite: pass it on to people you trust only.'
    case 'list':
      return `Only ${plural(admission.members.length, 'device')} on a list that was made with the swarm.`
  }
}

/** A neighbour gets most updates more than once: 2.5 to 3.8 times their size was measured with this mesh. */
const OVERHEAD = 3.5
/** Pulses and the handshakes of connections, bytes per hour, from a few neighbours. */
const TOUCH_BYTES_PER_HOUR = 1e6
/** Where the manifest sets no pace, devices are hardly faster. */
const FASTEST_EPOCH_MS = 100

export interface Usage {
  /** Updates of all epochs, as they arrive; null when the swarm never stops. */
  readonly wholeBytes: number | null
  /** At most, in an hour of training. */
  readonly bytesPerHour: number
}

/** An upper estimate: the budget is spent by as many as publish, and each copy that arrives is counted. */
export function expectedUsage({ gossip, clock, stop }: Manifest): Usage {
  const perEpoch = gossip.budgetBytes * OVERHEAD
  const perHour = (perEpoch * 3_600_000) / Math.max(clock.minEpochMs, FASTEST_EPOCH_MS)
  const wholeBytes = stop.epochs === null ? null : perEpoch * stop.epochs
  return { wholeBytes, bytesPerHour: Math.min(perHour, wholeBytes ?? perHour) + TOUCH_BYTES_PER_HOUR }
}

export function usageInWords(manifest: Manifest): string {
  const { wholeBytes, bytesPerHour } = expectedUsage(manifest)
  const whole = wholeBytes === null ? '' : `; ${bytes(wholeBytes)} of updates in all`
  return `At most about ${bytes(bytesPerHour)} in an hour${whole}.`
}
