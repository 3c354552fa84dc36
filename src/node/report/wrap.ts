/** Long lines for a terminal: terminals break them in the middle of words. */

/** What is typed or pasted: a terminal that wraps it itself still copies it as one line, and one that is broken up runs as two. */
const COMMAND = /(?:npx )?starlings [a-z]+(?: --?[a-z-]+(?: (?:'[^']*'|[^\s;,()]+))?| [/.~'][^\s;,()]*)*/g
const GLUE = '\u00a0'
/** Where the text of a line such as `with     2 peers` begins, or that of an indented one. */
const LABEL = /^(?:\w+ {2,}|[ ]+)/

/**
 * Breaks a line between its words; what goes on stands below the text that it belongs to. Lines with a word that is longer than a row,
 * such as an address, stay as they are. @param columns of the terminal; undefined or 0 where there is none: nothing is broken
 */
export function wrapLine(line: string, columns: number | undefined): string {
  if (columns === undefined || columns === 0 || line.length <= columns || line.includes('\n')) return line
  const label = LABEL.exec(line)?.[0] ?? ''
  const indent = ' '.repeat(label.length === 0 ? 2 : label.length)
  const words = line
    .slice(label.length)
    .replace(COMMAND, command => command.replaceAll(' ', GLUE))
    .split(' ')
  if (words.some(word => indent.length + word.length > columns)) return line
  const rows: string[] = []
  let row = label
  let isFresh = true
  for (const word of words) {
    if (!isFresh && row.length + 1 + word.length > columns) {
      rows.push(row)
      row = indent
      isFresh = true
    }
    row += isFresh ? word : ` ${word}`
    isFresh = false
  }
  return [...rows, row].join('\n').replaceAll(GLUE, ' ')
}
