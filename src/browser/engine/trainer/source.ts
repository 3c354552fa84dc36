/** What a person chose to train on, read, checked and split: by the same readers as the command line's. */
import type { TaskSpec } from '../../../core/protocol/manifest.js'
import { loadDigits } from '../../../train/digits.js'
import { DataError } from '../../../train/error.js'
import { gunzip } from '../../../train/gunzip.js'
import { type IdxPair, loadMnist, type NamedBytes } from '../../../train/mnist.js'
import type { SourceOptions } from '../../../train/remote/thread.js'
import type { Dataset } from '../../../train/samples.js'
import { loadTable } from '../../../train/table.js'
import type { ChosenData, DrawnDigit } from '../session.js'

export type PageSource = Exclude<ChosenData, { kind: 'none' }>

/** A tab that holds more than this, unpacked once more, is ended by many phones. */
const MAX_FILE_BYTES = 256 * 2 ** 20
const PIXELS = 64
const DEPTH = 16

/** Fetches the digits that come with the page. */
export type BundledDigits = () => Promise<Uint8Array<ArrayBuffer>>

/** @throws {DataError} that names the file and the place */
export async function loadChosen(
  task: TaskSpec,
  { source = { kind: 'bundled' }, seed, groupBy }: SourceOptions<PageSource>,
  bundled: BundledDigits
): Promise<Dataset> {
  const digits = async (): Promise<Dataset> => loadDigits(await bundled(), seed, 'the digits of this page')
  if (source.kind === 'drawn') {
    if (task.kind !== 'digits') throw new DataError('drawings', 'are digits', `this swarm's task is ${task.kind}`)
    return drawnDigits(source.samples, await digits())
  }
  if (source.kind === 'bundled') {
    if (task.kind === 'digits') return digits()
    throw new DataError(task.kind, 'no data was given', `choose ${wanted(task)}`)
  }
  const files = await Promise.all(source.files.map(readFile))
  if (task.kind === 'mnist') return loadMnist(await idxPairs(files), seed)
  const [file, ...more] = files
  if (file === undefined) throw new DataError(task.kind, 'no file was chosen', `choose ${wanted(task)}`)
  if (more.length > 0)
    throw new DataError(more[0]!.name, `is one of ${files.length} files`, `choose ${wanted(task)}, and only that`)
  if (task.kind === 'digits') return loadDigits(file.bytes, seed, file.name)
  return loadTable(file.bytes, task, seed, { file: file.name, groupBy })
}

/** Equal for what holds the same, as far as can be told without reading it. */
export function keyOfChosen(source: PageSource): string {
  if (source.kind === 'files')
    return source.files.map(({ name, size, lastModified }) => `${name} ${size} ${lastModified}`).join('|')
  if (source.kind === 'drawn') return source.samples.map(({ pixels, label }) => `${label}:${pixels.join()}`).join('|')
  return source.kind
}

function wanted(task: TaskSpec): string {
  if (task.kind === 'mnist') return 'two IDX files, of images and of their labels'
  return task.kind === 'table' ? 'one CSV file with the columns of the swarm' : 'one CSV file of digits'
}

async function readFile(file: File): Promise<NamedBytes> {
  const { name, size } = file
  if (size > MAX_FILE_BYTES)
    throw new DataError(name, `has ${size} bytes`, 'a page takes up to 256 MiB; take a part of it, or the command line')
  try {
    return { name, bytes: new Uint8Array(await file.arrayBuffer()) }
  } catch (cause) {
    throw new DataError(name, 'can no longer be read', 'choose it again', { cause })
  }
}

/** All are trained on; what the model is tried on are the digits of the page, which others wrote. */
function drawnDigits(drawn: readonly DrawnDigit[], others: Dataset): Dataset {
  if (drawn.length === 0) throw new DataError('drawings', 'there are none', 'draw a digit and say which it is')
  const values = new Uint8Array(drawn.length * PIXELS)
  for (const [i, { pixels, label }] of drawn.entries()) {
    const wrong = pixels.length !== PIXELS || pixels.some(pixel => pixel > DEPTH)
    if (wrong || !Number.isInteger(label) || label < 0 || label > 9)
      throw new DataError(`drawing ${i + 1}`, 'is no digit of 8×8 pixels from 0 to 16')
    values.set(pixels, i * PIXELS)
  }
  const samples = {
    width: PIXELS,
    values,
    scale: 1 / DEPTH,
    labels: Uint16Array.from(drawn, ({ label }) => label)
  }
  return { classes: 10, train: { samples, rows: Uint32Array.from(drawn, (_, i) => i) }, test: others.test }
}

const IMAGES_MAGIC = 0x803
const LABELS_MAGIC = 0x801

/** Told apart by their first bytes, since browsers rename what they download; two pairs by MNIST's own names. */
async function idxPairs(files: readonly NamedBytes[]): Promise<{ train?: IdxPair; test?: IdxPair }> {
  const images: NamedBytes[] = []
  const labels: NamedBytes[] = []
  for (const { name, bytes } of files) {
    const unpacked = new Uint8Array(await gunzip(bytes, name))
    const magic = unpacked.length < 4 ? 0 : new DataView(unpacked.buffer).getUint32(0)
    if (magic !== IMAGES_MAGIC && magic !== LABELS_MAGIC)
      throw new DataError(name, 'is not an IDX file of images or labels', `choose ${wanted({ kind: 'mnist' })}`)
    ;(magic === IMAGES_MAGIC ? images : labels).push({ name, bytes: unpacked })
  }
  const pair = (which: (file: NamedBytes) => boolean): IdxPair | undefined => {
    const [image, label] = [images.find(which), labels.find(which)]
    return image && label && { images: image, labels: label }
  }
  const isTest = ({ name }: NamedBytes): boolean => /t10k|test/i.test(name)
  const [train, test] = [pair(file => !isTest(file)), pair(isTest)]
  const used = 2 * Number(train !== undefined) + 2 * Number(test !== undefined)
  if (used === 0 || used !== files.length)
    throw new DataError(
      files.map(({ name }) => name).join(', ') || 'mnist',
      `${images.length} of images and ${labels.length} of labels`,
      `choose ${wanted({ kind: 'mnist' })}; a second pair may be there to test on, named t10k-…`
    )
  return { ...(train && { train }), ...(test && { test }) }
}
