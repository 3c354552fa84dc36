/** The endless sequence of batches that a peer trains on. */
import { createRandom } from '../core/random.js'
import { gather, type Subset } from './samples.js'

const BATCH_STREAM = 0x62617463

export interface Batches {
  /** Samples in every batch: the asked size, or all there are when they are fewer. */
  readonly size: number
  /** size × width numbers, overwritten by `next`. */
  readonly inputs: Float32Array
  /** size classes, overwritten by `next`. */
  readonly labels: Int32Array
  next(): void
}

/**
 * Passes over the rows in an order drawn anew for each pass; what is left of a pass and does not fill a batch is skipped.
 * @param subset at least one row
 * @param stream tells apart peers that share a seed
 */
export function createBatches(subset: Subset, batchSize: number, seed: number, stream: number): Batches {
  const random = createRandom(seed, (BATCH_STREAM + stream) % 2 ** 32)
  const rows = subset.rows.slice()
  const size = Math.min(batchSize, rows.length)
  const inputs = new Float32Array(size * subset.samples.width)
  const labels = new Int32Array(size)
  let at = rows.length
  return {
    size,
    inputs,
    labels,
    next() {
      if (at + size > rows.length) {
        random.shuffle(rows)
        at = 0
      }
      gather(subset.samples, rows, at, at + size, inputs, labels)
      at += size
    }
  }
}
