/** The end of a run as a table for people. */
import type { Moment } from '../../faults/index.js'
import type { SummaryRecord as FullSummary, MeanMax, Spread } from '../json.js'
import { PLAIN, type Style } from './ansi.js'
import {
  formatBytes,
  formatCount,
  formatNumbers,
  formatPercent,
  formatPlural,
  formatSeconds,
  threeDigits
} from './units.js'

export interface SummaryOptions {
  /** Of the screen. @default 80 */
  readonly columns?: number
  /** @default PLAIN */
  readonly style?: Style
}

/** A simulated run may have nobody left to evaluate. */
type SummaryRecord = Omit<FullSummary, 'accuracy'> & { readonly accuracy: Spread | null }

/** Widths of the label and of a figure, in columns. */
interface Layout {
  readonly label: number
  readonly cell: number
  /** Whether remarks stand beside the figures or have lines of their own. */
  readonly wide: boolean
  /** Room for text beside the label. */
  readonly text: number
  readonly style: Style
}

/** Figures and remarks side by side take this much. */
const WIDE_COLUMNS = 72

/** Lines that end in a line feed; figures are never cut, whatever the width. */
export function formatSummary(summary: SummaryRecord, options: SummaryOptions = {}): string {
  const columns = options.columns ?? 80
  const wide = columns >= WIDE_COLUMNS
  const label = wide ? 20 : 12
  const text = Math.max(20, columns - label - 3)
  const layout: Layout = { label, cell: wide ? 10 : 9, wide, text, style: options.style ?? PLAIN }
  const lines = [
    ...accuracyLines(summary, layout),
    '',
    ...byteLines(summary, layout),
    '',
    ...modelLines(summary, layout),
    ...costLines(summary, layout),
    ...faultLines(summary, layout),
    ...missingLines(summary, layout)
  ]
  return lines.map(line => `${line}\n`).join('')
}

function row({ label, cell }: Layout, name: string, ...cells: readonly string[]): string {
  return name.padEnd(label) + cells.map(text => text.padStart(cell)).join('')
}

function accuracyLines({ accuracy, aloneAccuracy }: SummaryRecord, layout: Layout): string[] {
  const cells = (spread: Spread) => [spread.mean, spread.min, spread.max].map(part => formatPercent(part))
  return [
    layout.style.dim(row(layout, 'accuracy', 'mean', 'lowest', 'highest')),
    accuracy === null
      ? row(layout, '  together', 'nobody was left to evaluate'.padStart(layout.cell))
      : layout.style.bold(row(layout, '  together', ...cells(accuracy))),
    ...(aloneAccuracy === null ? [] : [row(layout, layout.wide ? '  each alone' : '  alone', ...cells(aloneAccuracy))])
  ]
}

function byteLines(summary: SummaryRecord, layout: Layout): string[] {
  const { payloadBytesReceivedPerPeer: payload, denseBytesPerPeer: dense, wireToPayload } = summary
  const { wide, style } = layout
  const cells = (bytes: MeanMax) => [formatBytes(bytes.mean), formatBytes(bytes.max)]
  const saved = payload.mean > 0 ? `1/${shortFactor(dense / payload.mean)} of dense, ${formatBytes(dense)}` : ''
  const overhead = wireToPayload === null ? '' : `${threeDigits(wireToPayload)} × the updates`
  const remarked = (line: string, remark: string): string[] => {
    if (remark === '') return [line]
    return wide ? [`${line}  ${style.dim(remark)}`] : [line, style.dim(`${' '.repeat(layout.label)}  ${remark}`)]
  }
  return [
    style.dim(row(layout, wide ? 'bytes per peer' : 'per peer', 'mean', 'highest')),
    ...remarked(style.bold(row(layout, wide ? '  updates received' : '  updates', ...cells(payload))), saved),
    ...remarked(
      row(layout, wide ? '  wire received' : '  wire in', ...cells(summary.wireBytesReceivedPerPeer)),
      overhead
    ),
    row(layout, wide ? '  wire sent' : '  wire out', ...cells(summary.wireBytesSentPerPeer))
  ]
}

function shortFactor(factor: number): string {
  return factor < 10 ? factor.toFixed(1) : formatCount(factor)
}

