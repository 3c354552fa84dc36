/** Lines at the bottom of a terminal that are redrawn in place. */
import {
  BEGIN_PAINT,
  CLEAR_BELOW,
  CLEAR_LINE,
  cursorUp,
  END_PAINT,
  HIDE_CURSOR,
  type Output,
  SHOW_CURSOR,
  textWidth
} from './ansi.js'

/** What terminals have when they do not tell. */
const DEFAULT_COLUMNS = 80
const DEFAULT_ROWS = 24

/**
 * Owns the lines it drew last. All of a redraw goes out in one write and nothing is cleared before it is overwritten,
 * so it does not flicker.
 */
export class Screen {
  readonly #output: Output
  #drawn: readonly string[] = []
  #hidden = false
  readonly #restore = (): void => this.#showCursor()

  constructor(output: Output) {
    this.#output = output
  }

  get columns(): number {
    // A terminal of zero columns is one that does not know its size.
    return this.#output.columns || DEFAULT_COLUMNS
  }

  /** Lines that can be drawn: one is left for the cursor, as scrolling would move what was drawn. */
  get rows(): number {
    return Math.max(1, (this.#output.rows || DEFAULT_ROWS) - 1)
  }

  /** @param lines each of fewer than `columns` columns, at most `rows` */
  draw(lines: readonly string[]): void {
    const same = lines.length === this.#drawn.length && lines.every((line, i) => line === this.#drawn[i])
    if (same && this.#hidden) return
    this.#paint(lines.map(line => `${line}${CLEAR_LINE}\n`).join(''))
    this.#drawn = lines
  }

  /** A line that stays, above the lines that are redrawn. */
  print(text: string): void {
    const drawn = this.#drawn
    this.#paint([text, ...drawn].map(line => `${line}${CLEAR_LINE}\n`).join(''))
  }

  /** Leaves what was drawn last and gives the cursor back; drawing again starts below. Twice is fine. */
  release(): void {
    this.#drawn = []
    this.#showCursor()
  }

  /** Takes away what was drawn. */
  erase(): void {
    if (this.#drawn.length > 0) this.#paint('')
    this.#drawn = []
  }

  #paint(text: string): void {
    const hide = this.#hidden ? '' : HIDE_CURSOR
    if (!this.#hidden) process.once('exit', this.#restore)
    this.#hidden = true
    this.#output.write(`${BEGIN_PAINT}${hide}${cursorUp(this.#height())}${text}${CLEAR_BELOW}${END_PAINT}`)
  }

  /** Rows that the drawn lines take now: a terminal made narrower wraps them. */
  #height(): number {
    return this.#drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(textWidth(line) / this.columns)), 0)
  }

  #showCursor(): void {
    if (!this.#hidden) return
    this.#hidden = false
    process.off('exit', this.#restore)
    this.#output.write(SHOW_CURSOR)
  }
}
