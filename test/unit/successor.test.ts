import assert from 'node:assert/strict'
import { mkdir, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { toHex } from '#src/core/bytes.js'
import { GRID, toFloat32 } from '#src/core/grid.js'
import { paramsDigest } from '#src/core/protocol/init.js'
import { checkedInitialParams } from '#src/core/protocol/manifest.js'
import { createRandom } from '#src/core/random.js'
import { OutFolder } from '#src/node/out-folder.js'
import { Home } from '#src/node/store/home.js'
import { successor } from '#src/node/swarm/successor.js'
import { readTrained } from '#src/node/swarm/trained.js'
import { writeModel } from '#src/node/write-model.js'
import { createManifest } from '#src/train/manifest.js'
import { makeTemporaryFolder, removeFolder } from '../support/homes.js'

const manifest = createManifest({ task: { kind: 'digits' }, seed: 7, expectedPeers: 3, epochs: 9, name: 'ours' })
const random = createRandom(1)
const trained = checkedInitialParams(manifest).map(value => value + random.below(GRID))

describe('a swarm that goes on from a trained model', () => {
  let folder: string
  before(async () => {
    folder = await makeTemporaryFolder()
  })
  after(() => removeFolder(folder))

  it('finds it in a folder that --out wrote, as float32 holds it', async () => {
    const path = join(folder, 'out')
    const out = await OutFolder.open(path)
    await out.write('manifest.json', JSON.stringify(manifest))
    await assert.rejects(
      readTrained(path),
      /weights\.bin: no such file or folder; --from takes a folder whose training/
    )
    await writeModel(out, manifest, toFloat32(trained))
    for (const from of [path, join(path, 'model')]) {
      const { params, words } = await readTrained(from)
      const rounded = toFloat32(trained).map(value => Math.round(value * GRID))
      assert.deepEqual(toFloat32(params), toFloat32(Float64Array.from(rounded)))
      assert.match(words, /^the model of .*out/)
    }
    await truncate(join(path, 'model', 'weights.bin'), 100)
    await assert.rejects(readTrained(path), /has 100 bytes, not the 19240 of the 4810 parameters/)
  })

  it('finds it in the home of a peer, exactly', async () => {
    const path = join(folder, 'home')
    const home = await Home.open(path, { manifest, preparing: true })
    await assert.rejects(readTrained(path), /is in use by another starlings process; stop that one first/)
    await home.close()
    const found = await readTrained(path)
    assert.deepEqual(found.params, checkedInitialParams(manifest))
    assert.equal(found.words, `the model of ${path} at epoch 0`)
  })

  it('finds none anywhere else', async () => {
    await mkdir(join(folder, 'empty'))
    for (const name of ['empty', 'nowhere'])
      await assert.rejects(
        readTrained(join(folder, name)),
        /is neither the home of a peer nor a folder that --out wrote/
      )
    const path = join(folder, 'nan')
    const out = await OutFolder.open(path)
    await out.write('manifest.json', JSON.stringify(manifest))
    await writeModel(out, manifest, new Float32Array(trained.length).fill(Number.NaN))
    await assert.rejects(readTrained(path), /parameter 0 is not a number that a model can have/)
    await rm(path, { recursive: true })
    await writeFile(path, '')
    await assert.rejects(readTrained(path), { name: 'InputError' })
  })

  const options = { from: 'old', home: 'new' }
  const before_ = { manifest, params: trained, words: '' }

  it('is like the one before, but where a flag says otherwise, and begins with what that reached', () => {
    const next = successor('digits', options, before_)
    const digest = toHex(paramsDigest(trained))
    assert.deepEqual(next, { ...manifest, params: { ...manifest.params, start: 'given', digest } })
    const longer = successor('digits', { ...options, epochs: 30, name: 'theirs', drawn: 5 }, before_)
    assert.deepEqual([longer.stop.epochs, longer.name, longer.lots.drawn, longer.seed], [30, 'theirs', 5, 7])
    assert.equal(successor('digits', { ...options, forever: true }, before_).stop.epochs, null)
  })

  it('learns the same, and needs a home that keeps the model', () => {
    assert.throws(() => successor('mnist', options, before_), /has learnt digits, not mnist/)
    assert.throws(() => successor('digits', { from: 'old' }, before_), /--from needs --home DIR/)
  })
})
