/** What a user sees and gets of a running testnet: the live view, lines of JSON, the record of epochs, warnings. */
import type { EpochReport } from '../../peer/events.js'
import type { EpochRecord, FaultRecord, JsonLines, SummaryRecord } from '../json.js'
import { epochRecord } from '../records.js'
import { styleFor } from '../report/ansi.js'
import type { LiveView } from '../report/live.js'
import { formatSummary } from '../report/summary.js'
import { formatNumbers } from '../report/units.js'
import type { Board } from './board.js'
import { faultText } from './fault-text.js'
import type { TestnetObserver, TestnetPhase } from './run.js'

export interface ConsoleInit {
  readonly board: Board
  /** Absent where nobody would look at it. */
  readonly view?: LiveView
  /** Where the view is, and then the summary. */
  readonly screen: NodeJS.WriteStream
  /** Where records go: stdout with --json, a file with --out, or both. */
  readonly records: readonly JsonLines[]
  /** Milliseconds on the view's clock. */
  readonly now: () => number
}

const PHASES: Readonly<Record<TestnetPhase, string>> = {
  starting: 'starting',
  training: 'training',
  settling: 'settling',
  evaluating: 'testing',
  alone: 'training alone, to compare'
}

export class Console implements TestnetObserver {
  readonly #init: ConsoleInit
  readonly #evaluated: EpochRecord[] = []

  constructor(init: ConsoleInit) {
    this.#init = init
    this.#show()
  }

  /** Records that hold an accuracy, as they came. */
  get evaluated(): readonly EpochRecord[] {
    return this.#evaluated
  }

  phase(phase: TestnetPhase): void {
    this.#init.board.phase(PHASES[phase], this.#init.now())
    this.#show()
  }

  epoch(peer: number, report: EpochReport): void {
    const record = epochRecord(peer, report)
    for (const lines of this.#init.records) lines.write(record)
    if (record.accuracy !== null) this.#evaluated.push(record)
    this.#init.board.epoch(record)
    this.#show()
  }

  alone(peer: number, progress: number): void {
    this.#init.board.alone(peer, progress)
    this.#show()
  }

  /** A line where there is no screen, which shows who is down by itself. */
  fault(record: FaultRecord): void {
    for (const lines of this.#init.records) lines.write(record)
    this.#init.board.fault(record)
    this.#show()
    if (!this.#init.screen.isTTY) this.#print(faultText(record))
  }

  lost(peers: readonly number[], how: string): void {
    this.#init.board.lost(peers)
    const who = `${peers.length === 1 ? 'peer' : 'peers'} ${formatNumbers(peers)}`
    this.warning(`a process ended (${how}); ${who} went with it, the others go on`)
    this.#show()
  }

  warning(message: string): void {
    this.#print(`warning: ${message}`)
  }

  stderr(text: string): void {
    for (const line of text.split('\n')) if (line !== '') this.#print(line)
  }

  /** The last state stays on the screen, with the summary below it. */
  summary(summary: SummaryRecord): void {
    const { view, screen } = this.#init
    view?.stop()
    const options = { style: styleFor(screen, process.env), columns: screen.columns ?? 80 }
    if (view) screen.write(`\n${formatSummary(summary, options)}`)
  }

  stop(): void {
    this.#init.view?.stop()
  }

  #show(): void {
    this.#init.view?.update(this.#init.board.state)
  }

  /** Onto the screen when it is one, so that the view is not torn; else to stderr, away from the results. */
  #print(line: string): void {
    if (this.#init.view && this.#init.screen.isTTY) this.#init.view.print(line)
    else process.stderr.write(`${line}\n`)
  }
}
