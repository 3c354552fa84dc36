/** Two curves over the same epochs, for a chart and for a table. */
import type { Point } from '../../engine/session.js'

/** Rows of the table at most: a screen reader goes through all of them. */
const ROWS = 20

type Column = (number | null)[]

/** Of two ascending curves. @returns epochs in ascending order, then `alone` and `together` at each; null where it was not measured */
export function chartData(together: readonly Point[], alone: readonly Point[]): [number[], Column, Column] {
  const [epochs, own, shared]: [number[], Column, Column] = [[], [], []]
  for (let i = 0, j = 0; i < alone.length || j < together.length; ) {
    const [a, b] = [alone[i], together[j]]
    const isAlone = a !== undefined && !(b !== undefined && b.epoch < a.epoch)
    const isShared = b !== undefined && !(a !== undefined && a.epoch < b.epoch)
    epochs.push(isAlone ? a.epoch : b!.epoch)
    own.push(isAlone ? a.accuracy : null)
    shared.push(isShared ? b.accuracy : null)
    if (isAlone) i++
    if (isShared) j++
  }
  return [epochs, own, shared]
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
