import { topK } from '#src/core/sparse/topk.js'
import type { Json } from './index.js'
import { drawValues } from './values.js'

export function topkVectors(): Json[] {
  const cases: [Int32Array, number][] = [
    [Int32Array.of(), 3],
    [Int32Array.of(0, 0, 0), 2],
    [Int32Array.of(5, -5, 5, -5, 5), 3],
    [Int32Array.of(1, -2, 3, 0, -2, 2), 3],
    [Int32Array.of(2 ** 31 - 1, -(2 ** 31 - 1), 2 ** 30, 1), 2],
    [drawValues(60, 1, 4), 20],
    [drawValues(60, 2, 20), 7]
  ]
  return cases.map(([values, k]) => ({ values: [...values], k, indices: [...topK(values, k)] }))
}
