/** One picture of a running swarm as lines of text: a pure function of what is known, the time and the screen's size. */
import { cutText, type Style, textWidth } from './ansi.js'
import { formatBytes, formatClock, formatNumbers, formatPercent, formatPlural } from './units.js'

export interface Company {
  /** Connected now. */
  readonly neighbours: number
  /** Whose updates came lately, the own ones included. */
  readonly liveAuthors: number
  /** Since when there is nobody, on the clock of `now`, in ms; left out while there is. */
  readonly aloneSince?: number | undefined
  /** Whether what the peer learns is stored; left out for one that keeps nothing. */
  readonly saved?: boolean | undefined
}

export type LivePeerState =
  | 'starting'
  | 'running'
  | 'done'
  /** Its process is gone. */
  | 'down'
  /** Its process stands still. */
  | 'frozen'
  /** Not there yet. */
  | 'absent'
  /** It said goodbye. */
  | 'left'
  /** In the simulator alone: it takes part to do harm, and reports nothing. */
  | 'hostile'

/** Those that are not here, in the order in which they are told, and how. */
const AWAY = ['down', 'frozen', 'left', 'absent', 'hostile'] as const
type Away = (typeof AWAY)[number]

/** As few letters as an accuracy has. */
const AWAY_WORDS: Readonly<Record<Away, string>> = {
  down: 'down',
  frozen: 'stuck',
  left: 'left',
  absent: 'later',
  hostile: 'foe'
}
/** In a sentence: `2 down`, `1 to join`. */
const AWAY_TEXTS: Readonly<Record<Away, string>> = {
  down: 'down',
  frozen: 'frozen',
  left: 'left',
  absent: 'to join',
  hostile: 'hostile'
}

function awayState({ state }: { readonly state: LivePeerState }): Away | undefined {
  return AWAY.find(away => away === state)
}

/** Whether a peer takes part just now. */
export function isHere(peer: { readonly state: LivePeerState }): boolean {
  return awayState(peer) === undefined
}

/** How a peer that was started by hand gets on. */
export interface Upkeep {
  /** How it is connected, such as `2 tcp, 1 webrtc`; empty without neighbours. */
  readonly links: string
  /** Bytes at the sockets since midnight. */
  readonly today: { readonly sent: number; readonly received: number }
  /** Those that the day may cost; null: no limit. */
  readonly maxBytes: number | null
  /** Why it publishes nothing for now; empty when it takes part. */
  readonly resting: string
  /** What is wrong just now. */
  readonly warnings: readonly string[]
  readonly seenSecondsAgo: number | null
  readonly sentSecondsAgo: number | null
}

export interface LivePeer {
  /** Number in the topology. */
  readonly peer: number
  readonly state: LivePeerState
  /** Epochs closed so far. */
  readonly epoch: number
  /** 0 … 1, the newest one; null before the first evaluation. */
  readonly accuracy: number | null
}

/** What the live view shows; the owner may mutate it between updates. */
export interface LiveState {
  /** What is trained, such as `digits, dirichlet:0.1`. */
  readonly title: string
  /** What goes on now, such as `starting`, `training`, `settling`, `training alone`. */
  readonly phase: string
  /** 0 … 1 of a phase that is not told by the peers' epochs, such as the alone baseline. */
  readonly phaseProgress?: number
  /** At which training stops; null: never. */
  readonly epochs: number | null
  readonly peers: readonly LivePeer[]
  /** Name of the file of what is to go wrong. */
  readonly faults?: string
  /** Peers that cannot reach those of the other groups. */
  readonly split?: readonly (readonly number[])[]
  /** Whom a peer that was started by hand is with; left out for a whole swarm. */
  readonly company?: Company
  /** What else there is to know of such a peer. */
  readonly upkeep?: Upkeep
  /** Whether accuracies are of the live evaluation's subsample, or of everything held out. @default true */
  readonly sampled?: boolean
  /** Mean over the peers, each update's envelope once. */
  readonly payloadBytesReceived: number
  /** What dense float32 updates would have cost until now; left out when unknown. */
  readonly denseBytes?: number
  /** When the process began, on the clock of `now`, in ms. */
  readonly startedAt: number
  /** When the present phase began; time left is reckoned from it. */
  readonly phaseStartedAt: number
  /** 0 … 1, where the present phase began. @default 0 */
  readonly phaseStartProgress?: number
}

export interface FrameOptions {
  /** Milliseconds on the state's clock. */
  readonly now: number
  readonly columns: number
  /** Lines the frame may take. */
  readonly rows: number
  readonly style: Style
}

/** What the peers have in common just now. */
export interface LiveFigures {
  /** Lower median of the peers that are not down. */
  readonly epoch: number
  /** 0 … 1, or null where there is no end. */
  readonly progress: number | null
  readonly accuracy: { readonly mean: number; readonly min: number; readonly max: number } | null
  /** Milliseconds; null while unknown. */
  readonly left: number | null
  /** Who is not here, by how. */
  readonly away: readonly { readonly how: string; readonly state: Away; readonly peers: readonly number[] }[]
}

