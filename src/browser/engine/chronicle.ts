/** What a page has seen of its swarm so far: the points of its charts, and what the person should know. */
import type { EpochReport, PeerStatus } from '../../peer/events.js'
import { Curve } from './curve.js'
import type { Point, View } from './session.js'

const MAX_WARNINGS = 5
const MAX_NOTES = 2

export class Chronicle {
  readonly #together: Curve
  readonly #alone: Curve
  #warnings: readonly string[] = []
  #notes: readonly string[] = []
  #loss: number | null
  #lastUpdateAt: Date | null
  /** Of the peer's clock, which is not the calendar. */
  #lastUpdateMs: number | undefined
  /** Whether an epoch closed in this visit. */
  started = false

  /** @param before how it stood in an earlier visit */
  constructor(before?: Pick<View, 'together' | 'alone' | 'loss' | 'lastUpdateAt'>) {
    this.#together = new Curve(before?.together)
    this.#alone = new Curve(before?.alone)
    this.#loss = before?.loss ?? null
    this.#lastUpdateAt = before?.lastUpdateAt ?? null
  }

  /** @param joinedAt epoch of the swarm when this device came */
  closed({ epoch, accuracy, loss }: EpochReport, joinedAt = 0): void {
    // What a newcomer closes first is the epoch it began with: its model is blank, and no point of the swarm's curve.
    const isBlank = !this.started && this.#together.points.length === 0 && epoch < joinedAt
    this.started = true
    this.#loss = loss ?? this.#loss
    if (accuracy !== null && !isBlank) this.#together.add({ epoch, accuracy })
  }

  /** What the model that learns alone reached. */
  measuredAlone(point: Point): void {
    this.#alone.add(point)
  }

  /**
   * Takes in what came last of others. Its bytes would not tell: those of updates that were kept are counted, too.
   * @param update of this visit; null before the first
   */
  received(update: PeerStatus['lastUpdate']): void {
    if (update === null || update.atMs === this.#lastUpdateMs) return
    this.#lastUpdateMs = update.atMs
    this.#lastUpdateAt = new Date()
  }

  warn(message: string): void {
    this.#warnings = withLine(this.#warnings, message, MAX_WARNINGS)
  }

  note(message: string): void {
    this.#notes = withLine(this.#notes, message, MAX_NOTES)
  }

  get together(): readonly Point[] {
    return this.#together.points
  }
  get alone(): readonly Point[] {
    return this.#alone.points
  }
  get warnings(): readonly string[] {
    return this.#warnings
  }
  get notes(): readonly string[] {
    return this.#notes
  }
  get loss(): number | null {
    return this.#loss
  }
  get lastUpdateAt(): Date | null {
    return this.#lastUpdateAt
  }
}

/** The newest last, none twice. What begins a line of a log begins a sentence here. */
function withLine(lines: readonly string[], message: string, max: number): readonly string[] {
  const sentence = message.charAt(0).toUpperCase() + message.slice(1)
  return [...lines.filter(known => known !== sentence), sentence].slice(-max)
}
