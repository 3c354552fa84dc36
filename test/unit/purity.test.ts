import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'

/** Rounded the same everywhere by ECMA-262; exp, log, pow, cos and their kin are not. */
const EXACT = ['abs', 'ceil', 'clz32', 'floor', 'imul', 'max', 'min', 'round', 'sign', 'sqrt', 'trunc']

describe('the core (rule R3)', () => {
  const folder = new URL('../../../../src/core/', import.meta.url)
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.ts'))

  it('uses no arithmetic that differs between engines, and no chance', () => {
    assert.ok(files.length > 20)
    for (const name of files) {
      const used = [...readFileSync(new URL(name, folder), 'utf8').matchAll(/\bMath\.(\w+)/g)].map(
        ([, member]) => member!
      )
      assert.deepEqual(
        used.filter(member => !EXACT.includes(member)),
        [],
        name
      )
    }
  })
})
