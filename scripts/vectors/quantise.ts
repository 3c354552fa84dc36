import { quantise } from '#src/core/sparse/quantise.js'
import { norm } from '#src/core/sparse/update.js'
import { VALUE_BITS } from '#src/core/wire/limits.js'
import type { Json } from './index.js'
import { drawValues } from './values.js'

export function quantiseVectors(): Json[] {
  const cases: [Int32Array, number][] = [
    [Int32Array.of(1, -1, 0, 2), 2 ** 31 - 1],
    [Int32Array.of(3, 2, -3, 6, 100), 2 ** 31 - 1],
    [Int32Array.of(2 ** 31 - 1, -(2 ** 31 - 1), 2 ** 29), 2 ** 31 - 1],
    [Int32Array.of(1000, -70_000, 30_000, 9), 2 ** 15 - 1],
    [drawValues(24, 3, 18), 2 ** 31 - 1]
  ]
  return cases.flatMap(([values, maxValue]) =>
    VALUE_BITS.map(valueBits => {
      const update = quantise(values, Uint32Array.from(values.keys()), valueBits, maxValue)
      return {
        values: [...values],
        valueBits,
        maxValue,
        indices: [...update.indices],
        levels: [...update.levels],
        shifts: [...update.shifts],
        norm: norm(update)
      }
    })
  )
}
