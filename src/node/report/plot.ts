/** Accuracy over epochs as an SVG: the swarm against its peers alone. */
import type { EpochRecord } from '../json.js'
import { formatBytes, formatPercent } from './units.js'

/** Over the peers evaluated so far. */
export interface AccuracyPoint {
  /** Epochs closed when it was evaluated. */
  readonly epochs: number
  /** 0 … 1 */
  readonly mean: number
  readonly min: number
  readonly max: number
}

export interface PlotInit {
  readonly title: string
  /** Ascending by epochs. */
  readonly swarm: readonly AccuracyPoint[]
  /** Ascending by epochs; empty when it was not measured. */
  readonly alone: readonly AccuracyPoint[]
  readonly payloadBytesReceivedPerPeer: number
  readonly denseBytesPerPeer: number
}

/** One point for each epoch in which anybody evaluated; a peer that did not counts with its newest value before. */
export function accuracyByEpoch(records: Iterable<Pick<EpochRecord, 'peer' | 'epoch' | 'accuracy'>>): AccuracyPoint[] {
  const sorted = [...records].sort((a, b) => a.epoch - b.epoch || a.peer - b.peer)
  const newest = new Map<number, number>()
  const points: AccuracyPoint[] = []
  for (const { peer, epoch, accuracy } of sorted) {
    if (accuracy === null) continue
    newest.set(peer, accuracy)
    if (points.at(-1)?.epochs === epoch + 1) points.pop()
    const values = [...newest.values()]
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    points.push({ epochs: epoch + 1, mean, min: Math.min(...values), max: Math.max(...values) })
  }
  return points
}

const WIDTH = 760
const HEIGHT = 440
const AREA = { left: 78, right: 628, top: 80, bottom: 384 } as const
const SWARM = '#1a66d6'
const ALONE = '#c65d07'
const INK = '#1f2430'
const FAINT = '#667085'
const GRID = '#e6e9ef'
/** Between the baselines of two labels at the lines' ends. */
const LABEL_GAP = 34

/** A whole SVG document with a background of its own, so that it reads on light and dark pages. */
export function renderAccuracyPlot(init: PlotInit): string {
  const points = [...init.swarm, ...init.alone]
  const lastEpoch = Math.max(1, ...points.map(point => point.epochs))
  const x = (epochs: number) => AREA.left + ((AREA.right - AREA.left) * epochs) / lastEpoch
  const y = (part: number) => AREA.bottom - (AREA.bottom - AREA.top) * part
  const body = [
    text(20, 34, init.title, `font-size="18" font-weight="600" fill="${INK}"`),
    text(20, 56, bytesLabel(init), `font-size="13" fill="${FAINT}"`),
    ...yAxis(y),
    ...xAxis(x, lastEpoch),
    ...(points.length === 0
      ? [text((AREA.left + AREA.right) / 2, y(0.5), 'nothing was evaluated', anchored('middle'))]
      : []),
    `<path d="${bandPath(init.swarm, x, y)}" fill="${SWARM}" fill-opacity="0.16"/>`,
    line(init.alone, x, y, ALONE, ' stroke-dasharray="6 4"'),
    line(init.swarm, x, y, SWARM, ''),
    ...endLabels(init, y)
  ]
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" ` +
      `font-family="system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif" role="img">`,
    `<title>${escapeXml(init.title)}</title>`,
    `<rect x="0.5" y="0.5" width="${WIDTH - 1}" height="${HEIGHT - 1}" rx="8" fill="#ffffff" stroke="#d5dae3"/>`,
    ...body.filter(element => element !== ''),
    '</svg>',
    ''
  ].join('\n')
}

type Scale = (value: number) => number

function bytesLabel({ payloadBytesReceivedPerPeer: payload, denseBytesPerPeer: dense }: PlotInit): string {
  return `updates received per peer: ${formatBytes(payload)}; dense float32 updates would be ${formatBytes(dense)}`
}

