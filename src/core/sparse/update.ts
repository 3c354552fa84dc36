/** A sparse, quantised delta and what its integers mean. PROTOCOL.md, section 4. */
import { CHUNK, type ValueBits } from '../wire/limits.js'

/** Entry i changes parameter indices[i] by levels[i] · 2^shifts[⌊indices[i] / CHUNK⌋] grid units. */
export interface SparseUpdate {
  /** Sign and magnitude − 1 of a level take this many bits, so |level| is 1 … 2^(valueBits−1). */
  readonly valueBits: ValueBits
  /** n, parameters of the model. */
  readonly size: number
  /** Strictly increasing, below `size`. */
  readonly indices: Uint32Array
  /** As long as `indices`; never 0. */
  readonly levels: Int16Array
  /** One per chunk of `size`; 0 where the chunk has no entry. */
  readonly shifts: Uint8Array
}

export function chunkCount(size: number): number {
  return Math.ceil(size / CHUNK)
}

/** The update that changes nothing; it is valid to send. */
export function emptyUpdate(size: number, valueBits: ValueBits): SparseUpdate {
  return {
    valueBits,
    size,
    indices: new Uint32Array(0),
    levels: new Int16Array(0),
    shifts: new Uint8Array(chunkCount(size))
  }
}

/** Grid units per entry. Every value an update can hold is within ±(2^31 − 1). */
export function updateValues(update: SparseUpdate): Int32Array {
  const { indices, levels, shifts } = update
  const out = new Int32Array(levels.length)
  for (let i = 0; i < out.length; i++) out[i] = levels[i]! << shifts[(indices[i]! / CHUNK) | 0]!
  return out
}

/**
 * Euclidean norm in grid units. Squares of a chunk's levels sum exactly (at most 2^14 · 2^14); chunks are added in order,
 * so every engine gets the same double.
 */
export function norm(update: SparseUpdate): number {
  const { indices, levels, shifts } = update
  let total = 0
  let i = 0
  while (i < indices.length) {
    const chunk = (indices[i]! / CHUNK) | 0
    const end = (chunk + 1) * CHUNK
    let squares = 0
    for (; i < indices.length && indices[i]! < end; i++) squares += levels[i]! * levels[i]!
    const unit = 2 ** shifts[chunk]!
    total += squares * unit * unit
  }
  return Math.sqrt(total)
}
