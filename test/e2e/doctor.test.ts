/** `starlings doctor` on one machine, which another node there looks at. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { killAll, run, start } from './starlings.js'

const ADDRESS = /(\/ip4\/127\.0\.0\.1\/tcp\/\d+)\/p2p\/\w+$/

describe('starlings doctor', function () {
  this.timeout(120_000)
  let folder: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'starlings-doctor-'))
  })
  afterEach(killAll)
  after(() => rm(folder, { recursive: true }))

  it('is told by a node whether it can be reached; without anybody to ask it says so', async () => {
    const swarm = join(folder, 'swarm.json')
    assert.equal((await run('swarm', 'create', 'digits', '--forever', '--out', swarm)).code, 0)
    const home = join(folder, 'home')
    const here = ['--listen', '/ip4/127.0.0.1/tcp/0']
    const node = start('node', '--swarm', swarm, '--home', home, ...here, '--no-mdns')
    const address = ADDRESS.exec(await node.line(line => ADDRESS.test(line)))?.[1] ?? ''

    const reached = await run('doctor', ...here, '--peer', address)
    assert.equal(reached.code, 0, reached.stderr)
    assert.match(reached.stdout, /sees this node at 127\.0\.0\.1, and can open connections to it/)

    const unknown = await run('doctor', '--home', home, '--json')
    assert.equal(unknown.code, 1)
    const { verdict, running, addresses, neighbours } = JSON.parse(unknown.stdout)
    assert.deepEqual([verdict, running, addresses, neighbours], ['unknown', true, [address], []])
    assert.equal(unknown.stderr, '')
  })

  it('refuses what it cannot use', async () => {
    const wrong = await run('doctor', '--peer', 'example.org')
    assert.deepEqual([wrong.code, wrong.stdout], [2, ''])
    assert.match(wrong.stderr, /--peer: not a peer's address: example\.org/)
    assert.equal((await run('doctor', 'starlings:nonsense')).code, 2)
    const empty = await run('doctor', '--home', folder)
    assert.equal(empty.code, 1)
    assert.match(empty.stderr, /no node has been kept there/)
  })
})
