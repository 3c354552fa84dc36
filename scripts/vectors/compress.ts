import { toHex } from '#src/core/bytes.js'
import { digest } from '#src/core/digest.js'
import { compress } from '#src/core/sparse/compress.js'
import { VALUE_BITS } from '#src/core/wire/limits.js'
import { encodeBody } from '#src/core/wire/update.js'
import type { Json } from './index.js'
import { drawValues } from './values.js'

export function compressVectors(): Json[] {
  const cases = [
    { size: 100, seed: 4, scaleBits: 20, maxBytes: 60, maxNorm: 100, maxValueBits: 28 },
    { size: 20_000, seed: 5, scaleBits: 24, maxBytes: 400, maxNorm: 100, maxValueBits: 28 },
    { size: 20_000, seed: 5, scaleBits: 24, maxBytes: 4000, maxNorm: 4, maxValueBits: 28 },
    { size: 70_000, seed: 6, scaleBits: 30, maxBytes: 2000, maxNorm: 1000, maxValueBits: 22 }
  ]
  return cases.flatMap(one =>
    VALUE_BITS.map(valueBits => {
      const delta = compress(drawValues(one.size, one.seed, one.scaleBits), { ...one, valueBits })
      const body = encodeBody({ epoch: 1, drawBits: 0, weight: 1, delta })
      return { ...one, valueBits, count: delta.indices.length, bytes: body.length, sha256: toHex(digest(body)) }
    })
  )
}
