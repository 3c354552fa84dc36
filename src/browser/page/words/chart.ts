/** Two curves over the same epochs, for a chart and for a table. */
import type { Point } from '../../engine/session.js'

/** Rows of the table at most: a screen reader goes through all of them. */
const ROWS = 20

type Column = (number | null)[]

/** @returns epochs in ascending order, then `alone` and `together` at each; null where it was not measured */
export function chartData(together: readonly Point[], alone: readonly Point[]): [number[], Column, Column] {
  const epochs = [...new Set([...together, ...alone].map(point => point.epoch))].sort((a, b) => a - b)
  return [epochs, column(epochs, alone), column(epochs, together)]
}

function column(epochs: readonly number[], points: readonly Point[]): Column {
  const at = new Map(points.map(point => [point.epoch, point.accuracy]))
  return epochs.map(epoch => at.get(epoch) ?? null)
}

/** Where the axis ends: some way ahead of the newest epoch, and never past the last. */
export function chartEnd(newest: number, epochs: number | null): number {
  return Math.min(epochs ?? Number.POSITIVE_INFINITY, Math.max(20, Math.ceil(newest * 1.2)))
}

export interface Row {
  readonly epoch: number
  readonly together: number | null
  readonly alone: number | null
}

/** Newest first, evenly thinned out; the newest and the oldest are always among them. */
export function tableRows(together: readonly Point[], alone: readonly Point[]): Row[] {
  const [epochs, own, shared] = chartData(together, alone)
  const rows = epochs.map((epoch, i) => ({ epoch, together: shared[i] ?? null, alone: own[i] ?? null })).reverse()
  if (rows.length <= ROWS) return rows
  return Array.from({ length: ROWS }, (_, i) => rows[Math.round((i * (rows.length - 1)) / (ROWS - 1))]!)
}
