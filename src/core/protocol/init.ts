/** The flat layout of a model's parameters and x0, its seeded start. PROTOCOL.md, section 3. */
import { digest } from '../digest.js'
import { createRandom } from '../random.js'

/** One tensor of the flat vector; tensors lie one after another in manifest order, each row-major. */
export interface TensorSpec {
  readonly name: string
  readonly shape: readonly number[]
  /** x0 of this tensor is uniform over the integers −initLimit … +initLimit, in grid units; 0 means zeros. */
  readonly initLimit: number
}

export function tensorSize(tensor: TensorSpec): number {
  return tensor.shape.reduce((product, side) => product * side, 1)
}

/** Length n of the flat vector. */
export function parameterCount(tensors: readonly TensorSpec[]): number {
  return tensors.reduce((sum, tensor) => sum + tensorSize(tensor), 0)
}

/** Glorot and Bengio's (2010) uniform limit sqrt(6 / (fanIn + fanOut)), as grid units; sqrt is exact on every engine. */
export function glorotLimit(fanIn: number, fanOut: number, grid: number): number {
  return Math.floor(Math.sqrt(6 / (fanIn + fanOut)) * grid)
}

/** x0 in grid units, length n. The same integers on every machine for equal tensors and seed. */
export function initialParams(tensors: readonly TensorSpec[], seed: number): Float64Array {
  const out = new Float64Array(parameterCount(tensors))
  const random = createRandom(seed, 0x78300000) // 'x0': a stream of its own
  let offset = 0
  for (const tensor of tensors) {
    const size = tensorSize(tensor)
    if (tensor.initLimit > 0) {
      const span = 2 * tensor.initLimit + 1
      for (let i = 0; i < size; i++) out[offset + i] = random.below(span) - tensor.initLimit
    }
    offset += size
  }
  return out
}

/** Digest of params in grid units: SHA-256 over the coordinates as little-endian signed 64-bit integers. 32 bytes. */
export function paramsDigest(params: Float64Array): Uint8Array {
  const bytes = new Uint8Array(params.length * 8)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < params.length; i++) {
    const value = params[i]!
    const low = ((value % 2 ** 32) + 2 ** 32) % 2 ** 32
    view.setUint32(8 * i, low, true)
    view.setInt32(8 * i + 4, (value - low) / 2 ** 32, true)
  }
  return digest(bytes)
}
