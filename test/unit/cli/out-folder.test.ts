import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OutFolder } from '#src/node/out-folder.js'

describe('the folder of --out', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'starlings-out-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('is made with its parents', async () => {
    const out = await OutFolder.open(join(folder, 'a/b/c'))
    await out.write('model/model.json', '{}')
    assert.deepEqual(await readdir(join(folder, 'a/b/c/model')), ['model.json'])
  })

  it('is refused while it holds an earlier run, and keeps what is not of a run', async () => {
    const out = await OutFolder.open(folder)
    await writeFile(join(folder, 'notes.txt'), 'mine')
    await OutFolder.open(folder)
    await out.write('summary.json', '{}')
    await out.write('model/weights.bin', new Uint8Array(4))
    await assert.rejects(OutFolder.open(folder), { name: 'InputError', message: /holds summary\.json.*--force/ })
    await OutFolder.open(folder, { replace: true })
    assert.deepEqual(await readdir(folder), ['notes.txt'])
  })

  it('is not a file, nor below one', async () => {
    const file = join(folder, 'm.csv')
    await writeFile(file, '')
    await assert.rejects(OutFolder.open(file), { name: 'InputError', message: /m\.csv: is a file; choose another/ })
    await assert.rejects(OutFolder.open(join(file, 'out')), { name: 'InputError', message: /is not a folder/ })
  })

  it('is refused where the file system takes no folders', async function () {
    // Only Linux has a place that says a parent which is there is missing.
    if (process.platform !== 'linux') this.skip()
    await assert.rejects(OutFolder.open('/proc/starlings'), { name: 'InputError', message: /can be made in \/proc/ })
  })
})
