import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import type { ChosenData } from '#src/browser/engine/session.js'
import { loadChosen, type PageSource } from '#src/browser/engine/trainer/source.js'
import type { TaskSpec } from '#src/core/protocol/manifest.js'
import { DataError } from '#src/train/error.js'

const DIGITS: TaskSpec = { kind: 'digits' }
const MNIST: TaskSpec = { kind: 'mnist' }
const TABLE: TaskSpec = {
  kind: 'table',
  label: 'y',
  classes: ['a', 'b'],
  columns: [{ name: 'x', center: 0, scale: 1 }]
}

describe('the data that a person chooses in the page', () => {
  const bundled = async () => new Uint8Array(await readFile('src/train/data/digits.csv.gz'))
  const load = (task: TaskSpec, source: PageSource) =>
    loadChosen(task, { source, seed: 1, groupBy: undefined }, bundled)
  const file = (name: string, ...parts: ConstructorParameters<typeof File>[0]) => new File(parts, name)
  const files = (...chosen: File[]): ChosenData & { kind: 'files' } => ({ kind: 'files', files: chosen })
  const refusal = async (task: TaskSpec, source: PageSource): Promise<string> => {
    const error = await load(task, source).then(
      () => assert.fail('it was taken'),
      (cause: unknown) => cause
    )
    assert.ok(error instanceof DataError, String(error))
    return error.message
  }

  it('is the digits of the page, unless it is something else', async () => {
    const { train, test } = await load(DIGITS, { kind: 'bundled' })
    assert.equal(train.rows.length + test.rows.length, 1797)
    assert.match(await refusal(TABLE, { kind: 'bundled' }), /^table: no data was given; choose one CSV file/)
  })

  it('may be a few drawings: all are trained on, and tried is what others wrote', async () => {
    const pixels = Uint8Array.from({ length: 64 }, (_, i) => i % 17)
    const { train, test } = await load(DIGITS, { kind: 'drawn', samples: [{ pixels, label: 7 }] })
    assert.deepEqual([...train.rows], [0])
    assert.deepEqual([...train.samples.values], [...pixels])
    assert.deepEqual([...train.samples.labels], [7])
    assert.equal(test.rows.length, 359)
  })

  it('is refused as drawings that are none, or that another swarm asks for', async () => {
    const drawn = (label: number, pixel: number): PageSource => ({
      kind: 'drawn',
      samples: [{ pixels: new Uint8Array(64).fill(pixel), label }]
    })
    assert.match(await refusal(DIGITS, { kind: 'drawn', samples: [] }), /^drawings: there are none/)
    assert.match(await refusal(DIGITS, drawn(10, 0)), /^drawing 1: /)
    assert.match(await refusal(DIGITS, drawn(1, 17)), /^drawing 1: /)
    assert.match(await refusal(TABLE, drawn(1, 1)), /^drawings: are digits; this swarm's task is table/)
  })

  it('is one table, read as the command line reads it', async () => {
    const rows = Array.from({ length: 20 }, (_, i) => `${i},${i % 2 ? 'a' : 'b'}`).join('\n')
    const { train } = await load(TABLE, files(file('mine.csv', `x,y\n${rows}\n`)))
    assert.equal(train.rows.length, 16)
    assert.match(await refusal(TABLE, files()), /^table: no file was chosen/)
    assert.match(await refusal(TABLE, files(file('a.csv', 'x'), file('b.csv', 'x'))), /^b\.csv: is one of 2 files/)
    assert.match(
      await refusal(TABLE, files(file('mine.csv', `x,y\n${rows}\nmany,a\n`))),
      /^mine\.csv: line 22, column 'x' is 'many', not a finite number/
    )
  })

  it('tells images from labels by what is in the files, zipped or not', async () => {
    const header = (...numbers: number[]) => {
      const view = new DataView(new ArrayBuffer(4 * numbers.length))
      for (const [i, number] of numbers.entries()) view.setUint32(4 * i, number)
      return view
    }
    const images = file('download (1)', header(0x803, 20, 28, 28), new Uint8Array(20 * 784))
    const zipped = new Blob([header(0x801, 20), new Uint8Array(20)]).stream().pipeThrough(new CompressionStream('gzip'))
    const labels = file('download', new Uint8Array(await new Response(zipped).arrayBuffer()))
    const { train, test } = await load(MNIST, files(images, labels))
    assert.equal(train.rows.length + test.rows.length, 20)
    assert.match(await refusal(MNIST, files(images)), /^download \(1\): 1 of images and 0 of labels; choose two IDX/)
    assert.match(await refusal(MNIST, files(images, file('holiday.jpg', 'JFIF'))), /^holiday\.jpg: is not an IDX file/)
  })

  it('is refused as five megabytes of rubbish, whatever it was to be', async () => {
    const rubbish = Uint8Array.from({ length: 5_000_000 }, (_, i) => (i * 7919 + (i >>> 3)) & 255)
    const text = 'quick brown fox, "'.repeat(280_000)
    for (const task of [DIGITS, TABLE, MNIST])
      for (const content of [rubbish, text])
        assert.match(await refusal(task, files(file('rubbish.bin', content))), /^rubbish\.bin: /)
  })
})