function yAxis(y: Scale): string[] {
  const title = `transform="rotate(-90)" ${anchored('middle')}`
  const lines = [0, 0.2, 0.4, 0.6, 0.8, 1].flatMap(part => [
    `<line x1="${AREA.left}" x2="${AREA.right}" y1="${px(y(part))}" y2="${px(y(part))}" stroke="${part === 0 ? FAINT : GRID}"/>`,
    text(AREA.left - 8, y(part) + 4, formatPercent(part, 0), anchored('end'))
  ])
  return [...lines, text(-y(0.5), 26, 'accuracy', title)]
}

function xAxis(x: Scale, last: number): string[] {
  const step = niceStep(last / 6)
  const ticks = Array.from({ length: Math.floor(last / step) + 1 }, (_, i) => i * step)
  return [
    ...ticks.flatMap(tick => [
      `<line x1="${px(x(tick))}" x2="${px(x(tick))}" y1="${AREA.bottom}" y2="${AREA.bottom + 5}" stroke="${FAINT}"/>`,
      text(x(tick), AREA.bottom + 20, String(tick), anchored('middle'))
    ]),
    text((AREA.left + AREA.right) / 2, AREA.bottom + 42, 'epochs', anchored('middle'))
  ]
}

/** The next of 1, 2, 5, 10, 20, 50, … */
function niceStep(least: number): number {
  let power = 1
  for (;;) {
    for (const factor of [1, 2, 5]) if (factor * power >= least) return factor * power
    power *= 10
  }
}

function line(points: readonly AccuracyPoint[], x: Scale, y: Scale, colour: string, extra: string): string {
  if (points.length === 0) return ''
  const path = points.map(({ epochs, mean }) => `${px(x(epochs))},${px(y(mean))}`).join(' ')
  const only = points[0]!
  const dot =
    points.length === 1 ? `<circle cx="${px(x(only.epochs))}" cy="${px(y(only.mean))}" r="3.5" fill="${colour}"/>` : ''
  return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2.5" stroke-linejoin="round"${extra}/>${dot}`
}

/** Along the highest peers and back along the lowest. */
function bandPath(points: readonly AccuracyPoint[], x: Scale, y: Scale): string {
  if (points.length < 2) return ''
  const there = points.map(({ epochs, max }) => `${px(x(epochs))},${px(y(max))}`)
  const back = points.map(({ epochs, min }) => `${px(x(epochs))},${px(y(min))}`).reverse()
  return `M${[...there, ...back].join('L')}Z`
}

/** At the height where each line ends, which serves as the legend; moved apart where they would overlap. */
function endLabels({ swarm, alone }: PlotInit, y: Scale): string[] {
  const labels = [
    { point: swarm.at(-1), name: 'swarm', note: 'mean; band: all peers', colour: SWARM },
    { point: alone.at(-1), name: 'alone', note: 'mean of the peers', colour: ALONE }
  ].flatMap(({ point, ...label }) => (point === undefined ? [] : [{ ...label, point, top: y(point.mean) + 1 }]))
  labels.sort((a, b) => a.top - b.top)
  let free = AREA.top
  const tops = labels.map(({ top }) => {
    const placed = Math.max(top, free)
    free = placed + LABEL_GAP
    return placed
  })
  // The second line of the lowest label must stay above the axis' numbers.
  const excess = Math.max(0, free - LABEL_GAP + 16 - AREA.bottom)
  return labels.flatMap(({ point, name, note, colour }, i) => {
    const left = AREA.right + 12
    const top = tops[i]! - excess
    return [
      text(left, top, `${name} ${formatPercent(point.mean)}`, `font-size="13" font-weight="600" fill="${colour}"`),
      text(left, top + 14, note, `font-size="10" fill="${FAINT}"`)
    ]
  })
}

function anchored(anchor: 'middle' | 'end'): string {
  return `font-size="12" fill="${FAINT}" text-anchor="${anchor}"`
}

function text(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${px(x)}" y="${px(y)}" ${attributes}>${escapeXml(content)}</text>`
}

/** A tenth of a pixel is finer than anyone sees. */
function px(value: number): string {
  return String(Number(value.toFixed(1)))
}

function escapeXml(content: string): string {
  const names: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
  return content.replace(/[&<>"]/g, character => names[character]!)
}
