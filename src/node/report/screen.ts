/** Lines at the bottom of a terminal that are redrawn in place. */
import {
  BEGIN_PAINT,
  CLEAR_BELOW,
  CLEAR_LINE,
  CLEAR_ROW_GO_DOWN,
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
 * so it does not flicker, but for a terminal whose width has changed: it remembers rows that it wrapped as parts of one
 * line, and would join what is written over them when it grows again.
 */
export class Screen {
  readonly #output: Output
  #drawn: readonly string[] = []
  /** Width of the terminal at the last paint. */
  #width = 0
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
    this.#paint('', lines)
    this.#drawn = lines
  }

  /** A line that stays, above the lines that are redrawn. */
  print(text: string): void {
    this.#paint(`${text}${CLEAR_LINE}\n`, this.#drawn)
  }

  /** Leaves what was drawn last and gives the cursor back; drawing again starts below. Twice is fine. */
  release(): void {
    this.#drawn = []
    this.#showCursor()
  }

  /** Takes away what was drawn. */
  erase(): void {
    if (this.#drawn.length > 0) this.#paint('', [])
    this.#drawn = []
  }

  /** @param above what stays, above the lines */
  #paint(above: string, lines: readonly string[]): void {
    const hide = this.#hidden ? '' : HIDE_CURSOR
    if (!this.#hidden) process.once('exit', this.#restore)
    this.#hidden = true
    const height = this.#height()
    // Row by row: clearing a whole screen at once puts it into the history of some terminals.
    const forget = this.#width === this.columns ? '' : CLEAR_ROW_GO_DOWN.repeat(height) + cursorUp(height)
    const top = `${cursorUp(height)}${forget}`
    this.#width = this.columns
    const frame = lines.map(line => `${line}${CLEAR_LINE}\n`).join('')
    this.#output.write(`${BEGIN_PAINT}${hide}${top}${above}${frame}${CLEAR_BELOW}${END_PAINT}`)
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
