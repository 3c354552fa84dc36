/** From a residual to bytes and from bytes into params, beside a plain copy of the same array in the same run. */
import { createRandom } from '#src/core/random.js'
import { quantise } from '#src/core/sparse/quantise.js'
import { topK } from '#src/core/sparse/topk.js'
import { updateValues } from '#src/core/sparse/update.js'
import { planGaps } from '#src/core/wire/rice.js'
import { decodeBody, encodeBody } from '#src/core/wire/update.js'
import type { Benchmark, BenchRow } from './index.js'

const SIZE = 1_000_000
const DENSITIES = [0.001, 0.01, 0.1]
const VALUE_BITS = 4
/** Runs of which the median is taken; those before the compiler is done are not counted. */
const ROUNDS = 101
const WARM_UP = 40

export const codecBenchmark: Benchmark = {
  summary: 'top-k, quantiser and wire code against a plain copy',
  setting:
    '1,000,000 parameters, Laplace-distributed residual, 4 bits per value; Mps = million parameters per second. ' +
    'encode = int32 residual to bytes, selection included; decode = bytes into float64 params, applying included',
  *run() {
    const residual = laplaceResidual(SIZE, 1)
    for (const density of DENSITIES) yield measure(residual, density)
  }
}

function measure(residual: Int32Array, density: number): BenchRow {
  const k = Math.round(density * SIZE)
  const copy = new Int32Array(SIZE)
  const params = new Float64Array(SIZE)
  const encode = (): Uint8Array =>
    encodeBody({ epoch: 1000, drawBits: 0, weight: 500, delta: quantise(residual, topK(residual, k), VALUE_BITS) })
  const bytes = encode()
  const decode = (): void => {
    const { delta } = decodeBody(bytes, { size: SIZE, maxBytes: bytes.length })
    apply(params, delta.indices, updateValues(delta))
  }
  const taken = {
    encode: milliseconds(encode),
    decode: milliseconds(decode),
    copy: milliseconds(() => copy.set(residual))
  }
  const { indices } = decodeBody(bytes, { size: SIZE, maxBytes: bytes.length }).delta
  const sent = indices.length / SIZE
  return {
    density,
    encodeMps: SIZE / 1000 / taken.encode,
    decodeMps: SIZE / 1000 / taken.decode,
    copyMps: SIZE / 1000 / taken.copy,
    bitsPerIndex: planGaps(indices, SIZE).bits / indices.length,
    entropyBitsPerIndex: -(sent * Math.log2(sent) + (1 - sent) * Math.log2(1 - sent)) / sent
  }
}

function apply(params: Float64Array, indices: Uint32Array, values: Int32Array): void {
  for (let i = 0; i < indices.length; i++) params[indices[i]!]! += values[i]!
}

/** Median of many runs. */
function milliseconds(run: () => unknown): number {
  const times: number[] = []
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    const start = performance.now()
    run()
    if (round >= 0) times.push(performance.now() - start)
  }
  return times.toSorted((a, b) => a - b)[ROUNDS >> 1]!
}

/** Grid units; a scale of 2^-10 model units, as deltas of a few local steps have. */
function laplaceResidual(size: number, seed: number): Int32Array {
  const random = createRandom(seed)
  return Int32Array.from({ length: size }, () => {
    const magnitude = -Math.log(1 - random.unit()) * 2 ** 14
    return Math.round(random.below(2) === 0 ? magnitude : -magnitude)
  })
}
