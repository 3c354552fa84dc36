/** The live view of a running swarm: a steady screen on a terminal, now and then a line elsewhere. */
import type { Clock } from '../../interface.js'
import { isScreen, type Output, styleFor } from './ansi.js'
import { companyText, receivedText, renderFrame } from './frame.js'
import { type LiveFigures, type LiveState, liveFigures } from './live-state.js'
import { Screen } from './screen.js'
import { formatClock, formatNumbers, formatPercent } from './units.js'
import { wrapLine } from './wrap.js'

export interface LiveComponents {
  readonly output: Output
  /** `now()` is on the clock of the state's times. */
  readonly clock: Clock
  /** For NO_COLOR and TERM. @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>>
}

export interface LiveView {
  /** Shows this state, at once or with the next frame; any number of calls is fine. */
  update(state: LiveState): void
  /** A line that stays, such as a warning; the screen moves below it. */
  print(line: string): void
  /** Shows the last state, leaves it there and gives the cursor back. Twice is fine. */
  stop(): void
}

/** Ten frames a second are as many as the eye follows. */
const FRAME_MS = 100
/** Between frames when nothing arrives: the clock goes on, so that a screen in silence does not look dead. */
const IDLE_FRAME_MS = 500

export function createLiveView(components: LiveComponents): LiveView {
  const env = components.env ?? process.env
  return isScreen(components.output, env) ? screenView(components, env) : lineView(components)
}

function screenView({ output, clock }: LiveComponents, env: Readonly<Record<string, string | undefined>>): LiveView {
  const screen = new Screen(output)
  const style = styleFor(output, env)
  let state: LiveState | undefined
  let drawnAt = Number.NEGATIVE_INFINITY
  let cancel: (() => void) | undefined
  let stopped = false

  const draw = (): void => {
    cancel?.()
    cancel = undefined
    if (state === undefined) return
    const now = clock.now()
    drawnAt = now
    screen.draw(renderFrame(state, { now, columns: screen.columns, rows: screen.rows, style }))
    if (!stopped) cancel = clock.after(IDLE_FRAME_MS, draw)
  }
  /** Draws as soon as a frame's time has passed since the last one. */
  const drawSoon = (): void => {
    const wait = drawnAt + FRAME_MS - clock.now()
    if (wait <= 0) draw()
    else {
      cancel?.()
      cancel = clock.after(wait, draw)
    }
  }
  output.on('resize', drawSoon)
  return {
    update(next) {
      if (stopped) return
      state = next
      drawSoon()
    },
    print(line) {
      const text = wrapLine(line, screen.columns)
      if (stopped) output.write(`${text}\n`)
      else screen.print(text)
    },
    stop() {
      if (stopped) return
      stopped = true
      output.off('resize', drawSoon)
      draw()
      screen.release()
    }
  }
}

/** A line at each twentieth of the way, but none sooner than this after the one before … */
const LEAST_LINE_MS = 2000
/** … and one at least this often, as a log that is silent for minutes looks like a hang. */
const MOST_LINE_MS = 15_000
const LINE_PROGRESS = 0.05

/** No timer: a line needs news. */
function lineView({ output, clock }: LiveComponents): LiveView {
  let state: LiveState | undefined
  let last:
    | { readonly at: number; readonly progress: number; readonly phase: string; readonly evaluated: boolean }
    | undefined
  let lastText = ''
  let accuracyBefore = ''
  /** The accuracy when the phase began. */
  let known = ''
  let stopped = false

  const write = (figures: LiveFigures, now: number): void => {
    const accuracy = accuracyText(state!, figures)
    // A new phase does not repeat what was reached in the one before.
    if (state!.phase !== last?.phase) known = accuracyBefore
    const text = statusLine(state!, figures, accuracy === known ? '' : accuracy, now)
    accuracyBefore = accuracy
    last = { at: now, progress: figures.progress ?? 0, phase: state!.phase, evaluated: figures.accuracy !== null }
    if (text !== lastText) output.write(`${text}\n`)
    lastText = text
  }
  return {
    update(next) {
      if (stopped) return
      state = next
      const now = clock.now()
      const figures = liveFigures(next, now)
      if (last === undefined || last.phase !== next.phase) return write(figures, now)
      // The first accuracy is what a user waits for.
      if (!last.evaluated && figures.accuracy !== null) return write(figures, now)
      const since = now - last.at
      const further = (figures.progress ?? 0) >= last.progress + LINE_PROGRESS
      if ((further && since >= LEAST_LINE_MS) || since >= MOST_LINE_MS) write(figures, now)
    },
    print(line) {
      output.write(`${line}\n`)
    },
    stop() {
      if (stopped) return
      stopped = true
      if (state === undefined) return
      const now = clock.now()
      write(liveFigures(state, now), now)
    }
  }
}

/** Empty before the first evaluation. */
function accuracyText({ sampled, peers }: LiveState, { accuracy }: LiveFigures): string {
  if (accuracy === null) return ''
  const percent = (part: number) => (100 * part).toFixed(1)
  const range = peers.length === 1 ? '' : ` (${percent(accuracy.min)}–${percent(accuracy.max)})`
  return `${sampled === false ? '' : 'sampled '}accuracy ${percent(accuracy.mean)} %${range}`
}

/** @param accuracy text, empty when it is not to be said */
function statusLine(state: LiveState, figures: LiveFigures, accuracy: string, now: number): string {
  const width = String(state.epochs ?? 0).length
  const parts = [`${formatClock(now - state.startedAt).padStart(5)}  ${state.phase}`]
  const began = state.peers.some(peer => peer.epoch > 0 || peer.accuracy !== null)
  if (state.phaseProgress !== undefined) parts.push(formatPercent(state.phaseProgress, 0))
  else if (began) {
    parts.push(`epoch ${String(figures.epoch).padStart(width)}${state.epochs === null ? '' : ` of ${state.epochs}`}`)
  }
  if (accuracy !== '') parts.push(accuracy)
  if (state.payloadBytesReceived > 0) parts.push(`received ${receivedText(state)}`)
  if (state.company !== undefined) parts.push(companyText(state.company, state.phase, now))
  if (figures.left !== null && figures.left > 0) parts.push(`${formatClock(figures.left)} left`)
  for (const { how, peers } of figures.away) parts.push(`${how}: ${formatNumbers(peers)}`)
  if (state.split !== undefined) parts.push(`split: ${state.split.map(group => formatNumbers(group)).join(' | ')}`)
  return parts.join('  ')
}
