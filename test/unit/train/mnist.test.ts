import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { loadData } from '#src/node/data/index.js'
import { DataError } from '#src/train/error.js'

const MNIST = { kind: 'mnist' } as const

function idx(magic: number, sizes: readonly number[], data: Uint8Array): Uint8Array {
  const header = new DataView(new ArrayBuffer(4 + 4 * sizes.length))
  header.setUint32(0, magic)
  for (const [i, size] of sizes.entries()) header.setUint32(4 + 4 * i, size)
  return new Uint8Array([...new Uint8Array(header.buffer), ...data])
}

/** Image i is filled with the value i; its label is i modulo 10. */
function images(count: number, side = 28): Uint8Array {
  const data = new Uint8Array(count * side * side)
  for (let i = 0; i < count; i++) data.fill(i, i * side * side, (i + 1) * side * side)
  return idx(0x803, [count, side, side], data)
}

function labels(count: number): Uint8Array {
  return idx(
    0x801,
    [count],
    Uint8Array.from({ length: count }, (_, i) => i % 10)
  )
}

describe('a folder of MNIST files', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'starlings-mnist-'))
  })
  afterEach(() => rm(folder, { recursive: true }))
  const put = (name: string, bytes: Uint8Array): Promise<void> => writeFile(join(folder, name), bytes)
  const load = (seed = 1) => loadData(MNIST, { path: folder, seed })

  it('with one pair is shuffled by the seed and split 80/20', async () => {
    await put('t10k-images-idx3-ubyte.gz', gzipSync(images(50)))
    await put('t10k-labels-idx1-ubyte.gz', gzipSync(labels(50)))
    const { train, test, classes } = await load()
    assert.deepEqual([train.rows.length, test.rows.length, classes], [40, 10, 10])
    assert.equal(train.samples, test.samples)
    const { values, labels: found, scale, width } = train.samples
    for (let row = 0; row < 50; row++) assert.deepEqual([values[row * width], found[row]], [row, row % 10])
    assert.equal(scale, 1 / 255)
    assert.deepEqual((await load()).test.rows, test.rows)
    assert.notDeepEqual((await load(2)).test.rows, test.rows)
  })

  it('with both pairs trains on one and tests on the other; files may be unpacked and named with a dot', async () => {
    await put('train-images.idx3-ubyte', images(30))
    await put('train-labels-idx1-ubyte', labels(30))
    await put('t10k-images-idx3-ubyte', images(20))
    await put('t10k-labels.idx1-ubyte.gz', gzipSync(labels(20)))
    const { train, test } = await load()
    assert.deepEqual([train.samples.labels.length, test.samples.labels.length], [30, 20])
    assert.deepEqual(
      [...train.rows],
      Array.from({ length: 30 }, (_, i) => i)
    )
    assert.deepEqual(
      [...test.rows].sort((a, b) => a - b),
      Array.from({ length: 20 }, (_, i) => i)
    )
  })

  const wrong: [string, Record<string, Uint8Array>, RegExp][] = [
    ['nothing', {}, /holds neither train-images-idx3-ubyte nor t10k-images-idx3-ubyte/],
    [
      'half a pair',
      { 't10k-images-idx3-ubyte': images(20) },
      /not t10k-labels-idx1-ubyte; images and labels go together/
    ],
    [
      'a wrong magic number',
      { 't10k-images-idx3-ubyte': labels(20), 't10k-labels-idx1-ubyte': labels(20) },
      /^\/.*\/t10k-images-idx3-ubyte: starts with the number 0x00000801 instead of 0x00000803/
    ],
    [
      'a truncated file',
      { 't10k-images-idx3-ubyte': images(20).subarray(0, 9000), 't10k-labels-idx1-ubyte': labels(20) },
      /has 9000 bytes where its header promises 15696; it is truncated/
    ],
    [
      'a truncated header',
      { 't10k-images-idx3-ubyte': images(20).subarray(0, 9), 't10k-labels-idx1-ubyte': labels(20) },
      /truncated in its header/
    ],
    [
      'trailing bytes',
      { 't10k-images-idx3-ubyte': images(20), 't10k-labels-idx1-ubyte': new Uint8Array([...labels(20), 1]) },
      /has 29 bytes where its header promises 28/
    ],
    [
      'an empty file',
      { 't10k-images-idx3-ubyte': new Uint8Array(0), 't10k-labels-idx1-ubyte': labels(20) },
      /is empty/
    ],
    [
      'counts that differ',
      { 't10k-images-idx3-ubyte': images(20), 't10k-labels-idx1-ubyte': labels(19) },
      /has 19 labels for 20 images in .*\/t10k-images-idx3-ubyte; take both/
    ],
    [
      'images of another size',
      { 't10k-images-idx3-ubyte': images(20, 14), 't10k-labels-idx1-ubyte': labels(20) },
      /14×14 pixels/
    ],
    [
      'a label above 9',
      { 't10k-images-idx3-ubyte': images(1), 't10k-labels-idx1-ubyte': idx(0x801, [1], Uint8Array.of(10)) },
      /label 0 is 10; labels are 0 to 9/
    ],
    ['too few images', { 't10k-images-idx3-ubyte': images(9), 't10k-labels-idx1-ubyte': labels(9) }, /has 9 samples/],
    [
      'damaged gzip',
      { 't10k-images-idx3-ubyte': gzipSync(images(20)).subarray(0, 60), 't10k-labels-idx1-ubyte': labels(20) },
      /damaged or truncated gzip/
    ],
    // 2^32 − 1 images of 28×28: what the header promises is never allocated.
    [
      'a huge promise',
      {
        't10k-images-idx3-ubyte': idx(0x803, [2 ** 32 - 1, 28, 28], new Uint8Array(10)),
        't10k-labels-idx1-ubyte': labels(20)
      },
      /it is truncated/
    ]
  ]
  for (const [name, files, message] of wrong)
    it(`is refused with its place and a remedy: ${name}`, async () => {
      for (const [file, bytes] of Object.entries(files)) await put(file, bytes)
      await assert.rejects(load(), (error: unknown) => {
        assert.ok(error instanceof DataError)
        assert.match(error.message, message)
        return true
      })
    })

  it('is refused when it is a file or not there', async () => {
    await put('a', images(1))
    await assert.rejects(loadData(MNIST, { path: join(folder, 'a'), seed: 1 }), /is a file; name a folder of IDX files/)
    await assert.rejects(loadData(MNIST, { path: join(folder, 'b'), seed: 1 }), /does not exist; name a folder/)
    await assert.rejects(loadData(MNIST, { seed: 1 }), /no data was given; name a folder/)
  })
})

describe('the digits', () => {
  it('are 1,797 images of 8×8 pixels, a fifth held out by the seed', async () => {
    const { train, test } = await loadData({ kind: 'digits' }, { seed: 1 })
    assert.deepEqual([train.rows.length, test.rows.length, train.samples.width], [1438, 359, 64])
    assert.equal(Math.max(...train.samples.values) * train.samples.scale, 1)
  })

  it('of another file are checked as well', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'starlings-digits-'))
    const path = join(folder, 'digits.csv')
    const row = [...new Array<number>(64).fill(1), 3].join(',')
    for (const [bad, message] of [
      [row.replace('1,', '17,'), /line 2, value 1 is '17'; pixels are 0 to 16/],
      [row.replace('1,', 'NaN,'), /line 2, value 1 is 'NaN'/],
      [row.replace(',3', ''), /line 2 has 64 values/]
    ] as const) {
      await writeFile(path, `${row}\n${bad}\n`)
      await assert.rejects(loadData({ kind: 'digits' }, { path, seed: 1 }), message)
    }
    await rm(folder, { recursive: true })
  })
})
