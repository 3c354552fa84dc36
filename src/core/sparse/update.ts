/** A sparse, quantised delta and what its integers mean. PROTOCOL.md, section 4. */
import { CHUNK, CHUNK_BITS, type ValueBits } from '../wire/limits.js'

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

/**
 * Where the entries of each non-empty chunk start, in order, and at the end the number of entries: run r is
 * starts[r] … starts[r + 1] − 1.
 */
export function chunkRuns(indices: Uint32Array): Uint32Array {
  const starts: number[] = []
  for (let start = 0; start < indices.length; start = endOfChunk(indices, start)) starts.push(start)
  starts.push(indices.length)
  return Uint32Array.from(starts)
}

/** The first entry after `start` that is in another chunk, by bisection. */
function endOfChunk(indices: Uint32Array, start: number): number {
  const limit = ((indices[start]! >>> CHUNK_BITS) + 1) * CHUNK
  let low = start + 1
  let high = Math.min(indices.length, start + CHUNK)
  while (low < high) {
    const middle = (low + high) >>> 1
    if (indices[middle]! < limit) low = middle + 1
    else high = middle
  }
  return low
}

/** Grid units per entry. Every value an update can hold is within ±(2^31 − 1). */
export function updateValues(update: SparseUpdate): Int32Array {
  const { indices, levels, shifts } = update
  const out = new Int32Array(levels.length)
  for (let i = 0; i < out.length; i++) out[i] = levels[i]! << shifts[indices[i]! >>> CHUNK_BITS]!
  return out
}

/**
 * Euclidean norm in grid units. Squares of a chunk's levels sum exactly (at most 2^12 · 2^14); chunks are added in order,
 * so every engine gets the same double.
 */
export function norm(update: SparseUpdate): number {
  const { indices, levels, shifts } = update
  const runs = chunkRuns(indices)
  let total = 0
  for (let r = 0; r + 1 < runs.length; r++) {
    const unit = 2 ** shifts[indices[runs[r]!]! >>> CHUNK_BITS]!
    total += squares(levels, runs[r]!, runs[r + 1]!) * unit * unit
  }
  return Math.sqrt(total)
}

function squares(levels: Int16Array, start: number, end: number): number {
  let sum = 0
  for (let i = start; i < end; i++) sum += levels[i]! * levels[i]!
  return sum
}
