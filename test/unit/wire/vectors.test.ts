import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fromHex } from '#src/core/bytes.js'
import { decodeBody } from '#src/core/wire/update.js'
import { vectorBuilders, vectorText } from '../../../scripts/vectors/index.js'

const folder = join('test', 'vectors')

interface UpdateVector {
  readonly epoch: number
  readonly drawBits: number
  readonly weight: number
  readonly size: number
  readonly valueBits: number
  readonly indices: readonly number[]
  readonly levels: readonly number[]
  readonly shifts: readonly number[]
  readonly body: string
}

describe('vectors', () => {
  for (const [name, build] of Object.entries(vectorBuilders)) {
    it(`${name}.json is what this engine makes`, async () => {
      assert.equal(await vectorText(build), await readFile(join(folder, `${name}.json`), 'utf8'))
    })
  }

  it('every file has its builder', async () => {
    const files = (await readdir(folder)).filter(file => file.endsWith('.json'))
    assert.deepEqual(
      files.sort(),
      Object.keys(vectorBuilders)
        .map(name => `${name}.json`)
        .sort()
    )
  })

  it('frozen bodies decode to what they were made of', async () => {
    const vectors = JSON.parse(await readFile(join(folder, 'update.json'), 'utf8')) as UpdateVector[]
    assert.ok(vectors.length > 0)
    for (const { body, ...vector } of vectors) {
      const { delta, ...head } = decodeBody(fromHex(body), { size: vector.size, maxBytes: 10_000 })
      const { epoch, drawBits, weight } = vector
      assert.deepEqual(head, { epoch, drawBits, weight })
      assert.equal(delta.valueBits, vector.valueBits)
      assert.deepEqual([...delta.indices], vector.indices)
      assert.deepEqual([...delta.levels], vector.levels)
      assert.deepEqual([...delta.shifts], vector.shifts)
    }
  })
})
