/** The task `mnist`: any data in MNIST's IDX files (Y. LeCun, C. Cortes, C. Burges), ten classes of 28×28 images. */
import { DataError } from './error.js'
import { gunzip } from './gunzip.js'
import { type Dataset, holdOut, type Samples, shuffledRows } from './samples.js'

const SIDE = 28
const IMAGES_MAGIC = 0x803
const LABELS_MAGIC = 0x801

/** One file: its path as the user gave it, and its bytes, gzipped or not. */
export interface NamedBytes {
  readonly name: string
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** Images and their labels. */
export interface IdxPair {
  readonly images: NamedBytes
  readonly labels: NamedBytes
}

/**
 * With both pairs: trains on one and tests on the other. With one alone: shuffled by the seed and split 80/20.
 * @throws {DataError} on a wrong magic number, a truncated file, another image size, counts that differ
 * @throws {TypeError} without any pair
 */
export async function loadMnist(
  pairs: { readonly train?: IdxPair | undefined; readonly test?: IdxPair | undefined },
  seed: number
): Promise<Dataset> {
  const train = pairs.train && (await readPair(pairs.train))
  const test = pairs.test && (await readPair(pairs.test))
  if (train !== undefined && test !== undefined) {
    const rows = Uint32Array.from({ length: train.labels.length }, (_, i) => i)
    return {
      classes: 10,
      train: { samples: train, rows },
      test: { samples: test, rows: shuffledRows(test.labels.length, seed) }
    }
  }
  const only = train ?? test
  if (only === undefined) throw new TypeError('neither the train pair nor the test pair was given')
  return holdOut(only, 10, seed, (pairs.train ?? pairs.test)!.images.name)
}

async function readPair(pair: IdxPair): Promise<Samples> {
  const images = await readIdx(pair.images, IMAGES_MAGIC, 'images', 3)
  const labels = await readIdx(pair.labels, LABELS_MAGIC, 'labels', 1)
  if (images.sizes[1] !== SIDE || images.sizes[2] !== SIDE)
    throw new DataError(
      pair.images.name,
      `holds images of ${images.sizes[1]}×${images.sizes[2]} pixels`,
      'the task mnist takes 28×28'
    )
  if (images.sizes[0] !== labels.sizes[0])
    throw new DataError(
      pair.labels.name,
      `has ${labels.sizes[0]} labels for ${images.sizes[0]} images in ${pair.images.name}`,
      'take both files from the same set'
    )
  const wrong = labels.data.findIndex(label => label > 9)
  if (wrong >= 0) throw new DataError(pair.labels.name, `label ${wrong} is ${labels.data[wrong]}`, 'labels are 0 to 9')
  return { width: SIDE * SIDE, values: images.data, scale: 1 / 255, labels: Uint16Array.from(labels.data) }
}

/** One IDX file of unsigned bytes: big-endian magic, one size per axis, then the data. */
async function readIdx(file: NamedBytes, magic: number, what: string, axes: number) {
  const bytes = await gunzip(file.bytes, file.name)
  const header = 4 + 4 * axes
  if (bytes.length === 0) throw new DataError(file.name, 'is empty', 'fetch it again')
  if (bytes.length < header)
    throw new DataError(file.name, `is truncated in its header of ${header} bytes`, 'fetch it again')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const found = view.getUint32(0)
  if (found !== magic)
    throw new DataError(
      file.name,
      `starts with the number 0x${found.toString(16).padStart(8, '0')} instead of 0x${magic.toString(16).padStart(8, '0')}`,
      `it is not an IDX file of ${what}`
    )
  const sizes = Array.from({ length: axes }, (_, i) => view.getUint32(4 + 4 * i))
  const expected = header + sizes.reduce((product, size) => product * size, 1)
  if (bytes.length !== expected)
    throw new DataError(
      file.name,
      `has ${bytes.length} bytes where its header promises ${expected}`,
      bytes.length < expected ? 'it is truncated, fetch it again' : 'it is not an IDX file as MNIST has them'
    )
  return { sizes, data: bytes.subarray(header) }
}
