import assert from 'node:assert/strict'
import type { PeerView, RestReason, View } from '#src/browser/engine/session.js'
import { chartData, chartEnd, tableRows } from '#src/browser/page/words/chart.js'
import { problemOf } from '#src/browser/page/words/errors.js'
import { ago, bytes, count, list, percent, plural } from '#src/browser/page/words/format.js'
import {
  admissionInWords,
  dataNeededInWords,
  expectedUsage,
  modelInWords,
  stopInWords,
  taskInWords,
  usageInWords
} from '#src/browser/page/words/manifest.js'
import { placePeers } from '#src/browser/page/words/places.js'
import { roomInWords, roomNeeded, roomProblem } from '#src/browser/page/words/room.js'
import {
  accuracyInWords,
  peerInWords,
  peersInWords,
  restsInWords,
  statusInWords
} from '#src/browser/page/words/view.js'
import { createManifest } from '#src/train/manifest.js'

const digits = createManifest({ task: { kind: 'digits' }, seed: 1, expectedPeers: 16 })

function peer(i: number, more: Partial<PeerView> = {}): PeerView {
  return { key: String(i).repeat(64), self: i === 0, how: 'webrtc', epoch: 3, lastHeardMs: 0, ...more }
}

function viewOf(more: Partial<View> = {}): View {
  return {
    phase: 'training',
    resting: [],
    epoch: 3,
    epochs: 70,
    live: 2,
    peers: [peer(0), peer(1)],
    links: [],
    together: [],
    alone: [],
    samples: 100,
    loss: null,
    bytesSent: 0,
    bytesReceived: 0,
    lastUpdateAt: null,
    battery: null,
    saveData: false,
    metered: null,
    awake: false,
    residual: 0,
    warnings: [],
    digest: null,
    ...more
  }
}

describe('the words of the page', () => {
  it('shows sizes, times and counts as people read them', () => {
    assert.deepEqual([0, 999, 999.6, 1234, 45_600, 1_900_000, 2e12].map(bytes), [
      '0 B',
      '999 B',
      '1.00 kB',
      '1.23 kB',
      '45.6 kB',
      '1.90 MB',
      '2.00 TB'
    ])
    assert.deepEqual([-5000, 0, 5_000, 61_000, 7_200_000, 400_000_000].map(ago), [
      'just now',
      'just now',
      '5 s ago',
      '1 min ago',
      '2 h ago',
      '4 days ago'
    ])
    assert.equal(count(1_234_567), '1,234,567')
    assert.equal(percent(0.9346), '93.5 %')
    assert.equal(plural(1, 'entry', 'entries'), '1 entry')
    assert.equal(plural(0, 'entry', 'entries'), '0 entries')
    assert.equal(list(['a', 'b', 'c']), 'a, b and c')
  })

  it('tells what an invitation is to, without words of machine learning where it can', () => {
    assert.equal(taskInWords(digits), 'to read handwritten digits, 8×8 pixels each')
    assert.equal(modelInWords(digits), 'A network of 64 → 64 → 10 units, 4,810 parameters')
    assert.equal(stopInWords(digits), 'After 70 epochs.')
    assert.match(stopInWords({ ...digits, stop: { epochs: null, plateau: null } }), /^Never/)
    assert.match(
      stopInWords({ ...digits, stop: { epochs: null, plateau: { epochs: 20, minGain: 0.005 } } }),
      /rests when its accuracy has not grown by 0\.5 % in 20 epochs/
    )
    assert.match(admissionInWords({ ...digits, admission: { rule: 'key', check: '0'.repeat(64) } }), /people you trust/)
  })

  it('names the columns that a table needs, and not all four thousand of them', () => {
    const columns = Array.from({ length: 4000 }, (_, i) => ({ name: `column ${i}`, center: 0, scale: 1 }))
    const words = dataNeededInWords({ ...digits, task: { kind: 'table', label: 'y', classes: ['a', 'b'], columns } })
    assert.match(words, /“column 0”.*4000 of them.*“y”/)
    assert.ok(words.length < 300)
  })

  it('expects network use from the budget: bounded by all of the training where that ends', () => {
    const { wholeBytes, bytesPerHour } = expectedUsage(digits)
    assert.equal(wholeBytes, digits.gossip.budgetBytes * 3.5 * 70)
    assert.equal(bytesPerHour, wholeBytes + 1e6)
    const forever = { ...digits, stop: { epochs: null, plateau: null } }
    assert.equal(expectedUsage(forever).wholeBytes, null)
    const paced = { ...forever, clock: { ...digits.clock, minEpochMs: 10_000 } }
    assert.equal(expectedUsage(paced).bytesPerHour, digits.gossip.budgetBytes * 3.5 * 360 + 1e6)
    assert.equal(expectedUsage(forever).bytesPerHour, digits.gossip.budgetBytes * 3.5 * 36_000 + 1e6)
    assert.doesNotMatch(usageInWords(forever), /in all/)
  })

  it('has a status for every phase, and says when nobody is connected', () => {
    const phases = ['connecting', 'choosing', 'starting', 'training', 'settling', 'ended', 'left', 'stranded'] as const
    const titles = phases.map(phase => statusInWords(viewOf({ phase })).title)
    assert.equal(new Set(titles).size, phases.length)
    assert.equal(statusInWords(viewOf()).detail, 'With 1 neighbour.')
    assert.equal(statusInWords(viewOf({ peers: [peer(0)] })).tone, 'trouble')
  })

  it('gives every reason to rest in words', () => {
    const reasons: RestReason[] = ['asked', 'battery', 'data-saver', 'metered', 'hidden', 'offline', 'plateau']
    const words = restsInWords(
      viewOf({ phase: 'resting', resting: reasons, battery: { level: 0.18, charging: false } })
    )
    assert.equal(words.match(/[.;] /g)!.length >= reasons.length - 1, true)
    assert.match(words, /18 %/)
    assert.equal(statusInWords(viewOf({ phase: 'resting', resting: ['battery', 'asked'] })).title, 'Paused')
  })

  it('says in words what the picture and the chart show', () => {
    const view = viewOf({
      peers: [peer(0), peer(1), peer(2, { how: 'relayed', introducedBy: '1'.repeat(64), epoch: null })],
      together: [{ epoch: 3, accuracy: 0.9 }],
      alone: [{ epoch: 3, accuracy: 0.6 }]
    })
    assert.match(peersInWords(view), /connected to 2 peers: 1 by WebRTC and 1 through another peer\./)
    assert.equal(peerInWords(view.peers[0]!), 'This device: epoch 3')
    assert.match(peerInWords(view.peers[2]!), /^2222: .*introduced by 1111; has said nothing yet/)
    assert.match(accuracyInWords(view), /90\.0 %.*Alone.*60\.0 %/)
    assert.equal(accuracyInWords(viewOf()), 'No accuracy was measured yet.')
  })

  it('puts two curves over the epochs of both', () => {
    const points = (...epochs: number[]) => epochs.map(epoch => ({ epoch, accuracy: epoch / 10 }))
    assert.deepEqual(chartData(points(1, 2, 5), points(0, 2, 3)), [
      [0, 1, 2, 3, 5],
      [0, null, 0.2, 0.3, null],
      [null, 0.1, 0.2, null, 0.5]
    ])
    assert.deepEqual(chartData(points(1, 2), []), [
      [1, 2],
      [null, null],
      [0.1, 0.2]
    ])
    assert.deepEqual(chartData([], []), [[], [], []])
  })

  it('keeps the table short, with its first and its last epoch', () => {
    const points = Array.from({ length: 500 }, (_, i) => ({ epoch: i, accuracy: i / 500 }))
    const rows = tableRows(points, points.slice(0, 10))
    assert.equal(rows.length, 20)
    assert.equal(rows[0]!.epoch, 499)
    assert.equal(rows.at(-1)!.epoch, 0)
    assert.equal(rows[0]!.alone, null)
    assert.deepEqual(tableRows([], []), [])
  })

  it('draws as far as there is something to see, and no further than the swarm goes', () => {
    assert.equal(chartEnd(0, null), 20)
    assert.equal(chartEnd(100, null), 120)
    assert.equal(chartEnd(65, 70), 70)
    assert.equal(chartEnd(500, 100_000), 600)
    assert.equal(chartEnd(3, 5), 5)
  })

  it('puts errors of the engine into words, whoever threw them', () => {
    const named = (name: string, more = {}): Error => Object.assign(new Error('a sentence'), { name, ...more })
    assert.deepEqual(problemOf(named('DataError')), { title: 'This data cannot be used', detail: 'a sentence' })
    assert.equal(problemOf(named('SessionError', { fault: 'bad-invite' })).title, 'This invite cannot be read')
    assert.equal(problemOf('odd').detail, 'odd')
  })
})

