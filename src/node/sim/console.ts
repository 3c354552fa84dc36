/** What a user sees and gets of a run while it is simulated: the live view, lines of JSON, the record of epochs. */
import type { FaultAction } from '../../faults/index.js'
import type { EpochReport } from '../../peer/events.js'
import type { RunObserver, RunPeer, RunView } from '../../sim/observer.js'
import type { EpochRecord, FaultRecord, JsonLines, SimSummaryRecord } from '../json.js'
import { epochRecord } from '../records.js'
import { styleFor } from '../report/ansi.js'
import type { LiveView } from '../report/live.js'
import { formatSeconds } from '../report/units.js'
import type { Board } from '../testnet/board.js'
import { faultText } from '../testnet/fault-text.js'
import { faultRecord } from './fault-records.js'
import { formatSimSummary } from './summary.js'

export interface SimConsoleInit {
  readonly board: Board
  /** Absent where nobody would look at it. */
  readonly view?: LiveView
  /** Where the view is, and then the summary. */
  readonly screen: NodeJS.WriteStream
  /** Where records go: stdout with --json, a file with --out, or both. */
  readonly records: readonly JsonLines[]
  /** Milliseconds on the view's clock. */
  readonly now: () => number
  /** Tells of each fault and each peer's warnings, of which a storm has many. */
  readonly verbose: boolean
}

export class SimConsole implements RunObserver {
  readonly #init: SimConsoleInit
  readonly #evaluated: EpochRecord[] = []
  readonly #faults: FaultRecord[] = []
  #run: RunView | undefined
  #firstEvaluationSeconds: number | null = null

  constructor(init: SimConsoleInit) {
    this.#init = init
    this.#show()
  }

  /** Records that hold an accuracy, as they came. */
  get evaluated(): readonly EpochRecord[] {
    return this.#evaluated
  }

  /** Real seconds since the process began; null: nothing was evaluated. */
  get firstEvaluationSeconds(): number | null {
    return this.#firstEvaluationSeconds
  }

  /** All that was done to the swarm so far. */
  get faults(): readonly FaultRecord[] {
    return this.#faults
  }

  phase(name: string): void {
    this.#init.board.phase(name, this.#init.now())
    this.#show()
  }

  onBegin(run: RunView): void {
    this.#run = run
    this.phase('training')
  }

  onEpoch({ peer }: RunPeer, report: EpochReport): void {
    const record = epochRecord(peer, report)
    for (const lines of this.#init.records) lines.write(record)
    if (record.accuracy !== null) {
      this.#evaluated.push(record)
      this.#firstEvaluationSeconds ??= this.#init.now() / 1000
    }
    this.#init.board.epoch(record)
    this.#show()
  }

  onFault(action: FaultAction): void {
    const record = faultRecord(action, this.#run)
    if (record === undefined) return
    this.#faults.push(record)
    for (const lines of this.#init.records) lines.write(record)
    this.#init.board.fault(record)
    this.#show()
    if (this.#init.verbose) this.#print(`${this.#time()}  ${faultText(record)}`)
  }

  onWarning({ peer }: RunPeer, message: string): void {
    if (this.#init.verbose) this.#print(`${this.#time()}  warning: peer ${peer}: ${message}`)
  }

  alone(peer: number, progress: number): void {
    this.#init.board.alone(peer, progress)
    this.#show()
  }

  /** The last state stays on the screen, with the summary below it. */
  summary(summary: SimSummaryRecord): void {
    const { view, screen } = this.#init
    view?.stop()
    const options = { style: styleFor(screen, process.env), columns: screen.columns ?? 80 }
    if (view) screen.write(`\n${formatSimSummary(summary, options)}`)
  }

  stop(): void {
    this.#init.view?.stop()
  }

  #time(): string {
    return formatSeconds((this.#run?.now() ?? 0) / 1000).padStart(8)
  }

  #show(): void {
    this.#init.view?.update(this.#init.board.state)
  }

  #print(line: string): void {
    if (this.#init.view && this.#init.screen.isTTY) this.#init.view.print(line)
    else process.stderr.write(`${line}\n`)
  }
}
