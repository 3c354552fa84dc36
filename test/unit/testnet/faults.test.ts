import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRandom } from '#src/core/random.js'
import { compileFaults, parseFaults } from '#src/faults/index.js'
import { describeFailure } from '#src/node/cli/errors.js'
import type { FaultRecord } from '#src/node/json.js'
import { drawDelay } from '#src/node/testnet/bad-links.js'
import { FaultDriver } from '#src/node/testnet/fault-driver.js'
import { faultText } from '#src/node/testnet/fault-text.js'
import { planFaults } from '#src/node/testnet/plan-faults.js'
import { Settling } from '#src/node/testnet/settling.js'
import { createTopology } from '#src/topology/index.js'
import { createManualClock } from '../../support/net-clock.js'

const topology = createTopology('ring', { peers: 4 })

describe('a fault file and real processes', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'starlings-plan-'))
  })
  after(() => rm(folder, { recursive: true }))

  async function plan(content: object, init: { skipUnsupported?: boolean } = {}) {
    const path = join(folder, 'faults.json')
    await writeFile(path, JSON.stringify({ faults: 1, name: 'test', ...content }))
    return planFaults(path, topology, { seed: 1, ...init })
  }

  const impossible = {
    links: [{ between: 'all', loss: 0.5, duplication: 0.1 }],
    peers: [
      { peers: [1], hostile: 'flooder' },
      { peers: [2], slowdown: 5, clockSkewPercent: 2 }
    ],
    disks: [{ peers: 'all', fault: 'full' }],
    events: [{ at: { epoch: 3 }, do: 'crash', peers: [0], disk: 'torn' }]
  }

  it('that asks for the impossible is refused, place by place, with exit code 2', async () => {
    const refused = await plan(impossible).then(
      () => null,
      (error: unknown) => describeFailure(error, false, 'testnet')
    )
    assert.ok(refused)
    const { exitCode, text } = refused
    assert.equal(exitCode, 2)
    for (const place of [
      'link rule 1, "duplication"',
      'peer rule 1, "hostile"',
      'peer rule 2, "clockSkewPercent"',
      'disk rule 1, "fault"',
      'event 1, "disk"'
    ])
      assert.ok(text.includes(place), `${place} in ${text}`)
    assert.match(text, /--skip-unsupported/)
    assert.doesNotMatch(text, /loss|slowdown/)
  })

  it('is taken without that when the user says so', async () => {
    const { timeline, links, keeps, moving, rules, leftOut } = await plan(impossible, { skipUnsupported: true })
    assert.deepEqual([rules, leftOut.length, leftOut[0]], [2, 5, 'link rule 1, "duplication"'])
    const empty = await plan({ links: [{ between: 'all', reordering: 0.1 }] }, { skipUnsupported: true })
    assert.deepEqual(empty.timeline.advance({ epoch: 1, seconds: 1 }), [])
    await assert.rejects(
      plan({ disks: [{ peers: [9], fault: 'full' }] }, { skipUnsupported: true }).then(() =>
        plan({ peers: [{ peers: [9], slowdown: 2 }] })
      ),
      /faults\.json: peer rule 1, "peers" names peer 9/
    )
    assert.deepEqual(
      timeline.peers.map(({ hostile, slowdown, clockSkewPercent }) => [hostile, slowdown, clockSkewPercent]),
      [
        [null, 1, 0],
        [null, 1, 0],
        [null, 5, 0],
        [null, 1, 0]
      ]
    )
    const [rule, crash] = timeline.advance({ epoch: 3, seconds: 0 })
    assert.equal(rule?.do, 'links')
    assert.deepEqual(crash, { entry: 'events.0', do: 'crash', peers: [0], disk: 'kept' })
    const { loss, duplication } = timeline.link(0, 1)
    assert.deepEqual([loss, duplication], [0.5, 0])
    assert.deepEqual([links, keeps, [...moving]], [true, true, [0]])
  })

  it('names who needs a process of its own: those named, or everybody who may be drawn', async () => {
    const named = await plan({ events: [{ at: { epoch: 1 }, do: 'join', peers: [3] }] })
    assert.deepEqual([[...named.moving], named.late, named.keeps, named.links], [[3], [3], false, false])
    const drawn = await plan({
      events: [{ at: { epoch: 1 }, do: 'freeze', peers: { count: 1 }, for: { seconds: 1 } }]
    })
    assert.deepEqual([...drawn.moving], [0, 1, 2, 3])
    const parted = await plan({ events: [{ at: { epoch: 1 }, do: 'partition', groups: 2 }] })
    assert.deepEqual([[...parted.moving], parted.links], [[], true])
  })

  it('draws delays within their bounds, and about their mean', () => {
    const random = createRandom(1)
    assert.equal(drawDelay({ kind: 'constant', ms: 7 }, random), 7)
    const draws = (kind: 'uniform' | 'exponential') =>
      Array.from({ length: 2000 }, () =>
        drawDelay(kind === 'uniform' ? { kind, min: 5, max: 50 } : { kind, mean: 40 }, random)
      )
    assert.ok(draws('uniform').every(ms => ms >= 5 && ms <= 50))
    const exponential = draws('exponential')
    const mean = exponential.reduce((sum, ms) => sum + ms, 0) / exponential.length
    assert.ok(exponential.every(ms => ms >= 0) && mean > 36 && mean < 44, String(mean))
  })
})

