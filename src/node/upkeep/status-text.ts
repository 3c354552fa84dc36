/** A node's status as a person reads it. */
import { formatBytes, formatClock, formatCount, formatPercent, formatPlural, trainingText } from '../report/units.js'
import type { BytesView, NeighbourView, NodeStatus, UpdateView } from './status.js'

const REASONS: Readonly<Record<string, string>> = {
  asked: 'paused',
  plateau: 'resting, as the model gets no better; it goes on when that changes',
  bytes: "off the air until midnight, as the day's bytes are used"
}

/** Why the peer rests, in words. @param resume the command that ends a pause */
export function restingText(reasons: readonly string[], resume?: string): string {
  const more = (reason: string) => (reason === 'asked' && resume !== undefined ? `, until ${resume}` : '')
  return reasons.map(reason => `${REASONS[reason] ?? `resting: ${reason}`}${more(reason)}`).join('; ')
}

/** Lines of at most about 100 columns. @param resume the command that ends a pause */
export function statusLines(status: NodeStatus, resume?: string): readonly string[] {
  const { name, words, epoch, epochs, phase, accuracy, accuracyEpoch, liveAuthors, resting, bytes, limits } = status
  const of = epochs === null ? '' : ` of ${formatCount(epochs)}`
  const tested =
    accuracy === null
      ? 'not evaluated yet'
      : `accuracy ${formatPercent(accuracy)} at epoch ${formatCount(accuracyEpoch ?? 0)}`
  const saved = status.storing === 'unsaved' ? ', NOT SAVED' : ''
  const limit = limits.maxMbPerDay === null ? '' : `  (of ${formatCount(limits.maxMbPerDay)} MB a day)`
  const cpu = limits.maxCpu === null ? [] : [`cpu       at most ${limits.maxCpu} % of one core`]
  return [
    `swarm     ${name}: ${words.join(' ')}`,
    `peer      ${status.peer}, up ${formatClock(1000 * status.upSeconds)}${saved}`,
    `epoch     ${formatCount(epoch)}${of}, ${phase}, ${tested}, ${trainingText(liveAuthors, phase)}`,
    ...(resting.length === 0 ? [] : [`rests     ${restingText(resting, resume)}`]),
    `today     ${bytesText(bytes.today)}${limit}`,
    `in all    ${bytesText(bytes.total)}`,
    ...cpu,
    `updates   last from others ${updateText(status.lastUpdate)}; own ${updateText(status.lastOwnUpdate)}`,
    ...neighbourLines(status.neighbours),
    ...status.warnings.map(line => `warning   ${line}`)
  ]
}

function bytesText({ sent, received }: BytesView): string {
  return `${formatBytes(sent)} sent, ${formatBytes(received)} received`
}

function updateText(update: UpdateView | null): string {
  return update === null
    ? 'none yet'
    : `${formatClock(1000 * update.secondsAgo)} ago (epoch ${formatCount(update.epoch)})`
}

function neighbourLines(neighbours: readonly NeighbourView[]): readonly string[] {
  if (neighbours.length === 0) return ['no neighbours']
  const rows = neighbours.map(({ peer, how, address, direction, introducedBy, heardSecondsAgo, epoch, resting }) => [
    `…${peer.slice(-8)}`,
    how,
    direction === 'inbound' ? 'from' : direction === 'outbound' ? 'to' : '',
    `${address ?? ''}${introducedBy === null ? '' : ` by …${introducedBy.slice(-8)}`}`,
    epoch === null ? 'new' : `epoch ${formatCount(epoch)}`,
    `${heardSecondsAgo === null ? '' : `heard ${formatClock(1000 * heardSecondsAgo)} ago`}${resting ? ', resting' : ''}`
  ])
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => row[column]!.length)))
  return [
    formatPlural(neighbours.length, 'neighbour'),
    ...rows.map(row => `  ${row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')}`.trimEnd())
  ]
}
