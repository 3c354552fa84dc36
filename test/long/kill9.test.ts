import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const PROGRAM = fileURLToPath(new URL('../../scripts/kill9.js', import.meta.url))

describe('kill -9', function () {
  this.timeout(300_000)

  it('costs a peer with a home at most the work of the epoch it is in', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, '--times', '5', '--seed', '2', '--json'])
    const summary = JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
    assert.deepEqual([summary.kills, summary.resumed, summary.signedTwice, summary.failures], [5, 5, 0, []], stdout)
    assert.ok(summary.published > 0 && summary.mostEpochsLost <= 1, stdout)
  })
})