/** Below this part of the way an estimate of the time left would only jump about. */
const LEAST_PROGRESS = 0.04

export function liveFigures(state: LiveState, now: number): LiveFigures {
  const here = state.peers.filter(isHere)
  const epochs = here.map(peer => peer.epoch).sort((a, b) => a - b)
  const accuracies = here.flatMap(peer => (peer.accuracy === null ? [] : [peer.accuracy]))
  const progress = state.phaseProgress ?? trainingProgress(epochs, state.epochs)
  const spent = now - state.phaseStartedAt
  const gone = (progress ?? 0) - (state.phaseStartProgress ?? 0)
  return {
    epoch: epochs[Math.max(0, Math.ceil(epochs.length / 2) - 1)] ?? 0,
    progress,
    accuracy:
      accuracies.length === 0
        ? null
        : {
            mean: accuracies.reduce((sum, value) => sum + value, 0) / accuracies.length,
            min: Math.min(...accuracies),
            max: Math.max(...accuracies)
          },
    left: progress !== null && gone >= LEAST_PROGRESS ? (spent * (1 - progress)) / gone : null,
    away: AWAY.flatMap(away => {
      const peers = state.peers.filter(peer => peer.state === away).map(({ peer }) => peer)
      return peers.length === 0 ? [] : [{ how: AWAY_TEXTS[away], state: away, peers }]
    })
  }
}

function trainingProgress(epochs: readonly number[], end: number | null): number | null {
  if (end === null) return null
  if (epochs.length === 0) return 0
  const sum = epochs.reduce((total, epoch) => total + Math.min(epoch, end), 0)
  return sum / (epochs.length * end)
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
  const who = state.company === undefined ? formatPlural(state.peers.length, 'peer') : companyText(state.company, now)
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
        `updates   seen ${ago(seenSecondsAgo)}, own ${ago(sentSecondsAgo)}${links === '' ? '' : style.dim(`  by ${links}`)}`,
        `updates   seen ${ago(seenSecondsAgo)}, own ${ago(sentSecondsAgo)}`
      ],
      columns
    ),
    ...(resting === '' ? [] : [`rests     ${style.cyan(resting)}`]),
    ...warnings.map(line => `${style.red('warning')}   ${line}`)
  ]
}

/** 2 neighbours, 3 live authors, saved */
export function companyText({ neighbours, liveAuthors, aloneSince, saved }: Company, now: number): string {
  const alone = aloneSince === undefined ? '' : ` for ${formatClock(now - aloneSince)}`
  const kept = saved === undefined ? '' : saved ? ', saved' : ', NOT SAVED'
  return `${formatPlural(neighbours, 'neighbour')}${alone}, ${formatPlural(liveAuthors, 'live author')}${kept}`
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
  if (figures.progress === null) return `epoch     ${epoch}`
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

const GAP = 3
const BAR_WIDTH = 8

/** Every peer's accuracy, row by row; with a bar where there is room; the last line tells of those without room. */
function peerGrid(peers: readonly LivePeer[], columns: number, rows: number, style: Style): string[] {
  const digits = String(peers.reduce((most, peer) => Math.max(most, peer.peer), 0)).length
  for (const bar of [BAR_WIDTH, 0]) {
    const width = digits + 1 + (bar > 0 ? bar + 1 : 0) + 5
    const across = Math.max(1, Math.floor((columns + GAP) / (width + GAP)))
    const down = Math.ceil(peers.length / across)
    if (down > rows && bar > 0) continue
    const shown = down > rows ? Math.max(0, rows - 1) * across : peers.length
    const lines: string[] = []
    for (let i = 0; i < shown; i += across) {
      const cells = peers.slice(i, Math.min(i + across, shown)).map(peer => cell(peer, digits, bar, style))
      lines.push(cells.join(' '.repeat(GAP)))
    }
    if (shown < peers.length) lines.push(style.dim(`… and ${peers.length - shown} more peers`))
    return lines
  }
  return []
}

function cell({ peer, state, accuracy }: LivePeer, digits: number, bar: number, style: Style): string {
  const number = style.dim(String(peer).padStart(digits))
  const gone = awayState({ state })
  const text = gone !== undefined ? AWAY_WORDS[gone] : accuracy === null ? '–' : (100 * accuracy).toFixed(1)
  const figure =
    gone !== undefined
      ? (gone === 'absent' || gone === 'hostile' ? style.dim : style.red)(text.padStart(5))
      : state === 'done'
        ? style.green(text.padStart(5))
        : text.padStart(5)
  return bar === 0
    ? `${number} ${figure}`
    : `${number} ${smallBar(gone !== undefined ? 0 : (accuracy ?? 0), bar, style)} ${figure}`
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const

function smallBar(part: number, width: number, style: Style): string {
  const eighths = Math.round(part * width * 8)
  const filled = '█'.repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8]!
  return style.cyan(filled) + ' '.repeat(width - filled.length)
}