describe('the picture of the peers', () => {
  const size = { width: 360, height: 240 }
  const peers = Array.from({ length: 20 }, (_, i) => peer(i, { key: `key ${i}` }))
  const links = peers.slice(1).map(other => ['key 0', other.key] as const)

  it('keeps everybody inside, and nobody on top of this device', () => {
    const places = placePeers(peers, links, new Map(), size)
    const self = places.get('key 0')!
    for (const [key, { x, y }] of places) {
      assert.ok(x >= 0 && x <= 360 && y >= 0 && y <= 240, key)
      if (key !== 'key 0') assert.ok(Math.hypot(x - self.x, y - self.y) > 30, key)
    }
  })

  it('is the same picture again when the peers are the same', () => {
    const places = placePeers(peers, links, new Map(), size)
    assert.equal(placePeers(peers, links, places, size), places)
    assert.deepEqual(placePeers(peers, links, new Map(), size), places)
  })

  it('takes links to peers that nobody sees for none', () => {
    assert.equal(placePeers(peers.slice(0, 2), [['key 0', 'nobody']], new Map(), size).size, 2)
  })

  it('tells how much of the disk a swarm may take, and warns when the browser has less', () => {
    const { usualBytes, mostBytes } = roomNeeded(digits)
    const { retentionBytes, retentionEpochs } = digits.limits
    // A store may hold the raw updates twice, and own ones from before besides.
    assert.ok(mostBytes > 2.25 * retentionBytes && mostBytes < 2.5 * retentionBytes + 20e6)
    assert.ok(usualBytes > retentionEpochs * digits.gossip.budgetBytes && usualBytes < mostBytes)
    assert.match(roomInWords(digits), /^About [\d.]+ MB .* at most about [\d.]+ MB\.$/)
    assert.equal(roomProblem(digits, mostBytes), null)
    assert.match(roomProblem(digits, usualBytes) ?? '', /has [\d.]+ MB left .* up to 6\d\d MB\. When/)
    assert.match(roomProblem(digits, 1e6) ?? '', /has 1\.0 MB left .* less than the swarm usually takes/)
  })

  it('names the room that a manifest allows which nobody should accept', () => {
    const limits = { ...digits.limits, retentionBytes: 2 ** 40, retentionEpochs: 1_000_000 }
    assert.match(roomInWords({ ...digits, limits }), /at most about 2\.47 TB\.$/)
    const few = { ...limits, retentionEpochs: 512, maxAuthors: 2 }
    assert.ok(roomNeeded({ ...digits, limits: few }).mostBytes < 1e9, 'what so few can send is less')
  })
})
