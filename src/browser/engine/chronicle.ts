/** What a page has seen of its swarm so far: the points of its charts, and what the person should know. */
import type { EpochReport } from '../../peer/events.js'
import type { Point, View } from './session.js'

/** A chart needs no more; every second one goes when there are twice as many. */
const MAX_POINTS = 400
const MAX_WARNINGS = 5
const MAX_NOTES = 2

export class Chronicle {
  #together: readonly Point[]
  #warnings: readonly string[] = []
  #notes: readonly string[] = []
  #loss: number | null
  #lastUpdateAt: Date | null
  #received = 0
  /** Whether an epoch closed in this visit. */
  started = false

  /** @param before how it stood in an earlier visit */
  constructor(before?: View) {
    this.#together = before?.together ?? []
    this.#loss = before?.loss ?? null
    this.#lastUpdateAt = before?.lastUpdateAt ?? null
  }

  /** @param joinedAt epoch of the swarm when this device came */
  closed({ epoch, accuracy, loss }: EpochReport, joinedAt = 0): void {
    // What a newcomer closes first is the epoch it began with: its model is blank, and no point of the swarm's curve.
    const isBlank = !this.started && this.#together.length === 0 && epoch < joinedAt
    this.started = true
    this.#loss = loss ?? this.#loss
    if (accuracy === null || isBlank) return
    const points = [...this.#together.filter(point => point.epoch < epoch), { epoch, accuracy }]
    this.#together = points.length >= 2 * MAX_POINTS ? points.filter((_, i) => i % 2 === 1) : points
  }

  /** @param bytes envelope bytes of others' updates so far */
  received(bytes: number): void {
    if (bytes > this.#received) this.#lastUpdateAt = new Date()
    this.#received = bytes
  }

  warn(message: string): void {
    this.#warnings = withLine(this.#warnings, message, MAX_WARNINGS)
  }

  note(message: string): void {
    this.#notes = withLine(this.#notes, message, MAX_NOTES)
  }

  get together(): readonly Point[] {
    return this.#together
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
