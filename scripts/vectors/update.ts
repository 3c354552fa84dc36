import { fromHex, toHex } from '#src/core/bytes.js'
import { quantise } from '#src/core/sparse/quantise.js'
import { topK } from '#src/core/sparse/topk.js'
import { emptyUpdate, type SparseUpdate } from '#src/core/sparse/update.js'
import { DecodeError } from '#src/core/wire/error.js'
import { VALUE_BITS } from '#src/core/wire/limits.js'
import { type BodyHeader, decodeBody, encodeBody } from '#src/core/wire/update.js'
import type { Json } from './index.js'
import { drawValues } from './values.js'

/** `count` drawn indices of a large model, so near to each other that gaps of many sizes occur. */
function scattered(): SparseUpdate {
  const values = new Int32Array(2 ** 20)
  const near = drawValues(400, 8, 20)
  values.set(near.subarray(0, 150), 1000)
  for (let i = 150; i < 400; i++) values[i * i * 5] = near[i]!
  return quantise(values, topK(values, 400), 4)
}

export function updateVectors(): Json[] {
  const head: BodyHeader = { epoch: 3, drawBits: 0, weight: 100 }
  const small = drawValues(300, 7, 16)
  const cases: [string, BodyHeader, SparseUpdate][] = [
    ['nothing', head, emptyUpdate(300, 4)],
    ['largest head', { epoch: 2 ** 40 - 1, drawBits: 20, weight: 2 ** 20 }, emptyUpdate(1, 8)],
    ['three entries', head, quantise(Int32Array.of(0, 700, 0, 0, -300, 100), Uint32Array.of(1, 4, 5), 4)],
    ...VALUE_BITS.map((bits): [string, BodyHeader, SparseUpdate] => [
      `${bits} bits per value`,
      head,
      quantise(small, topK(small, 40), bits)
    ]),
    ['many chunks, escaped gaps, changing Rice parameters', { epoch: 5000, drawBits: 4, weight: 1 }, scattered()]
  ]
  return cases.map(([name, header, delta]) => ({
    name,
    ...header,
    size: delta.size,
    valueBits: delta.valueBits,
    indices: [...delta.indices],
    levels: [...delta.levels],
    shifts: [...delta.shifts],
    body: toHex(encodeBody({ ...header, delta }))
  }))
}

export function refusedVectors(): Json[] {
  const size = 1000
  const maxBytes = 64
  const cases: [string, string][] = [
    ['empty', ''],
    ['version 2', '020203006400'],
    ['unknown value bits', '010403006400'],
    ['varint not minimal', '01028300006400'],
    ['epoch 2^40', '0102808080808020006400'],
    ['21 draw bits', '010203156400'],
    ['weight 0', '010203000000'],
    ['weight 2^20 + 1', '010203008180400000'],
    ['a byte too many', '01020300640000'],
    ['more entries than parameters', `0102030064e907${'ff'.repeat(50)}`],
    ['more entries than bits', '0102030064e807ffff'],
    ['padding bits', '0102030064030133a481'],
    ['too long', `0102030064${'00'.repeat(60)}`]
  ]
  return cases.map(([name, body]) => ({ name, size, maxBytes, body, reason: reasonOf(body, size, maxBytes) }))
}

function reasonOf(body: string, size: number, maxBytes: number): string {
  try {
    decodeBody(fromHex(body), { size, maxBytes })
  } catch (error) {
    if (error instanceof DecodeError) return error.reason
    throw error
  }
  throw new Error(`${body} decodes`)
}
