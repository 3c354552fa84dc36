/** Samples in memory, and which of them are held out. */
import { createRandom } from '../core/random.js'
import { DataError } from './error.js'

/** Rows of numbers with their class. Bytes stay bytes: MNIST takes 47 MB so, and 188 MB as floats. */
export interface Samples {
  /** Numbers in one sample. */
  readonly width: number
  /** Row-major, length width × labels.length. */
  readonly values: Uint8Array | Float32Array
  /** A value times this is what the model sees. */
  readonly scale: number
  /** Class index of each sample. */
  readonly labels: Uint16Array
  /** What `by:<column>` splits by: the text of that column for each sample. */
  readonly groups?: readonly string[]
}

/** Which rows of which samples. */
export interface Subset {
  readonly samples: Samples
  readonly rows: Uint32Array
}

export interface Dataset {
  readonly classes: number
  readonly train: Subset
  /** In a fixed random order, so that its first m rows are a fair subsample. */
  readonly test: Subset
}

/** Part of the samples that no peer trains on. */
const HELD_OUT = 0.2
const HELD_OUT_STREAM = 0x68656c64

/** Row numbers 0 … count − 1 in an order that only the seed decides. */
export function shuffledRows(count: number, seed: number): Uint32Array {
  const rows = new Uint32Array(count)
  for (let i = 0; i < count; i++) rows[i] = i
  return createRandom(seed, HELD_OUT_STREAM).shuffle(rows)
}

/**
 * Shuffles by the seed and holds out the first fifth, rounded down: the same for every peer with the same file.
 * @param seed the manifest's
 * @throws {DataError} with fewer than 10 samples
 */
export function holdOut(samples: Samples, classes: number, seed: number, file: string): Dataset {
  const count = samples.labels.length
  if (count < 10)
    throw new DataError(
      file,
      `has ${count} sample${count === 1 ? '' : 's'}`,
      'at least 10 are needed to train and to test'
    )
  const rows = shuffledRows(count, seed)
  const held = Math.floor(count * HELD_OUT)
  return { classes, train: { samples, rows: rows.slice(held) }, test: { samples, rows: rows.slice(0, held) } }
}

/** Copies rows into a batch: `inputs` takes rows × width numbers as the model sees them, `labels` one class each. */
export function gather(
  samples: Samples,
  rows: Uint32Array,
  from: number,
  to: number,
  inputs: Float32Array,
  labels: Int32Array
): void {
  const { width, values, scale } = samples
  let out = 0
  for (let i = from; i < to; i++) {
    const row = rows[i]!
    labels[i - from] = samples.labels[row]!
    for (let at = row * width, end = at + width; at < end; at++) inputs[out++] = values[at]! * scale
  }
}
