/** A terminal and a clock for tests: real bytes in, what a user would see out. */
import type { Clock } from '#src/interface.js'
import type { Output } from '#src/node/report/ansi.js'

const ESCAPE = '\x1b'
const TOKEN = new RegExp(`${ESCAPE}\\[[0-9;?]*[A-Za-z]|.`, 'gsu')

/** Understands what the reports send: line feeds, cursor up, erasing, the cursor's visibility, styles. */
export class Terminal implements Output {
  readonly isTTY: boolean
  columns: number
  rows: number
  /** Everything written, one entry per write. */
  readonly writes: string[] = []
  cursorVisible = true
  readonly #lines: string[][] = [[]]
  #row = 0
  #column = 0
  /** First line on the screen. */
  #top = 0
  readonly #listeners = new Set<() => void>()

  constructor(columns: number, rows: number, isTTY = true) {
    this.columns = columns
    this.rows = rows
    this.isTTY = isTTY
  }

  write(text: string): boolean {
    this.writes.push(text)
    for (const token of text.match(TOKEN) ?? []) this.#take(token)
    return true
  }

  on(_event: 'resize', listener: () => void): void {
    this.#listeners.add(listener)
  }

  off(_event: 'resize', listener: () => void): void {
    this.#listeners.delete(listener)
  }

  get listening(): boolean {
    return this.#listeners.size > 0
  }

  /** Rewraps what is there, as most terminals do. Here every line is one that ended with a line feed. */
  resize(columns: number, rows: number): void {
    this.columns = columns
    this.rows = rows
    const wrapped: string[][] = []
    for (const [index, line] of this.#lines.entries()) {
      if (index === this.#row) this.#row = wrapped.length
      const text = line.join('').trimEnd()
      for (let at = 0; at === 0 || at < text.length; at += columns) wrapped.push([...text.slice(at, at + columns)])
    }
    this.#lines.splice(0, this.#lines.length, ...wrapped)
    this.#top = Math.max(0, this.#lines.length - rows)
    for (const listener of this.#listeners) listener()
  }

  /** Scrolled-off lines included; empty lines at the end left out. */
  get text(): string {
    return this.#lines
      .map(line => line.join('').trimEnd())
      .join('\n')
      .trimEnd()
  }

  #take(token: string): void {
    if (token === '\n') {
      this.#row++
      this.#column = 0
      if (this.#row === this.#lines.length) this.#lines.push([])
      this.#top = Math.max(this.#top, this.#row - this.rows + 1)
    } else if (token === '\r') this.#column = 0
    else if (token.startsWith(ESCAPE)) this.#control(token.slice(2))
    else {
      if (this.isTTY && this.#column >= this.columns) throw new Error('a line wrapped')
      const line = this.#lines[this.#row]!
      while (line.length < this.#column) line.push(' ')
      line[this.#column++] = token
    }
  }

  #control(code: string): void {
    if (code === 'K') this.#lines[this.#row]!.length = Math.min(this.#lines[this.#row]!.length, this.#column)
    else if (code === '2K') this.#lines[this.#row]!.length = 0
    else if (code === '1B') this.#row = Math.min(this.#top + this.rows - 1, this.#lines.length - 1, this.#row + 1)
    else if (code === 'J') {
      this.#lines.length = this.#row + 1
      this.#lines[this.#row]!.length = Math.min(this.#lines[this.#row]!.length, this.#column)
    } else if (code === '?25l') this.cursorVisible = false
    else if (code === '?25h') this.cursorVisible = true
    else if (/^\d+A$/.test(code)) this.#row = Math.max(this.#top, this.#row - Number.parseInt(code, 10))
    else if (!/m$|^\?2026/.test(code)) throw new Error(`unknown control ${code}`)
  }
}

/** Stands still until it is moved. */
export class ManualClock implements Clock {
  #now = 0
  #timers: { readonly at: number; readonly callback: () => void }[] = []

  now(): number {
    return this.#now
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#now + ms, callback }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter(other => other !== timer)
    }
  }

  get pending(): number {
    return this.#timers.length
  }

  advance(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const next = this.#timers.filter(timer => timer.at <= end).sort((a, b) => a.at - b.at)[0]
      if (next === undefined) break
      this.#timers = this.#timers.filter(timer => timer !== next)
      this.#now = next.at
      next.callback()
    }
    this.#now = end
  }
}
