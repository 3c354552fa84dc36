/** The few terminal codes that reports use (ECMA-48). */
import { stripVTControlCharacters } from 'node:util'

export const HIDE_CURSOR = '\x1b[?25l'
export const SHOW_CURSOR = '\x1b[?25h'
/** From the cursor to the end of the line. */
export const CLEAR_LINE = '\x1b[K'
/** All of the row, then to the next one, without scrolling. */
export const CLEAR_ROW_GO_DOWN = '\x1b[2K\x1b[1B'
/** From the cursor to the end of the screen. */
export const CLEAR_BELOW = '\x1b[J'
/** Terminals that know it paint what is between at once; the others ignore it. */
export const BEGIN_PAINT = '\x1b[?2026h'
export const END_PAINT = '\x1b[?2026l'

export const cursorUp = (lines: number): string => (lines > 0 ? `\x1b[${lines}A\r` : '\r')

/** Wraps text in a style, or leaves it as it is. */
export interface Style {
  bold(text: string): string
  dim(text: string): string
  red(text: string): string
  green(text: string): string
  cyan(text: string): string
}

const wrap = (open: number, close: number) => (text: string) => `\x1b[${open}m${text}\x1b[${close}m`

export const PLAIN: Style = { bold: same, dim: same, red: same, green: same, cyan: same }
const COLOUR: Style = {
  bold: wrap(1, 22),
  dim: wrap(2, 22),
  red: wrap(31, 39),
  green: wrap(32, 39),
  cyan: wrap(36, 39)
}

function same(text: string): string {
  return text
}

/** What a report needs of `process.stdout` or `process.stderr`. */
export interface Output {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
  on(event: 'resize', listener: () => void): unknown
  off(event: 'resize', listener: () => void): unknown
}

/** Whether the output is a screen that can be redrawn. */
export function isScreen(output: Output, env: Readonly<Record<string, string | undefined>>): boolean {
  return output.isTTY === true && env.TERM !== 'dumb'
}

/** Colours on a screen, unless NO_COLOR is set and not empty (no-color.org). */
export function styleFor(output: Output, env: Readonly<Record<string, string | undefined>>): Style {
  const refused = (env.NO_COLOR ?? '') !== ''
  return isScreen(output, env) && !refused ? COLOUR : PLAIN
}

const ESCAPE = '\x1b'
const SEQUENCE = new RegExp(`${ESCAPE}\\[[0-9;?]*[A-Za-z]`, 'g')

/** Columns that text takes; all characters of the reports are one column wide. */
export function textWidth(text: string): number {
  return stripVTControlCharacters(text).length
}

/** At most `columns` columns of text, its styles closed. */
export function cutText(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text
  let room = Math.max(0, columns - 1)
  let out = ''
  let at = 0
  for (const match of [...text.matchAll(SEQUENCE), undefined]) {
    const chunk = text.slice(at, match?.index)
    out += chunk.slice(0, room)
    room -= Math.min(room, chunk.length)
    if (match === undefined) break
    out += match[0]
    at = match.index + match[0].length
  }
  return columns > 0 ? `${out}…` : out
}
