/** CSV with a header, as the task `table` reads it. */
import { CsvError, parse } from 'csv-parse/browser/esm/sync'
import { DataError } from './error.js'

export interface Csv {
  readonly file: string
  /** Column names, trimmed. */
  readonly header: readonly string[]
  /** As many cells in each as the header has. */
  readonly rows: readonly (readonly string[])[]
  /** Line of the file on which row i ends, counted from 1. */
  readonly lines: readonly number[]
}

/** @throws {DataError} on an empty file, no rows, a column named twice, uneven rows or broken quotes */
export function parseCsv(bytes: Uint8Array, file: string): Csv {
  let records: { record: string[]; info: { lines: number } }[]
  try {
    // Its types do not know what `info` does to the result.
    records = parse(new TextDecoder().decode(bytes), {
      bom: true,
      trim: true,
      skip_empty_lines: true,
      info: true
    }) as unknown as typeof records
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause
    const line = typeof cause.lines === 'number' ? `line ${cause.lines}: ` : ''
    throw new DataError(file, `${line}${cause.message}`, 'every line needs as many cells as the header', { cause })
  }
  const header = records[0]?.record
  if (header === undefined) throw new DataError(file, 'is empty', 'it needs a header and at least 10 rows')
  if (records.length === 1) throw new DataError(file, 'has a header and no rows', 'add at least 10 rows')
  const twice = header.find((name, i) => header.indexOf(name) !== i)
  if (twice !== undefined) throw new DataError(file, `names the column '${twice}' twice`, 'rename one of them')
  const body = records.slice(1)
  return { file, header, rows: body.map(row => row.record), lines: body.map(row => row.info.lines) }
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
