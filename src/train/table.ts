/** The task `table`: any CSV with a header; the manifest declares its columns, classes and scaling. */
import type { TaskSpec } from '../core/protocol/manifest.js'
import { type Csv, cellNumber, columnIndex, parseCsv, place } from './csv.js'
import { DataError } from './error.js'
import { type Dataset, holdOut } from './samples.js'

export type TableTask = Extract<TaskSpec, { kind: 'table' }>

const SAME_FILE = 'every peer needs the columns that the swarm was created with'

/** A table as its creator declares it, and what the file tells besides, which stays with the creator. */
export interface TableFacts {
  readonly task: TableTask
  readonly rows: number
  /** Rows of each class, in the task's order. */
  readonly counts: readonly number[]
  /** Columns without a single number, such as names, which are not used. */
  readonly unused: readonly string[]
}

/**
 * What a swarm's creator declares from a file of its own: the columns that hold numbers with their mean and (population)
 * standard deviation, and the classes in code-unit order. Columns without a single number are left out.
 * Nothing but these figures leaves the creator, and nothing is pooled: other peers scale by the same figures.
 * @param label the column to predict
 * @throws {DataError} when the label is missing or has one class, or a column mixes numbers and text
 */
export function describeTable(bytes: Uint8Array, label: string, file = 'table.csv'): TableFacts {
  const csv = parseCsv(bytes, file)
  const labelColumn = columnIndex(csv, label, 'name an existing one with --label')
  const rowsOf = new Map<string, number>()
  for (let row = 0; row < csv.rows.length; row++) {
    const name = labelCell(csv, row, labelColumn)
    rowsOf.set(name, (rowsOf.get(name) ?? 0) + 1)
  }
  const classes = [...rowsOf.keys()].sort()
  if (classes.length < 2)
    throw new DataError(file, `column '${label}' holds one class, '${classes[0]}'`, 'there is nothing to tell apart')
  if (classes.length > 1000)
    throw new DataError(
      file,
      `column '${label}' holds ${classes.length} classes`,
      'the limit is 1000; choose another --label'
    )
  const unused = csv.header.filter(
    (_, column) => column !== labelColumn && csv.rows.every(row => cellNumber(row[column]!) === undefined)
  )
  const columns = csv.header.flatMap((name, column) => {
    if (column === labelColumn || unused.includes(name)) return []
    checkName(csv, column)
    return [{ name, ...spread(csv, column) }]
  })
  if (columns.length === 0)
    throw new DataError(file, `has no column of numbers besides '${label}'`, 'there is nothing to learn from')
  if (columns.length > 4096) throw new DataError(file, `has ${columns.length} columns of numbers`, 'the limit is 4096')
  checkName(csv, labelColumn)
  return {
    task: { kind: 'table', label, classes, columns },
    rows: csv.rows.length,
    counts: classes.map(name => rowsOf.get(name)!),
    unused
  }
}

/** Names go into the manifest, which takes 1 to 64 characters. */
function checkName({ file, header }: Csv, column: number): void {
  const name = header[column]!
  if (name !== '' && name.length <= 64) return
  const place = `column ${column + 1}${name === '' ? ' has no name' : ` has a name of ${name.length} characters`}`
  throw new DataError(file, place, name === '' ? 'name it in the header, or remove it' : 'the limit is 64; shorten it')
}

/** Mean and standard deviation; a constant column gets scale 1, so that it becomes zeros. */
function spread(csv: Csv, column: number): { center: number; scale: number } {
  const values = csv.rows.map((_, row) => numberCell(csv, row, column))
  const center = values.reduce((sum, value) => sum + value, 0) / values.length
  const variance = values.reduce((sum, value) => sum + (value - center) ** 2, 0) / values.length
  const scale = Math.sqrt(variance)
  if (Math.abs(center) > 1e12 || scale > 1e12)
    throw new DataError(csv.file, `column '${csv.header[column]}' has values beyond 10^12`, 'rescale it')
  return { center, scale: scale > 1e-12 ? scale : 1 }
}

/**
 * A peer's own file as samples; only the declared columns are used, in the manifest's order.
 * @param seed the manifest's, decides what is held out
 * @param groupBy a column of the file to keep as `groups`, for the partition `by:<column>`
 * @throws {DataError} on a missing column, a cell that is not a number, a class that the manifest does not know
 */
export function loadTable(
  bytes: Uint8Array,
  task: TableTask,
  seed: number,
  options: { readonly file?: string; readonly groupBy?: string | undefined } = {}
): Dataset {
  const file = options.file ?? 'table.csv'
  const csv = parseCsv(bytes, file)
  const width = task.columns.length
  const columns = task.columns.map(column => columnIndex(csv, column.name, SAME_FILE))
  const labelColumn = columnIndex(csv, task.label, SAME_FILE)
  const classIndex = new Map(task.classes.map((name, i) => [name, i]))
  const values = new Float32Array(csv.rows.length * width)
  const labels = new Uint16Array(csv.rows.length)
  for (let row = 0; row < csv.rows.length; row++) {
    for (const [i, { center, scale }] of task.columns.entries())
      values[row * width + i] = (numberCell(csv, row, columns[i]!) - center) / scale
    const name = labelCell(csv, row, labelColumn)
    const label = classIndex.get(name)
    if (label === undefined)
      throw new DataError(
        file,
        `${place(csv, row, labelColumn)} is '${name}'`,
        `this swarm's classes are ${task.classes.join(', ')}`
      )
    labels[row] = label
  }
  const samples = { width, values, scale: 1, labels }
  if (options.groupBy === undefined) return holdOut(samples, task.classes.length, seed, file)
  const by = columnIndex(csv, options.groupBy, 'name an existing one with --partition by:<column>')
  return holdOut({ ...samples, groups: csv.rows.map(row => row[by]!) }, task.classes.length, seed, file)
}

function numberCell(csv: Csv, row: number, column: number): number {
  const cell = csv.rows[row]![column]!
  const value = cellNumber(cell)
  if (value === undefined)
    throw new DataError(
      csv.file,
      `${place(csv, row, column)} is ${cell === '' ? 'empty' : `'${cell}', not a finite number`}`,
      'correct the value or remove the row'
    )
  return value
}

function labelCell(csv: Csv, row: number, column: number): string {
  const cell = csv.rows[row]![column]!
  if (cell === '' || cell.length > 64)
    throw new DataError(
      csv.file,
      `${place(csv, row, column)} is ${cell === '' ? 'empty' : 'longer than 64 characters'}`,
      'give every row a short class name'
    )
  return cell
}
