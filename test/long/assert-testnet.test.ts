import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const SCRIPT = fileURLToPath(new URL('../../scripts/assert-testnet.js', import.meta.url))
const TOPOLOGY = fileURLToPath(new URL('../topology/pair-2.json', import.meta.resolve('starlings')))

function run(
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  return new Promise(resolve => {
    const script = execFile(process.execPath, [SCRIPT, ...args], (_, stdout, stderr) =>
      resolve({ code: script.exitCode ?? Number.NaN, stdout, stderr })
    )
  })
}

describe('scripts/assert-testnet', function () {
  this.timeout(180_000)

  it('says what held and what did not, and fails for the latter', async () => {
    const demands = ['--max-wire-ratio', '1e9', '--min-accuracy', '1.1']
    const { code, stdout, stderr } = await run(
      '--topology',
      TOPOLOGY,
      '--epochs',
      '1',
      ...demands,
      '--',
      '--partition',
      'iid'
    )
    assert.match(
      stdout,
      /^held {4}2 of 2 peers reached the end\nheld {4}one model, [0-9a-f]{64}\nFAILED {2}mean accuracy 0/
    )
    assert.match(stdout, /\nheld {4}wire bytes per byte of updates/)
    assert.match(stderr, /^assert-testnet: 1 of 4 did not hold: mean accuracy 0/m)
    assert.equal(code, 1)
  })

  it('holds when nothing is demanded but one model', async () => {
    const { code, stderr } = await run('--topology', TOPOLOGY, '--epochs', '1')
    assert.deepEqual([code, stderr], [0, ''])
  })

  it('passes wrong flags on with what the testnet says about them', async () => {
    const { code, stdout, stderr } = await run('--topology', TOPOLOGY, '--', '--task', 'poetry')
    assert.equal(code, 2)
    assert.equal(stdout, '')
    assert.match(stderr, /poetry/)
    assert.equal((await run()).code, 2)
  })
})
