import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { SOFTWARE } from '#src/member/software.js'

describe('what this program calls itself', () => {
  it('is its name and version', async () => {
    const { name, version } = JSON.parse(await readFile('package.json', 'utf8')) as Record<string, string>
    assert.equal(SOFTWARE, `${name}/${version}`)
  })
})
