import assert from 'node:assert/strict'
import fc from 'fast-check'
import { compileFaults, type FaultAction, parseFaults, type Timeline } from '#src/faults/index.js'

const ring = Array.from({ length: 16 }, (_, i): [number, number] => [i, (i + 1) % 16])

function timelineOf(parts: object, seed = 1): Timeline {
  const faults = parseFaults(JSON.stringify({ faults: 1, name: 'x', ...parts }), 'f.json')
  return compileFaults(faults, { peers: 16, edges: ring, seed })
}

/** Epoch by epoch, a second each. */
function run(timeline: Timeline, epochs: number): (readonly [number, FaultAction])[] {
  return Array.from({ length: epochs }, (_, epoch) =>
    timeline.advance({ epoch, seconds: epoch }).map(action => [epoch, action] as const)
  ).flat()
}

const told = (happened: (readonly [number, FaultAction])[]) =>
  happened.map(([epoch, action]) => `${epoch} ${action.do}`)

describe('a timeline of faults', () => {
  it('begins and ends what the file says, and repeats it until told', () => {
    const crash = {
      at: { epoch: 2 },
      every: { epochs: 4 },
      until: { epoch: 7 },
      do: 'crash',
      peers: [3],
      for: { epochs: 2 }
    }
    const happened = run(timelineOf({ events: [crash] }), 20)
    assert.deepEqual(told(happened), ['2 crash', '4 restart', '6 crash', '8 restart'])
    assert.deepEqual(happened[0]![1], { entry: 'events.0', do: 'crash', peers: [3], disk: 'kept' })
  })

  it('counts in seconds as well, and says when it wants to be asked', () => {
    const timeline = timelineOf({
      events: [{ at: { seconds: 5 }, do: 'freeze', peers: [1], for: { seconds: 2.5 } }],
      links: [{ between: 'all', loss: 1, from: { seconds: 3 }, to: { epoch: 9 } }]
    })
    assert.equal(timeline.nextSeconds(), 3)
    assert.deepEqual(timeline.advance({ epoch: 0, seconds: 3 }), [{ entry: 'links.0', do: 'links' }])
    assert.equal(timeline.nextSeconds(), 5)
    timeline.advance({ epoch: 0, seconds: 5 })
    assert.equal(timeline.condition(1), 'frozen')
    assert.equal(timeline.nextSeconds(), 7.5)
    assert.deepEqual(timeline.advance({ epoch: 1, seconds: 7.5 }), [{ entry: 'events.0', do: 'thaw', peers: [1] }])
    assert.equal(timeline.nextSeconds(), Number.POSITIVE_INFINITY)
  })

  it('lets later link rules override earlier ones field by field, for their time and direction', () => {
    const timeline = timelineOf({
      links: [
        { between: 'all', loss: 0.1, delayMs: { kind: 'constant', ms: 3 } },
        { between: [[0, 1]], oneWay: true, loss: 0.5, from: { epoch: 2 }, to: { epoch: 4 } }
      ]
    })
    timeline.advance({ epoch: 0, seconds: 0 })
    assert.equal(timeline.link(0, 1).loss, 0.1)
    timeline.advance({ epoch: 2, seconds: 2 })
    assert.deepEqual([timeline.link(0, 1).loss, timeline.link(1, 0).loss], [0.5, 0.1])
    assert.deepEqual(timeline.link(0, 1).delayMs, { kind: 'constant', ms: 3 })
    timeline.advance({ epoch: 4, seconds: 4 })
    assert.equal(timeline.link(0, 1).loss, 0.1)
  })

  it('draws a part of the links, and what peers send alone where it is one way', () => {
    const half = timelineOf({ links: [{ between: { fraction: 0.5 }, loss: 1 }] })
    half.advance({ epoch: 0, seconds: 0 })
    assert.equal(ring.filter(([a, b]) => half.link(a, b).loss === 1 && half.link(b, a).loss === 1).length, 8)
    const uplink = timelineOf({ links: [{ between: { of: [4] }, oneWay: true, loss: 1 }] })
    uplink.advance({ epoch: 0, seconds: 0 })
    assert.deepEqual([uplink.link(4, 5).loss, uplink.link(5, 4).loss], [1, 0])
  })

  it('keeps the groups of a partition apart until it heals', () => {
    const timeline = timelineOf({
      events: [{ at: { epoch: 1 }, do: 'partition', groups: [[0, 1], [2]], for: { epochs: 3 } }]
    })
    run(timeline, 3)
    const apart = (a: number, b: number) => timeline.separated(a, b)
    // Whoever is in no group is with the others that are in none.
    assert.deepEqual([apart(0, 1), apart(0, 2), apart(2, 3), apart(3, 4)], [false, true, true, false])
    timeline.advance({ epoch: 4, seconds: 4 })
    assert.equal(apart(0, 2), false)
  })

  it('deals equal parts of a partition', () => {
    const timeline = timelineOf({ events: [{ at: { epoch: 0 }, do: 'partition', groups: 2 }] })
    const [action] = timeline.advance({ epoch: 0, seconds: 0 })
    assert.ok(action?.do === 'partition')
    assert.deepEqual(
      action.groups.map(group => group.length),
      [8, 8]
    )
  })

  it('has late peers absent until they join', () => {
    const timeline = timelineOf({ events: [{ at: { epoch: 3 }, do: 'join', peers: { count: 2 } }] })
    const late = timeline.peers.flatMap((plan, peer) => (plan.late ? [peer] : []))
    assert.equal(late.length, 2)
    assert.ok(late.every(peer => timeline.condition(peer) === 'absent'))
    assert.deepEqual(run(timeline, 5), [[3, { entry: 'events.0', do: 'join', peers: late }]])
  })

  it('ends everything that ends', () => {
    const timeline = timelineOf({
      links: [{ between: 'all', loss: 1 }],
      disks: [{ peers: [2], fault: 'full' }],
      events: [
        { at: { epoch: 1 }, do: 'crash', peers: [3], for: { epochs: 100 } },
        { at: { epoch: 1 }, do: 'crash', peers: [4] },
        { at: { epoch: 1 }, do: 'partition', groups: 3 },
        { at: { epoch: 50 }, do: 'crash', peers: [5] }
      ]
    })
    run(timeline, 3)
    assert.equal(timeline.disk(2), 'full')
    assert.deepEqual(
      timeline.end().map(action => action.do),
      ['restart', 'disk', 'links', 'heal']
    )
    assert.deepEqual([timeline.condition(3), timeline.condition(4)], ['up', 'crashed'])
    assert.deepEqual([timeline.link(0, 1).loss, timeline.separated(0, 8), timeline.disk(2)], [0, false, null])
    assert.deepEqual(timeline.advance({ epoch: 60, seconds: 60 }), [])
  })

  const wild = {
    peers: [
      { peers: { count: 2 }, hostile: 'silent' },
      { peers: { fraction: 0.1 }, hostile: 'flooder', slowdown: 2 }
    ],
    events: [
      { at: { epoch: 1 }, every: { epochs: 1 }, do: 'crash', peers: { count: 3 }, for: { epochs: 4 } },
      { at: { seconds: 2 }, every: { seconds: 1.5 }, do: 'freeze', peers: { fraction: 0.3 }, for: { epochs: 2 } },
      { at: { epoch: 3 }, every: { epochs: 2 }, do: 'leave', peers: 'all', for: { seconds: 3 } },
      { at: { epoch: 5 }, do: 'join', peers: { count: 3 } }
    ]
  }

  it('draws the same for the same seed, and never a peer that is down, away or hostile', () => {
    fc.assert(
      fc.property(fc.nat(), seed => {
        const timeline = timelineOf(wild, seed)
        const happened = run(timeline, 30)
        assert.deepEqual(run(timelineOf(wild, seed), 30), happened)
        const down = new Set(timeline.peers.flatMap((plan, peer) => (plan.late ? [peer] : [])))
        for (const [, action] of happened) {
          if (!('peers' in action)) continue
          const returns = ['restart', 'thaw', 'return', 'join'].includes(action.do)
          for (const peer of action.peers) {
            assert.equal(timeline.peers[peer]!.hostile, null)
            assert.equal(down.has(peer), returns, `peer ${peer} at a ${action.do}`)
            if (returns) down.delete(peer)
            else down.add(peer)
          }
        }
      })
    )
  })

  it('draws hostile peers apart from each other', () => {
    for (let seed = 0; seed < 50; seed++) {
      const timeline = timelineOf({ peers: [{ peers: { count: 3 }, hostile: 'silent' }] }, seed)
      const hostile = new Set(timeline.peers.flatMap((plan, peer) => (plan.hostile === null ? [] : [peer])))
      assert.equal(hostile.size, 3)
      const beside = Array.from({ length: 16 }, (_, i) => [i + 1, i + 15].filter(peer => hostile.has(peer % 16)).length)
      assert.ok(
        beside.every((count, peer) => count < 2 || hostile.has(peer)),
        `seed ${seed}: ${[...hostile]}`
      )
    }
  })

  it('draws differently for different seeds', () => {
    const drawn = new Set([1, 2, 3, 4, 5].map(seed => JSON.stringify(run(timelineOf(wild, seed), 30))))
    assert.equal(drawn.size, 5)
  })
})