describe('faults as they happen to a testnet', () => {
  function begin(content: object, epochs: number | null = 20) {
    const faults = parseFaults(JSON.stringify({ faults: 1, name: 'test', ...content }), 'test.json')
    const timeline = compileFaults(faults, { peers: topology.peers, edges: topology.edges, seed: 1 })
    const done: string[] = []
    const records: FaultRecord[] = []
    const note = (what: string) => (peer: number, disk?: string) =>
      done.push([what, peer, disk].filter(String).join(' '))
    const clock = createManualClock()
    const settling = new Settling(
      topology,
      timeline.peers.flatMap(({ late }, peer) => (late ? [peer] : []))
    )
    const driver = new FaultDriver({
      timeline,
      settling,
      clock,
      epochs,
      roster: {
        crash: note('kill'),
        leave: note('leave'),
        bring: note('bring'),
        freeze: note('freeze'),
        thaw: note('thaw'),
        orderLinks: () => done.push('links')
      },
      onFault: record => records.push(record)
    })
    driver.begin()
    /** What was done since the last call. */
    const news = () => done.splice(0).map(text => text.trim())
    const all = (epoch: number, peers = [0, 1, 2, 3]) => {
      for (const peer of peers) driver.entered(peer, epoch)
    }
    return { driver, clock, settling, records, news, all }
  }

  const crash = { at: { epoch: 4 }, do: 'crash', peers: [1], for: { epochs: 3 }, disk: 'lost' }

  it('come with the epoch of the median of those who are up', () => {
    const { driver, news, records, all, settling } = begin({ events: [crash] })
    driver.entered(0, 9)
    driver.entered(1, 3)
    driver.entered(2, 3)
    assert.deepEqual(news(), [])
    driver.entered(1, 4)
    driver.entered(2, 4)
    assert.deepEqual(news(), ['kill 1 lost'])
    assert.deepEqual(settling.missing, [1])
    driver.entered(1, 50)
    assert.deepEqual(news(), [], 'the dead do not count')
    all(7, [0, 2, 3])
    assert.deepEqual(news(), ['bring 1'])
    assert.deepEqual(settling.missing, [])
    assert.deepEqual(
      records.map(({ fault, epoch, disk }) => [fault, epoch, disk]),
      [
        ['crash', 4, 'lost'],
        ['restart', 7, 'lost']
      ]
    )
    assert.deepEqual(driver.tally, { crashes: 1, restarts: 1, freezes: 0, leaves: 0, joins: 0, partitions: 0 })
  })

  it('come with the time, too', () => {
    const { clock, news } = begin({
      events: [{ at: { seconds: 2 }, do: 'freeze', peers: [0], for: { seconds: 3 } }],
      links: [{ between: 'all', loss: 0.1, to: { seconds: 1 } }]
    })
    assert.deepEqual(news(), ['links'])
    clock.advance(1000)
    assert.deepEqual(news(), ['links'])
    clock.advance(1000)
    assert.deepEqual(news(), ['freeze 0'])
    clock.advance(3000)
    assert.deepEqual(news(), ['thaw 0'])
    assert.equal(clock.pending, 0)
  })

  it('end with the training: who is to come back does, nothing new begins after it, no timer is left', () => {
    const { driver, clock, news, all, settling } = begin({
      events: [
        crash,
        { at: { epoch: 5 }, do: 'partition', groups: 2, for: { seconds: 99 } },
        { at: { epoch: 5 }, do: 'leave', peers: [3] },
        { at: { epoch: 21 }, do: 'crash', peers: [2] }
      ]
    })
    all(5)
    assert.deepEqual(news(), ['kill 1 lost', 'links', 'leave 3'])
    all(20)
    assert.deepEqual(news().sort(), ['bring 1', 'links'])
    assert.deepEqual(settling.missing, [3])
    assert.equal(clock.pending, 0)
    driver.end()
    all(25)
    assert.deepEqual(news(), [])
    assert.deepEqual(driver.tally.neverCame, [{ epoch: 21 }])
  })

  it('come at once where the median jumps over their epochs, even to the end', () => {
    const { driver, news, all, records } = begin({
      events: [crash, { at: { epoch: 18 }, do: 'crash', peers: [2], for: { epochs: 30 } }]
    })
    all(3)
    all(20, [2, 3])
    assert.deepEqual(news(), [])
    all(20, [0])
    assert.deepEqual(news(), ['kill 1 lost', 'kill 2 kept', 'bring 1', 'bring 2'])
    assert.deepEqual(
      records.map(({ epoch }) => epoch),
      [20, 20, 20, 20]
    )
    assert.equal(driver.tally.neverCame, undefined)
  })

  it('come when those die who were behind', () => {
    const { driver, news, all } = begin({ events: [{ at: { epoch: 6 }, do: 'leave', peers: [3] }] })
    all(6, [2, 3])
    all(5, [0, 1])
    assert.deepEqual(news(), [])
    driver.lost([0])
    assert.deepEqual(news(), ['leave 3'])
  })

  it('are told in words', () => {
    const at = { type: 'fault', seconds: 3, epoch: 12 } as const
    assert.equal(faultText({ ...at, fault: 'crash', peers: [3], disk: 'kept' }), 'epoch 12: peer 3 killed')
    assert.equal(
      faultText({ ...at, fault: 'restart', peers: [3, 4], disk: 'lost' }),
      'epoch 12: peers 3, 4 started again, with an empty disk'
    )
    const groups = [
      [0, 1, 2],
      [3, 4]
    ]
    assert.equal(faultText({ ...at, fault: 'partition', groups }), 'epoch 12: split 0–2 | 3, 4')
  })
})
