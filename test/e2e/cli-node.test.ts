import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { killAll, records, run, start, summaryOf } from './starlings.js'

const ADDRESS = /^ +(\/ip4\/127\.0\.0\.1\/tcp\/\d+\/p2p\/\w+)$/

describe('starlings node', function () {
  this.timeout(120_000)
  let folder: string
  let manifest: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'starlings-node-'))
    manifest = join(folder, 'swarm.json')
    const created = await run(
      'swarm',
      'create',
      'digits',
      '--epochs',
      '10',
      '--pace',
      '0.02',
      '--expected-peers',
      '2',
      '--out',
      manifest
    )
    assert.equal(created.code, 0, created.stderr)
  })
  afterEach(killAll)
  after(() => rm(folder, { recursive: true }))

  it('makes a swarm of two that were started by hand, though one address is dead', async () => {
    const common = ['node', '--swarm', manifest, '--listen', '/ip4/127.0.0.1/tcp/0', '--linger', '3', '--json']
    const first = start(...common, '--shard', '1/2')
    const line = await first.line(text => ADDRESS.test(text))
    const address = ADDRESS.exec(line)?.[1] ?? ''
    // Nobody listens on the discard port.
    const second = start(...common, '--shard', '2/2', '--peer', address, '--peer', '/ip4/127.0.0.1/tcp/9')
    const ends = await Promise.all([first.ended, second.ended])
    for (const { code, stderr } of ends) assert.equal(code, 0, stderr)
    assert.match(ends[1].stderr, /warning: \/ip4\/127\.0\.0\.1\/tcp\/9 does not answer/)
    const summaries = ends.map(({ stdout }) => summaryOf(records(stdout)))
    assert.equal(summaries[0]?.epochs, 10)
    assert.equal(summaries[0]?.digest, summaries[1]?.digest)
    assert.ok(summaries.every(summary => summary.digestsEqual && summary.payloadBytesReceivedPerPeer.mean > 0))
  })

  it('has nothing to do with a peer that is blocked, and says so', async () => {
    const common = ['node', '--swarm', manifest, '--listen', '/ip4/127.0.0.1/tcp/0']
    const unwanted = start(...common)
    const address = ADDRESS.exec(await unwanted.line(text => ADDRESS.test(text)))?.[1] ?? ''
    const id = address.split('/p2p/')[1] ?? ''
    const blocking = start(...common, '--peer', address, '--block', id)
    await blocking.line(text => text.includes(`${id} is blocked here (--block) and was refused`))
    assert.doesNotMatch(blocking.output().stdout, /1 neighbour/)
  })

  it('leaves politely on Ctrl-C and says what was reached', async () => {
    const command = start('node', '--swarm', manifest, '--listen', '/ip4/127.0.0.1/tcp/0')
    await command.line(text => ADDRESS.test(text))
    process.kill(command.pid, 'SIGINT')
    const { code, stdout, stderr } = await command.ended
    assert.equal(code, 0, stderr)
    assert.match(stdout, /leaving the swarm[\s\S]*model digest [0-9a-f]{64}[\s\S]*left after/)
  })
})
