/** CSV with a header, as the task `table` reads it. */
import { CsvError, parse } from 'csv-parse/browser/esm/sync'
import { DataError } from './error.js'
import { decodeText } from './text.js'

export interface Csv {
  readonly file: string
  /** Column names, trimmed. */
  readonly header: readonly string[]
  /** As many cells in each as the header has. */
  readonly rows: readonly (readonly string[])[]
  /** Line of the file on which row i ends, counted from 1. */
  readonly lines: readonly number[]
}

interface Parsed {
  readonly record: readonly string[]
  readonly info: { readonly lines: number }
}

/** @throws {DataError} on an empty file, no rows, a column named twice, uneven rows or broken quotes */
export function parseCsv(bytes: Uint8Array, file: string): Csv {
  const text = decodeText(bytes, file)
  const records: Parsed[] = []
  try {
    parse(text, {
      bom: true,
      trim: true,
      skip_empty_lines: true,
      info: true,
      // Kept here, because a parse that fails returns none, and the last good one tells where the mistake begins.
      on_record(parsed) {
        // Its types do not know what `info` does to the record.
        records.push(parsed as unknown as Parsed)
        return null
      }
    })
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause
    throw refusal(cause, file, text, records)
  }
  const header = records[0]?.record
  if (header === undefined) throw new DataError(file, 'is empty', 'it needs a header and at least 10 rows')
  if (records.length === 1) throw new DataError(file, 'has a header and no rows', 'add at least 10 rows')
  const separator = header.length === 1 ? /[;\t|]/.exec(header[0]!)?.[0] : undefined
  if (separator !== undefined)
    throw new DataError(
      file,
      `seems to have ${separator === '\t' ? 'tabs' : `'${separator}'`} between its cells`,
      'save it with commas there'
    )
  const twice = header.find((name, i) => header.indexOf(name) !== i)
  if (twice !== undefined) throw new DataError(file, `names the column '${twice}' twice`, 'rename one of them')
  const body = records.slice(1)
  return { file, header, rows: body.map(row => row.record), lines: body.map(row => row.info.lines) }
}

/** The parser stops at the end of a quoted cell, which can be the end of the file: users want to know where it began. */
function refusal(cause: CsvError, file: string, text: string, records: readonly Parsed[]): DataError {
  const before = records.at(-1)?.info.lines ?? 0
  const lines = text.split('\n', before + 1000).slice(before)
  const blank = lines.findIndex(line => line.trim() !== '')
  const line = before + 1 + Math.max(0, blank)
  if (cause.code === 'CSV_RECORD_INCONSISTENT_FIELDS_LENGTH') {
    const cells = Array.isArray(cause.record) ? cause.record.length : 'other'
    const detail = `line ${cause.lines} has ${cells} cells where the header has ${records[0]?.record.length}`
    return new DataError(file, detail, 'every line needs as many cells as the header', { cause })
  }
  const remedy = 'close it, or write a quote inside a cell as ""'
  if (cause.code === 'CSV_QUOTE_NOT_CLOSED')
    return new DataError(file, `line ${line}: a quote is opened and never closed`, remedy, { cause })
  if (/QUOTE/.test(cause.code))
    return new DataError(file, `line ${line}: a quote is in the middle of a cell`, remedy, { cause })
  return new DataError(file, `line ${line}: ${cause.message}`, undefined, { cause })
}

/** Index of a column. @throws {DataError} that lists what there is */
export function columnIndex(csv: Csv, name: string, remedy: string): number {
  const index = csv.header.indexOf(name)
  if (index < 0) {
    const some = csv.header.slice(0, 12).join(', ')
    throw new DataError(
      csv.file,
      `has no column '${name}'`,
      `${remedy}; its columns: ${some}${csv.header.length > 12 ? ', …' : ''}`
    )
  }
  return index
}

/** A cell as a finite number, or undefined. */
export function cellNumber(cell: string): number | undefined {
  if (cell === '') return undefined
  const value = Number(cell)
  return Number.isFinite(value) ? value : undefined
}

/** 'line 7, column 'age'': where a cell is, for messages. */
export function place(csv: Csv, row: number, column: number): string {
  return `line ${csv.lines[row]}, column '${csv.header[column]}'`
}
