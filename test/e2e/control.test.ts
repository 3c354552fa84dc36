import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { askNode } from '#src/node/control/index.js'
import type { NodeStatus } from '#src/node/upkeep/status.js'
import { createManifest } from '#src/train/manifest.js'
import { makeTemporaryFolder, removeFolder } from '../support/homes.js'
import { killAll, type Running, run, start } from './starlings.js'

const ADDRESS = /^ +(\/ip4\/127\.0\.0\.1\/tcp\/\d+\/p2p\/\w+)$/
/** How often a condition is looked at; mocha's own timeout ends a test whose condition never comes true. */
const LOOK_MS = 50

describe('a node that runs for weeks', function () {
  this.timeout(300_000)
  let folder: string
  const at = (name: string) => join(folder, name)
  beforeEach(async () => {
    folder = await makeTemporaryFolder()
    const manifest = createManifest({ task: { kind: 'digits' }, seed: 1, expectedPeers: 2, epochs: null })
    await writeFile(at('swarm.json'), JSON.stringify(manifest))
  })
  afterEach(async () => {
    await killAll()
    await removeFolder(folder)
  })

  const node = (home: string, ...more: string[]): Running =>
    start(
      'node',
      '--swarm',
      at('swarm.json'),
      '--home',
      at(home),
      '--listen',
      '/ip4/127.0.0.1/tcp/0',
      '--json',
      ...more
    )
  const addressOf = async (running: Running) => ADDRESS.exec(await running.line(line => ADDRESS.test(line)))![1]!

  async function ask(command: string, home: string): Promise<NodeStatus> {
    const { code, stdout, stderr } = await run(command, '--home', at(home), '--json')
    assert.equal(code, 0, stderr)
    return JSON.parse(stdout)
  }

  const isUp = (node: Running) => node.line(line => line.includes('  training'))

  /** Asks until it is so, and then as a user does: a command for each look would take longer than what it looks for. */
  async function until(home: string, holds: (status: NodeStatus) => boolean): Promise<NodeStatus> {
    for (;;) {
      const status = (await askNode(at(home), { ask: 'status' })) as NodeStatus
      if (holds(status)) return ask('status', home)
      await wait(LOOK_MS)
    }
  }

  it('tells how it is, is paused and goes on, also after a restart, and leaves when it is told to', async () => {
    const first = node('a')
    const second = node('b', '--peer', await addressOf(first))
    await Promise.all([isUp(first), isUp(second)])
    const [neighbour] = (await until('a', ({ lastUpdate, accuracy }) => lastUpdate !== null && accuracy !== null))
      .neighbours
    assert.equal(neighbour?.how, 'tcp')
    assert.equal(neighbour.direction, 'inbound')

    const paused = await ask('pause', 'b')
    assert.deepEqual(paused.resting, ['asked'])
    // The other one hears it, and trains on by itself.
    const alone = await until('a', ({ neighbours }) => neighbours[0]?.resting === true)
    await until('a', ({ epoch }) => epoch > alone.epoch + 5)
    const still = await until('b', ({ epoch }) => epoch > paused.epoch + 3)
    assert.equal(still.lastOwnUpdate!.epoch, paused.lastOwnUpdate!.epoch, 'nothing was published')
    assert.equal(still.unsent, paused.unsent, 'what is not sent yet is kept as it is')

    assert.match((await run('leave', '--home', at('b'))).stdout, /^leaving the swarm at epoch [\d,]+; come back with/)
    assert.equal((await second.ended).code, 0)
    const again = node('b', '--peer', await addressOf(first))
    await again.line(line => line.startsWith('paused since it was asked to'))
    assert.deepEqual((await ask('status', 'b')).resting, ['asked'])
    assert.match((await run('resume', '--home', at('b'))).stdout, /^training again at epoch/)
    const back = await until('b', ({ lastOwnUpdate }) => lastOwnUpdate !== null)
    assert.ok(back.bytes.total.received > still.bytes.today.received, 'bytes of all runs are counted')
    assert.equal(JSON.parse(await readFile(at('b/home.json'), 'utf8')).settings.paused, undefined)

    const { stdout } = await run('status', '--home', at('a'))
    assert.match(stdout, /^swarm {5}digits: (\w+ ?){6}$/m)
    assert.match(stdout, /^1 neighbour\n {2}…\w{8} {2}tcp {2}from /m)
    await ask('leave', 'a')
    assert.equal((await first.ended).code, 0)
    const { code, stderr } = await run('status', '--home', at('a'))
    assert.equal(code, 1)
    assert.match(stderr, /no node runs with --home/)
  })
})
