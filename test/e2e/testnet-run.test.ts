import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseManifest, swarmId } from '#src/core/protocol/manifest.js'
import { createTopology, formatTopology } from '#src/topology/index.js'
import { childrenOf, epochsOf, isAlive, killAll, records, run, start, summaryOf } from './starlings.js'

describe('starlings testnet', function () {
  this.timeout(120_000)
  let folder: string
  let topology: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'starlings-testnet-'))
    topology = join(folder, 'complete-4.json')
    await writeFile(topology, formatTopology(createTopology('complete', { peers: 4 })))
  })
  afterEach(killAll)
  after(() => rm(folder, { recursive: true }))

  it('trains peers in processes of their own to bit-identical models, and leaves everything in --out', async () => {
    const out = join(folder, 'out')
    const { code, stdout, stderr } = await run(
      ...['testnet', topology, '--epochs', '12', '--processes', '2', '--json', '--out', out]
    )
    assert.equal(code, 0, stderr)
    const all = records(stdout)
    const summary = summaryOf(all)
    assert.equal(all.filter(record => record.type === 'summary').length, 1)
    const { peers, epochs, params, digestsEqual, digest, missingPeers, seed, swarm } = summary
    assert.deepEqual(
      { peers, epochs, digestsEqual, missingPeers, seed },
      { peers: 4, epochs: 12, digestsEqual: true, missingPeers: [], seed: 1 }
    )
    assert.match(digest ?? '', /^[0-9a-f]{64}$/)
    assert.equal(summary.accuracy.min, summary.accuracy.max)
    assert.ok(summary.aloneAccuracy !== null && summary.aloneAccuracy.mean < summary.accuracy.mean)
    assert.equal(summary.denseBytesPerPeer, 3 * 12 * params * 4)
    assert.ok(summary.payloadBytesReceivedPerPeer.mean > 0)
    assert.ok(summary.wireBytesReceivedPerPeer.mean > summary.payloadBytesReceivedPerPeer.mean)
    assert.ok(summary.firstEvaluationSeconds !== null && summary.firstEvaluationSeconds < summary.wallSeconds)
    assert.ok(summary.cpuSeconds > 0 && summary.peakRssBytes > 0)

    for (const peer of [0, 1, 2, 3]) {
      const own = epochsOf(all).filter(record => record.peer === peer)
      assert.ok(own.length > 1 && own.every(record => record.epoch < 12))
      assert.equal(new Set(own.map(record => record.epoch)).size, own.length)
      assert.ok(own.some(record => record.accuracy !== null))
    }

    const text = (name: string) => readFile(join(out, name), 'utf8')
    const manifest = parseManifest(JSON.parse(await text('manifest.json')))
    assert.equal(swarmId(manifest), swarm)
    assert.deepEqual(JSON.parse(await text('summary.json')), summary)
    assert.deepEqual(records(await text('epochs.jsonl')), epochsOf(all))
    assert.match(await text('accuracy.svg'), /^<svg /)
    assert.equal(JSON.parse(await text('model/model.json')).format, 'layers-model')
    assert.equal((await readFile(join(out, 'model/weights.bin'))).length, 4 * params)
  })

  it('goes on without the peers of a process that is killed', async () => {
    const command = start('testnet', topology, '--epochs', '30', '--processes', '2', '--json')
    // Far enough that the swarm knows how long its epochs take: until then it waits long for the silent.
    await command.line(line => line.startsWith('{"type":"epoch"') && JSON.parse(line).epoch >= 6)
    const [victim] = await childrenOf(command.pid)
    assert.ok(victim !== undefined)
    process.kill(victim, 'SIGKILL')
    const { code, stdout, stderr } = await command.ended
    assert.equal(code, 0, stderr)
    const summary = summaryOf(records(stdout))
    assert.equal(summary.missingPeers.length, 2)
    assert.equal(summary.peers, 4)
    assert.equal(summary.epochs, 30)
    assert.equal(summary.digestsEqual, true)
    assert.match(stderr, /SIGKILL/)
  })

  it('leaves no process behind after Ctrl-C, and says what is left in --out', async () => {
    const out = join(folder, 'interrupted')
    const command = start('testnet', topology, '--epochs', '1000', '--json', '--out', out)
    await command.line(line => line.startsWith('{"type":"epoch"'))
    const children = await childrenOf(command.pid)
    assert.ok(children.length > 0)
    // A terminal sends it to the whole group.
    process.kill(-command.pid, 'SIGINT')
    const { code, stdout, stderr } = await command.ended
    assert.equal(code, 130, stderr)
    assert.match(stderr, /interrupted holds .* no summary/)
    assert.deepEqual(records(await readFile(join(out, 'epochs.jsonl'), 'utf8')), records(stdout))
    assert.doesNotMatch(stderr, / at /)
    assert.deepEqual(children.filter(isAlive), [])
  })

  it('leaves no process behind when it is killed itself', async () => {
    const command = start('testnet', topology, '--epochs', '1000', '--json')
    await command.line(line => line.startsWith('{"type":"epoch"'))
    const children = await childrenOf(command.pid)
    process.kill(command.pid, 'SIGKILL')
    await command.ended
    // Nobody tells when a grandchild ends; asking is a process of its own each time.
    while (children.some(isAlive)) await childrenOf(process.pid)
  })
})
