/** A line that says what a command is busy with, for things that take more than two seconds. */
import type { Clock } from '../../interface.js'
import { cutText, isScreen, type Output, styleFor } from './ansi.js'
import { Screen } from './screen.js'
import { formatClock, formatPercent } from './units.js'

export interface ProgressComponents {
  /** Usually stderr, as stdout carries results. */
  readonly output: Output
  readonly clock: Clock
  /** For NO_COLOR and TERM. @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>>
}

export interface Progress {
  /** @param part 0 … 1 of the way, where it is known */
  update(label: string, part?: number): void
  /** Takes the line away, or replaces it by one that stays. Twice is fine. */
  stop(line?: string): void
}

/** What is over sooner needs no line. */
const SHOW_AFTER_MS = 2000
const FRAME_MS = 100
/** Where lines cannot be redrawn, one for each of these spans. */
const LINE_MS = 5000
const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'] as const

/** Starts its own time; the caller owes a `stop`. */
export function startProgress(components: ProgressComponents, label: string): Progress {
  const { output, clock } = components
  const env = components.env ?? process.env
  const style = styleFor(output, env)
  const screen = isScreen(output, env) ? new Screen(output) : undefined
  const startedAt = clock.now()
  let now = { label, part: undefined as number | undefined }
  let frame = 0
  let stopped = false

  const tick = (): void => {
    const spent = formatClock(clock.now() - startedAt)
    const part = now.part === undefined ? '' : ` ${formatPercent(now.part, 0)}`
    if (screen === undefined) {
      output.write(`${now.label} …${part} ${spent}\n`)
      cancel = clock.after(LINE_MS, tick)
      return
    }
    const spinner = style.cyan(SPINNER[frame++ % SPINNER.length]!)
    const room = screen.columns - part.length - spent.length - 4
    screen.draw([cutText(`${spinner} ${cutText(now.label, room)}${part} ${style.dim(spent)}`, screen.columns - 1)])
    cancel = clock.after(FRAME_MS, tick)
  }
  let cancel = clock.after(SHOW_AFTER_MS, tick)
  return {
    update(next, part) {
      now = { label: next, part }
    },
    stop(line) {
      if (stopped) return
      stopped = true
      cancel()
      screen?.erase()
      screen?.release()
      if (line !== undefined) output.write(`${line}\n`)
    }
  }
}
