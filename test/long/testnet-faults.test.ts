import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FaultRecord } from '#src/node/json.js'
import { createTopology, formatTopology } from '#src/topology/index.js'
import { childrenOf, isAlive, killAll, records, run, start, summaryOf } from '../e2e/starlings.js'

describe('starlings testnet --faults', function () {
  this.timeout(300_000)
  let folder: string
  let topology: string
  const { TMPDIR } = process.env
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'starlings-testnet-faults-'))
    topology = join(folder, 'complete-4.json')
    await writeFile(topology, formatTopology(createTopology('complete', { peers: 4 })))
    // Where peers keep what they have while they are down.
    process.env.TMPDIR = join(folder, 'homes')
    await mkdir(process.env.TMPDIR)
  })
  afterEach(killAll)
  after(async () => {
    if (TMPDIR === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = TMPDIR
    await rm(folder, { recursive: true })
  })

  async function faultFile(name: string, content: object): Promise<string> {
    const path = join(folder, `${name}.json`)
    await writeFile(path, JSON.stringify({ faults: 1, name, ...content }))
    return path
  }

  it('kills, freezes, parts and adds peers, and all who are there at the end have the same model', async () => {
    const faults = await faultFile('all', {
      links: [{ between: 'all', loss: 0.1, delayMs: { kind: 'uniform', min: 1, max: 10 } }],
      peers: [{ peers: [2], slowdown: 2 }],
      events: [
        { at: { epoch: 3 }, do: 'join', peers: [3] },
        { at: { epoch: 4 }, do: 'crash', peers: [1], for: { epochs: 4 } },
        { at: { epoch: 10 }, do: 'freeze', peers: [2], for: { epochs: 2 } },
        {
          at: { epoch: 14 },
          do: 'partition',
          groups: [
            [0, 1],
            [2, 3]
          ],
          for: { epochs: 4 }
        },
        // Nobody would count the epochs until it is back: training ends first.
        { at: { epoch: 22 }, do: 'crash', peers: [1], for: { epochs: 30 }, disk: 'lost' }
      ]
    })
    const { code, stdout, stderr } = await run('testnet', topology, '--epochs', '25', '--faults', faults, '--json')
    assert.equal(code, 0, stderr)
    const all = records(stdout)
    const summary = summaryOf(all)
    assert.deepEqual(summary.missingPeers, [], stderr)
    assert.equal(summary.digestsEqual, true, stderr)
    assert.equal(summary.epochs, 25)
    assert.deepEqual(summary.faults, {
      crashes: 2,
      restarts: 2,
      freezes: 1,
      leaves: 0,
      joins: 1,
      partitions: 1,
      rules: 2
    })
    const told = all.filter((record): record is FaultRecord => record.type === 'fault')
    assert.deepEqual(
      told.map(({ fault, peers, disk }) => [fault, peers?.join() ?? '', disk ?? ''].filter(Boolean).join(' ')),
      [
        ...['links', 'join 3', 'crash 1 kept', 'restart 1 kept', 'freeze 2', 'thaw 2', 'partition', 'heal'],
        ...['crash 1 lost', 'restart 1 lost', 'links']
      ]
    )
    const first = (fault: string) => told.find(record => record.fault === fault)!.epoch
    assert.ok(first('restart') >= first('crash') + 4)
    assert.match(stderr, /^epoch \d+: split 0, 1 \| 2, 3$/m)
    assert.deepEqual(await readdir(join(folder, 'homes')), [])
  })

  it('does without those that never come back, and waits for nobody who left', async () => {
    const faults = await faultFile('gone', {
      events: [
        { at: { epoch: 3 }, do: 'crash', peers: [0] },
        { at: { epoch: 4 }, do: 'leave', peers: [3] }
      ]
    })
    const { code, stdout, stderr } = await run('testnet', topology, '--epochs', '8', '--faults', faults)
    assert.equal(code, 0, stderr)
    assert.match(stdout, /^missing +peers 0, 3$/m)
    assert.match(stdout, /^faults +1 crash, 1 peer left$/m)
    assert.match(stderr, /^epoch \d+: peer 0 killed\n(.*\n)*epoch \d+: peer 3 left$/m)
    assert.doesNotMatch(stderr, /warning/)
  })

  it('refuses what only the simulator can do, and files that are wrong', async () => {
    const liars = await faultFile('liars', { peers: [{ peers: { count: 1 }, hostile: 'flooder' }] })
    const refused = await run('testnet', topology, '--faults', liars)
    assert.equal(refused.code, 2)
    assert.match(refused.stderr, /peers of a testnet are all honest \(peer rule 1, "hostile"\)/)
    const stranger = await faultFile('stranger', { events: [{ at: { epoch: 1 }, do: 'crash', peers: [7] }] })
    const wrong = await run('testnet', topology, '--faults', stranger)
    assert.equal(wrong.code, 1)
    assert.match(wrong.stderr, /event 1, "peers" names peer 7, but the peers are 0 to 3/)
  })

  it('leaves no process behind when it is killed while a peer is frozen', async () => {
    const faults = await faultFile('frozen', {
      events: [{ at: { epoch: 1 }, do: 'freeze', peers: [1], for: { seconds: 1000 } }]
    })
    const command = start('testnet', topology, '--epochs', '1000', '--faults', faults, '--json')
    await command.line(line => line.startsWith('{"type":"fault"'))
    const children = await childrenOf(command.pid)
    assert.ok(children.length >= 3)
    process.kill(command.pid, 'SIGKILL')
    await command.ended
    // Nobody tells when a grandchild ends; asking is a process of its own each time.
    while (children.some(isAlive)) await childrenOf(process.pid)
  })
})
