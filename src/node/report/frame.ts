/** One picture of a running swarm as lines of text: a pure function of what is known, the time and the screen's size. */
import { cutText, type Style, textWidth } from './ansi.js'
import { type Company, type LiveFigures, type LiveState, liveFigures } from './live-state.js'
import { peerGrid } from './peer-grid.js'
import {
  formatBytes,
  formatClock,
  formatCount,
  formatNumbers,
  formatPercent,
  formatPlural,
  trainingText
} from './units.js'

export interface FrameOptions {
  /** Milliseconds on the state's clock. */
  readonly now: number
  readonly columns: number
  /** Lines the frame may take. */
  readonly rows: number
  readonly style: Style
}

/** At most `rows` lines of fewer than `columns` columns: a full line would leave the cursor where terminals disagree. */
export function renderFrame(state: LiveState, options: FrameOptions): string[] {
  const { rows, style } = options
  const columns = Math.max(1, options.columns - 1)
  const figures = liveFigures(state, options.now)
  const head = headLines(state, figures, columns, options.now, style)
  // A short screen drops the grid first, then the figures that matter less.
  const room = rows - head.length - 1
  const grid = room < 1 || state.company !== undefined ? [] : peerGrid(state.peers, columns, room, style)
  const lines =
    grid.length > 0 ? [...head, '', ...grid] : rows < head.length ? [head[1]!, head[2]!, head[0]!, head[3]!] : head
  return lines.slice(0, Math.max(1, rows)).map(line => cutText(line, columns))
}

function headLines(state: LiveState, figures: LiveFigures, columns: number, now: number, style: Style): string[] {
  const who =
    state.company === undefined
      ? formatPlural(state.peers.length, 'peer')
      : companyText(state.company, state.phase, now)
  const title = `${state.title}, ${who}`
  const clock = style.dim(`${state.phase} ${formatClock(now - state.startedAt)}`)
  const { accuracy, away } = figures
  const percent = (part: number) => (100 * part).toFixed(1)
  const accuracies =
    accuracy === null
      ? style.dim('not evaluated yet')
      : style.bold(formatPercent(accuracy.mean)) +
        (state.peers.length === 1 ? '' : `  (${percent(accuracy.min)}–${percent(accuracy.max)})`)
  const tested = accuracy === null ? '' : style.dim(state.sampled === false ? '  on all test samples' : '  on a sample')
  const lost = away
    .map(({ how, state: kind, peers }) =>
      (kind === 'absent' || kind === 'hostile' ? style.dim : style.red)(`  ${peers.length} ${how}`)
    )
    .join('')
  const received = `received  ${receivedText(state)}`
  const dense = state.denseBytes === undefined ? '' : style.dim(`  (dense: ${formatBytes(state.denseBytes)})`)
  return [
    spread(
      firstThatFits([`${style.bold('Starlings')}  ${title}`, title], columns - textWidth(clock) - 2),
      clock,
      columns
    ),
    progressLine(state, figures, columns, style),
    firstThatFits([`accuracy  ${accuracies}${lost}${tested}`, `accuracy  ${accuracies}${lost}`], columns),
    firstThatFits([received + dense, received], columns),
    ...faultLine(state, columns, style),
    ...upkeepLines(state, columns, style)
  ]
}

/** Always there or never, so that the rows below do not jump. */
function faultLine({ faults, split }: LiveState, columns: number, style: Style): string[] {
  if (faults === undefined) return []
  if (split === undefined) return [`faults    ${faults}`]
  const groups = split.map(group => formatNumbers(group)).join(' | ')
  const texts = [`split ${groups}`, `split in ${split.length}`] as const
  return [
    firstThatFits(
      [
        `faults    ${faults}  ${style.red(texts[0])}`,
        `faults    ${style.red(texts[0])}`,
        `faults    ${style.red(texts[1])}`
      ],
      columns
    )
  ]
}

/** Rest and warnings come and go; what is always there is above them. */
function upkeepLines({ upkeep }: LiveState, columns: number, style: Style): string[] {
  if (upkeep === undefined) return []
  const { links, today, maxBytes, resting, warnings, seenSecondsAgo, sentSecondsAgo } = upkeep
  const ago = (seconds: number | null) => (seconds === null ? 'none yet' : `${formatClock(1000 * seconds)} ago`)
  const limit = maxBytes === null ? '' : style.dim(` of ${formatBytes(maxBytes)}`)
  return [
    `today     ${formatBytes(today.sent)} sent, ${formatBytes(today.received)} received${limit}`,
    firstThatFits(
      [
        `updates   last from others ${ago(seenSecondsAgo)}, own ${ago(sentSecondsAgo)}${links === '' ? '' : style.dim(`, connected by ${links}`)}`,
        `updates   last from others ${ago(seenSecondsAgo)}, own ${ago(sentSecondsAgo)}`
      ],
      columns
    ),
    ...(resting === '' ? [] : [`rests     ${style.cyan(resting)}`]),
    ...warnings.map(line => `${style.red('warning')}   ${line}`)
  ]
}

/** 2 neighbours, 3 peers that train, saved */
export function companyText(
  { neighbours, liveAuthors, aloneSince, saved }: Company,
  phase: string,
  now: number
): string {
  const alone = aloneSince === undefined ? '' : ` for ${formatClock(now - aloneSince)}`
  const kept = saved === undefined ? '' : saved ? ', saved' : ', NOT SAVED'
  return `${formatPlural(neighbours, 'neighbour')}${alone}, ${trainingText(liveAuthors, phase)}${kept}`
}

/** 12.3 kB per peer */
export function receivedText({ payloadBytesReceived, company }: LiveState): string {
  return `${formatBytes(payloadBytesReceived)}${company === undefined ? ' per peer' : ''}`
}

/** The last one where none fits. */
function firstThatFits(texts: readonly [string, ...string[]], columns: number): string {
  return texts.find(text => textWidth(text) <= columns) ?? texts[texts.length - 1]!
}

function progressLine(state: LiveState, figures: LiveFigures, columns: number, style: Style): string {
  const width = String(state.epochs ?? figures.epoch).length
  const epoch = String(figures.epoch).padStart(width)
  if (figures.progress === null) return `epoch     ${formatCount(figures.epoch)}`
  const before = `epoch     ${epoch} of ${state.epochs ?? '∞'}  `
  const left = figures.left === null ? '' : `${formatClock(figures.left)} left`
  // The same width whatever stands there, so that the bar's end does not jump.
  const after = `  ${formatPercent(figures.progress, 0).padStart(5)}  ${left.padEnd(10)}`
  const bar = columns - before.length - after.length
  if (bar < 8) return `${before}${after.trim()}`
  const full = Math.round(bar * figures.progress)
  return `${before}${style.cyan('━'.repeat(full))}${style.dim('─'.repeat(bar - full))}${after}`
}

/** `left` at the left edge, `right` at the right one. */
function spread(left: string, right: string, columns: number): string {
  const gap = columns - textWidth(left) - textWidth(right)
  return gap < 2 ? `${cutText(left, columns - textWidth(right) - 2)}  ${right}` : left + ' '.repeat(gap) + right
}
