/** The data of a task, from the committed files or from where the user keeps it. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TaskSpec } from '../../core/protocol/manifest.js'
import { loadDigits } from '../../train/digits.js'
import { DataError } from '../../train/error.js'
import { type IdxPair, loadMnist, type NamedBytes } from '../../train/mnist.js'
import type { Dataset } from '../../train/samples.js'
import { describeTable, loadTable, type TableFacts } from '../../train/table.js'
import { kindOf, readDataFile } from './files.js'

/** Committed data: as far from dist/node/data as from the same folder in the published package. */
const COMMITTED = fileURLToPath(new URL('../../../src/train/data/', import.meta.url))

export interface LoadOptions {
  /** A folder of IDX files (`mnist`) or a CSV file (`table`); `digits` brings its own. */
  readonly path?: string | undefined
  /** The manifest's, decides what is held out. */
  readonly seed: number
  /** Column of a table that a partition goes by. */
  readonly groupBy?: string | undefined
}

/**
 * Reads, checks and splits. `digits` may be given another file of the same form.
 * @throws {DataError} when the path is missing, or with whatever is wrong with the data
 */
export async function loadData(task: TaskSpec, options: LoadOptions): Promise<Dataset> {
  const { path, seed, groupBy } = options
  switch (task.kind) {
    case 'digits': {
      const remedy = path === undefined ? 'install the package again' : 'leave --data out for the committed digits'
      const { name, bytes } = await readDataFile(path ?? join(COMMITTED, 'digits.csv.gz'), remedy)
      return loadDigits(bytes, seed, name)
    }
    case 'mnist':
      return loadMnistFolder(path, seed)
    case 'table': {
      const { name, bytes } = await readTable(path)
      return loadTable(bytes, task, seed, { file: name, groupBy })
    }
  }
}

/** The task `table` as a swarm's creator declares it from a file of its own. @throws {DataError} */
export async function describeTableFile(path: string, label: string): Promise<TableFacts> {
  const { name, bytes } = await readTable(path)
  return describeTable(bytes, label, name)
}

function readTable(path: string | undefined): Promise<NamedBytes> {
  if (path === undefined) throw new DataError('table', 'no data was given', 'name a CSV file with --data')
  return readDataFile(path, 'name a CSV file with --data')
}

const NAMES = {
  train: { images: 'train-images', labels: 'train-labels' },
  test: { images: 't10k-images', labels: 't10k-labels' }
} as const

async function loadMnistFolder(path: string | undefined, seed: number): Promise<Dataset> {
  const remedy = 'name a folder of IDX files with --data'
  if (path === undefined) throw new DataError('mnist', 'no data was given', remedy)
  const kind = await kindOf(path)
  if (kind !== 'folder') throw new DataError(path, kind === 'file' ? 'is a file' : 'does not exist', remedy)
  const train = await findPair(path, 'train')
  const test = await findPair(path, 'test')
  if (train === undefined && test === undefined)
    throw new DataError(
      path,
      'holds neither train-images-idx3-ubyte nor t10k-images-idx3-ubyte, with or without .gz',
      'put the train pair, the t10k pair or both there'
    )
  return loadMnist({ train, test }, seed)
}

/** undefined when neither file of the pair is there. @throws {DataError} when one of them is */
async function findPair(folder: string, half: keyof typeof NAMES): Promise<IdxPair | undefined> {
  const images = await findFile(folder, `${NAMES[half].images}`, 'idx3-ubyte')
  const labels = await findFile(folder, `${NAMES[half].labels}`, 'idx1-ubyte')
  if (images === undefined && labels === undefined) return undefined
  if (images === undefined || labels === undefined) {
    const missing = images === undefined ? `${NAMES[half].images}-idx3-ubyte` : `${NAMES[half].labels}-idx1-ubyte`
    throw new DataError(
      folder,
      `holds one file of the ${half} pair but not ${missing}`,
      'images and labels go together'
    )
  }
  return { images: await readDataFile(images, 'fetch it again'), labels: await readDataFile(labels, 'fetch it again') }
}

/** Both separators that are in use, unpacked files first. */
async function findFile(folder: string, stem: string, form: string): Promise<string | undefined> {
  for (const name of [`${stem}-${form}`, `${stem}.${form}`, `${stem}-${form}.gz`, `${stem}.${form}.gz`]) {
    const path = join(folder, name)
    if ((await kindOf(path)) === 'file') return path
  }
  return undefined
}