function modelLines(summary: SummaryRecord, layout: Layout): string[] {
  const { digestsEqual, digest, peers, missingPeers, epochs, params } = summary
  const { green, red } = layout.style
  const here = peers - missingPeers.length
  const none = paragraph(layout, 'models', 'none: nobody was left', red)
  const verdict =
    here === 0
      ? none
      : digestsEqual
        ? paragraph(layout, 'models', here === 1 ? 'one peer' : `identical on all ${here} peers`, green)
        : paragraph(layout, 'models', 'NOT identical: some peers miss updates', red)
  const trained = [formatPlural(epochs, 'epoch'), formatPlural(params, 'parameter'), formatPlural(peers, 'peer')]
  return [
    ...verdict,
    ...(digest === null ? [] : paragraph(layout, 'digest', digest.slice(0, 16))),
    ...paragraph(layout, 'trained', trained.join(', '))
  ]
}

function costLines(summary: SummaryRecord, layout: Layout): string[] {
  const { firstEvaluationSeconds: first, wallSeconds, cpuSeconds, peakRssBytes, discardedSteps, swarm, seed } = summary
  const evaluated = first === null ? '' : `, first accuracy after ${formatSeconds(first)}`
  const short = swarm.length > 24 ? `${swarm.slice(0, 8)}…${swarm.slice(-8)}` : swarm
  return [
    ...paragraph(layout, 'time', `training until ${formatSeconds(wallSeconds)}${evaluated}`),
    ...paragraph(layout, 'cpu', formatSeconds(cpuSeconds)),
    ...paragraph(layout, 'memory', `${formatBytes(peakRssBytes)} at most, all processes`),
    ...(discardedSteps === 0 ? [] : paragraph(layout, 'discarded', formatPlural(discardedSteps, 'local step'))),
    ...paragraph(layout, 'swarm', `${short}, seed ${seed}`)
  ]
}

/** What was done to the peers, most of all what was done most. */
function faultLines({ faults }: SummaryRecord, layout: Layout): string[] {
  if (faults === undefined) return []
  const { crashes, restarts, freezes, leaves, joins, partitions, rules = 0, neverCame = [], leftOut = [] } = faults
  const parts = [
    [crashes, crashes === 1 ? 'crash' : 'crashes'],
    [restarts, restarts === 1 ? 'restart' : 'restarts'],
    [freezes, freezes === 1 ? 'freeze' : 'freezes'],
    [leaves, leaves === 1 ? 'peer left' : 'peers left'],
    [joins, joins === 1 ? 'peer joined' : 'peers joined'],
    [partitions, partitions === 1 ? 'partition' : 'partitions']
  ] as const
  const told = parts.filter(([count]) => count > 0).map(([count, noun]) => `${formatCount(count)} ${noun}`)
  const none = rules === 0 ? 'none happened' : `no events, ${formatPlural(rules, 'rule')} of links, peers or disks`
  return [
    ...paragraph(layout, 'faults', told.length === 0 ? none : told.join(', ')),
    ...(neverCame.length === 0 ? [] : paragraph(layout, '', describeNever(neverCame))),
    ...(leftOut.length === 0 ? [] : paragraph(layout, '', `left out: ${leftOut.join('; ')}`))
  ]
}

function describeNever(moments: readonly Moment[]): string {
  const texts = moments.map(at => ('epoch' in at ? `epoch ${at.epoch}` : formatSeconds(at.seconds)))
  const are = moments.length === 1 ? 'is' : 'are'
  return `${formatPlural(moments.length, 'event')} never came: ${[...new Set(texts)].join(', ')} ${are} after the end`
}

function missingLines({ missingPeers }: SummaryRecord, layout: Layout): string[] {
  if (missingPeers.length === 0) return []
  const names = `${missingPeers.length === 1 ? 'peer' : 'peers'} ${formatNumbers(missingPeers)}`
  return paragraph(layout, 'missing', names, layout.style.red)
}

/** Text beside a label, broken between words into as many lines as it needs. */
function paragraph(layout: Layout, label: string, text: string, style = (line: string): string => line): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const longer = lines.length === 0 ? word : `${lines.at(-1)} ${word}`
    if (lines.length > 0 && longer.length > layout.text) lines.push(word)
    else lines[Math.max(0, lines.length - 1)] = longer
  }
  return lines.map((line, i) => `${(i === 0 ? label : '').padEnd(layout.label)}  ${style(line)}`)
}
