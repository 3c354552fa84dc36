import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseJson, readText } from '#src/node/cli/files.js'
import { readManifest } from '#src/node/cli/manifest-file.js'

describe('files from users', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'starlings-files-'))
  })
  after(() => rm(folder, { recursive: true }))

  const place = async (name: string, content: string | Uint8Array): Promise<string> => {
    const path = join(folder, name)
    await writeFile(path, content)
    return path
  }

  const syntax: readonly (readonly [text: string, line: number])[] = [
    ['', 1],
    ['{"a":', 1],
    ['{\n"a": 1\n', 3],
    ['{\n"a": 1,\n}', 3],
    [`{\n"${'a'.repeat(40)}": 1\n"b": 2}`, 3],
    [`{\n"${'a'.repeat(40)}": 1,\n"b": x,\n"${'c'.repeat(40)}": 3}`, 3]
  ]
  for (const [text, line] of syntax) {
    it(`tells that ${JSON.stringify(text.slice(0, 20))} is no JSON in line ${line}`, () => {
      assert.throws(() => parseJson('s.json', text), {
        name: 'InputError',
        message: new RegExp(`^s\\.json:${line}: not valid JSON: [^\\n]+$`)
      })
    })
  }

  it('are read up to a limit', async () => {
    const path = await place('long.txt', 'x'.repeat(11))
    assert.equal(await readText(path, 11, 'make one'), 'x'.repeat(11))
    await assert.rejects(readText(path, 10, 'make one'), {
      name: 'InputError',
      message: /long.txt: larger than 10 bytes/
    })
  })

  it('are text', async () => {
    const path = await place('binary.json', new Uint8Array([0xff, 0xfe, 0]))
    await assert.rejects(readText(path, 10, 'make one'), { name: 'InputError', message: /not UTF-8/ })
  })

  it('that are missing come with a way to make one', async () => {
    await assert.rejects(readManifest(join(folder, 'none.json')), {
      name: 'InputError',
      message: /none\.json: no such file or folder; make a manifest with: starlings swarm create/
    })
    await assert.rejects(readManifest(folder), { name: 'InputError', message: /is a folder/ })
  })

  it('that are no manifest are refused by field', async () => {
    const path = await place('field.json', '{"protocol": "one"}')
    await assert.rejects(readManifest(path), {
      name: 'InputError',
      message: /field\.json: protocol: must be 1, not "one"\n.*ask its creator/
    })
  })

  it('of a later protocol ask for an update', async () => {
    const path = await place('later.json', '{"protocol": 2, "colour": "red"}')
    await assert.rejects(readManifest(path), { name: 'InputError', message: /made for protocol 2.*update Starlings/ })
  })
})
