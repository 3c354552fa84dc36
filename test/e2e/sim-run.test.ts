import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SimSummaryRecord } from '#src/node/json.js'
import { createTopology, formatTopology } from '#src/topology/index.js'
import { epochsOf, killAll, records, run, start } from './starlings.js'

describe('starlings sim', function () {
  this.timeout(120_000)
  let folder: string
  let topology: string
  const faultsFile = async (faults: object) => {
    const path = join(folder, 'faults.json')
    await writeFile(path, JSON.stringify({ faults: 1, name: 'test', ...faults }))
    return path
  }
  const summaryOf = (stdout: string) => records(stdout).at(-1) as SimSummaryRecord
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'starlings-sim-'))
    topology = join(folder, 'complete-4.json')
    await writeFile(topology, formatTopology(createTopology('complete', { peers: 4 })))
  })
  afterEach(killAll)
  after(() => rm(folder, { recursive: true }))

  it('trains real models through faults, the same way twice, and leaves everything in --out', async () => {
    const faults = await faultsFile({
      links: [{ between: 'all', loss: 0.2, delayMs: { kind: 'exponential', mean: 30 } }],
      events: [{ at: { epoch: 3 }, do: 'crash', peers: { count: 1 }, for: { epochs: 2 } }]
    })
    const out = join(folder, 'out')
    const flags = ['sim', topology, '--faults', faults, '--epochs', '8', '--seed', '5', '--json']
    const { code, stdout, stderr } = await run(...flags, '--out', out)
    assert.equal(code, 0, stderr)
    const summary = summaryOf(stdout)
    assert.equal(summary.type, 'summary')
    const { peers, epochs, digestsEqual, seed, missingPeers, hostilePeers, invariantsBroken } = summary
    assert.deepEqual(
      { peers, epochs, digestsEqual, seed, missingPeers, hostilePeers, invariantsBroken },
      { peers: 4, epochs: 8, digestsEqual: true, seed: 5, missingPeers: [], hostilePeers: [], invariantsBroken: [] }
    )
    assert.ok(summary.virtualSeconds > 1)
    assert.ok(
      summary.aloneAccuracy !== null && summary.accuracy !== null && summary.accuracy.mean > summary.aloneAccuracy.mean
    )
    assert.ok(epochsOf(records(stdout)).some(record => record.accuracy !== null))
    for (const name of ['manifest.json', 'epochs.jsonl', 'events.log', 'accuracy.svg', 'model/model.json'])
      assert.ok((await readFile(join(out, name))).length > 100, name)
    assert.deepEqual(JSON.parse(await readFile(join(out, 'summary.json'), 'utf8')), summary)
    const events = await readFile(join(out, 'events.log'), 'utf8')
    assert.equal(events.split('\n').length - 1, summary.events)

    const again = summaryOf((await run(...flags)).stdout)
    assert.equal(again.eventLogDigest, summary.eventLogDigest)
    assert.equal(again.digest, summary.digest)
  })

  it('ends with 1 and the command that repeats it when a promise was broken', async () => {
    const faults = await faultsFile({
      events: [{ at: { epoch: 1 }, do: 'freeze', peers: 'all', for: { seconds: 9999 } }]
    })
    const flags = ['sim', topology, '--trainer', 'synthetic', '--epochs', '4', '--faults', faults]
    const out = join(folder, 'broken')
    const { code, stdout, stderr } = await run(...flags, '--json', '--out', out)
    assert.equal(code, 1)
    assert.match(stderr, /an invariant was broken: I5 at .*: training stood still/)
    assert.ok(stderr.includes(`with: starlings ${flags.join(' ')} --seed 1\n`), stderr)
    assert.doesNotMatch(stderr, /has no summary/)
    const summary = summaryOf(stdout)
    const { type, accuracy, end, invariantsBroken } = summary
    assert.deepEqual([type, accuracy, end, invariantsBroken[0]?.id], ['summary', null, 'stalled', 'I5'])
    assert.match(summary.eventLogDigest, /^[0-9a-f]{64}$/)
    assert.deepEqual(JSON.parse(await readFile(join(out, 'summary.json'), 'utf8')), summary)
  })

  it('says that nobody was left, which is no broken promise', async () => {
    const flags = ['sim', topology, '--trainer', 'synthetic', '--epochs', '4', '--json', '--faults']
    const gone = await run(...flags, await faultsFile({ events: [{ at: { epoch: 1 }, do: 'crash', peers: 'all' }] }))
    assert.equal(gone.code, 1)
    assert.match(gone.stderr, /every honest peer is down or away, and nothing brings one back/)
    const { type, accuracy, end, missingPeers, invariantsBroken } = summaryOf(gone.stdout)
    assert.deepEqual([type, accuracy, end], ['summary', null, 'deserted'])
    assert.deepEqual([missingPeers, invariantsBroken], [[0, 1, 2, 3], []])

    const peers = [
      { peers: [0], hostile: 'silent' },
      { peers: [1], hostile: 'silent' }
    ]
    const besieged = await run(...flags, await faultsFile({ peers }))
    assert.equal(besieged.code, 1)
    assert.match(besieged.stderr, /every honest peer is besieged/)
    assert.deepEqual(summaryOf(besieged.stdout).besiegedPeers, [2, 3])
  })

  it('names what is wrong with a fault file or a flag', async () => {
    const bad = await run('sim', topology, '--faults', await faultsFile({ links: [{ between: 'all', loss: 2 }] }))
    assert.equal(bad.code, 1)
    assert.match(bad.stderr, /faults\.json: link rule 1, "loss" is 2; use a number from 0 to 1/)
    const unfit = await run('sim', topology, '--faults', await faultsFile({ disks: [{ peers: [9], fault: 'full' }] }))
    assert.match(unfit.stderr, /faults\.json: disk rule 1, "peers" names peer 9, but the peers are 0 to 3/)
    const flag = await run('sim', topology, '--trainer', 'synthetic', '--task', 'digits')
    assert.equal(flag.code, 2)
    assert.match(flag.stderr, /--task is for --trainer real/)
  })

  it('stops at Ctrl-C', async () => {
    const command = start('sim', topology, '--trainer', 'synthetic', '--epochs', '100000', '--out', join(folder, 'c'))
    await command.line(line => line.includes('epoch'))
    command.process.kill('SIGINT')
    const { code, stderr } = await command.ended
    assert.equal(code, 130)
    assert.match(stderr, /--out .* holds the manifest, the epochs and the events until now; it has no summary/)
  })
})
