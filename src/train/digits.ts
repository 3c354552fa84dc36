/** The task `digits`: 1,797 handwritten digits of 8×8 pixels, committed with the project (data/ATTRIBUTION.md). */
import { DataError } from './error.js'
import { gunzip } from './gunzip.js'
import { type Dataset, holdOut } from './samples.js'
import { decodeText } from './text.js'

const PIXELS = 64
const DEPTH = 16

/**
 * @param bytes CSV without a header, gzipped or not: 64 pixels from 0 to 16, then the digit
 * @param seed the manifest's, decides what is held out
 * @throws {DataError}
 */
export async function loadDigits(bytes: Uint8Array<ArrayBuffer>, seed: number, file = 'digits.csv'): Promise<Dataset> {
  const rows = decodeText(await gunzip(bytes, file), file)
    .trimEnd()
    .split(/\r?\n/)
  const values = new Uint8Array(rows.length * PIXELS)
  const labels = new Uint16Array(rows.length)
  for (const [i, row] of rows.entries()) {
    const cells = row.split(',')
    if (cells.length !== PIXELS + 1)
      throw new DataError(
        file,
        `line ${i + 1} has ${cells.length} ${cells.length === 1 ? 'value' : 'values'}`,
        'it needs 64 pixels and the digit, without a header'
      )
    for (const [j, cell] of cells.entries()) {
      const value = Number(cell)
      if (cell === '' || !Number.isInteger(value) || value < 0 || value > (j < PIXELS ? DEPTH : 9))
        throw new DataError(file, `line ${i + 1}, value ${j + 1} is '${cell}'`, 'pixels are 0 to 16, digits 0 to 9')
      if (j < PIXELS) values[i * PIXELS + j] = value
      else labels[i] = value
    }
  }
  return holdOut({ width: PIXELS, values, scale: 1 / DEPTH, labels }, 10, seed, file)
}
