/** Rows as aligned columns. */
import type { BenchRow } from './index.js'

/** Four significant digits are more than a shared machine can tell apart. */
function cell(value: number | string | boolean): string {
  if (typeof value !== 'number' || Number.isInteger(value)) return String(value)
  return value >= 1000 ? value.toFixed(0) : String(Number(value.toPrecision(4)))
}

export function formatTable(rows: readonly BenchRow[]): string {
  const names = Object.keys(rows[0] ?? {})
  const cells = [names, ...rows.map(row => names.map(name => cell(row[name] ?? '')))]
  const widths = names.map((_, column) => Math.max(...cells.map(line => line[column]!.length)))
  return cells.map(line => line.map((text, column) => text.padStart(widths[column]!)).join('  ')).join('\n')
}
