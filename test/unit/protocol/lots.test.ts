import assert from 'node:assert/strict'
import fc from 'fast-check'
import { fromHex } from '#src/core/bytes.js'
import { digest } from '#src/core/digest.js'
import { examine, membershipOf } from '#src/core/protocol/admit.js'
import { attendance } from '#src/core/protocol/expect.js'
import { createDraws, drawLots, expectedSharers, isDrawn, nextBits, sharers } from '#src/core/protocol/lots.js'
import { type Manifest, manifestBytes } from '#src/core/protocol/manifest.js'
import { createSet, insertUpdate } from '#src/core/protocol/set.js'
import { createState, type SwarmState } from '#src/core/protocol/state.js'
import { signedUpdate } from '#src/sim/hostile/sign.js'
import { testIdentities, testManifest } from '../../support/flock.js'
import { keyOf as hashedKey } from '../../support/reference.js'

const keys: string[] = []
const keyOf = (author: number): string => {
  keys[author] ??= hashedKey(author)
  return keys[author]!
}

const LOTS = { drawn: 16, minBits: 0, maxBits: 20 }
const L = 8
const manifestFor = (expectedPeers: number, lots: Manifest['lots'] = LOTS) =>
  testManifest({ stop: { epochs: 5000 }, lots, gossip: { budgetBytes: 16_000, expectedPeers } })

function stateOf(manifest: Manifest): SwarmState {
  const state = createState(manifest, { self: keyOf(0), mode: 'sync', pulseMs: 500, samples: 100, now: 0 })
  drawLots(state, () => 1)
  return state
}

const swarmOf = (manifest: Manifest) => digest(manifestBytes(manifest))

function insert(state: SwarmState, author: number, epoch: number, drawBits: number): void {
  const contentHash = digest(Uint8Array.of(author % 256, author >> 8, epoch % 256, epoch >> 8))
  insertUpdate(state.set, {
    author: keyOf(author),
    epoch,
    weight: 100,
    drawBits,
    contentHash,
    envelope: new Uint8Array(120)
  })
}

/** Epochs from the clock's on, in which every one of `peers` keeps to its lots at the rate that the state has. */
function live(
  state: SwarmState,
  peers: number,
  epochs: number,
  until: (bits: number) => boolean = () => false
): number {
  const { draws } = state.membership
  for (let i = 0; i < epochs; i++) {
    const { epoch } = state.clock
    for (let peer = 1; peer <= peers; peer++)
      if (draws.isDrawn(epoch, keyOf(peer), state.lots.bits)) insert(state, peer, epoch, state.lots.bits)
    state.clock.epoch++
    drawLots(state, () => 5)
    if (until(state.lots.bits)) return i + 1
  }
  return epochs
}

describe('lots', () => {
  it('are drawn alike by whoever reckons them, remembered or not', () => {
    const swarm = swarmOf(manifestFor(100))
    const draws = createDraws(swarm)
    const peer = fc.nat(300)
    const epoch = fc.nat(40)
    fc.assert(
      fc.property(peer, epoch, fc.nat(6), (peer, epoch, bits) => {
        assert.equal(draws.isDrawn(epoch, keyOf(peer), bits), isDrawn(swarm, epoch, fromHex(keyOf(peer)), bits))
      }),
      { numRuns: 2000 }
    )
  })

  it('rise and fall with the swarm, and a rate that was just taken is kept', () => {
    const lots = {
      drawn: fc.integer({ min: 1, max: 100 }),
      peers: fc.integer({ min: 1, max: 1_000_000 }),
      bits: fc.nat(20)
    }
    fc.assert(
      fc.property(lots.drawn, lots.peers, lots.bits, (drawn, peers, bits) => {
        const next = nextBits(bits, peers, { ...LOTS, drawn }, 20)
        assert.equal(nextBits(next, peers, { ...LOTS, drawn }, 20), next)
        if (next < 20) assert.ok(peers / 2 ** next <= 1.6 * drawn)
        if (next > 0) assert.ok(peers / 2 ** next >= 0.7 * drawn)
        // The estimate may err by a tenth and undo nothing.
        const settled = nextBits(0, peers, { ...LOTS, drawn }, 20)
        for (const off of [0.9, 1.1]) {
          const again = nextBits(settled, peers * off, { ...LOTS, drawn }, 20)
          assert.equal(nextBits(again, peers, { ...LOTS, drawn }, 20), again)
        }
      })
    )
    assert.deepEqual(
      [1, 16, 24, 25].map(peers => nextBits(0, peers, LOTS, 20)),
      [0, 0, 0, 0]
    )
    assert.deepEqual(
      [64, 256, 1000].map(peers => nextBits(0, peers, LOTS, 20)),
      [2, 4, 6]
    )
    assert.equal(nextBits(0, 1000, LOTS, 1), 1, 'a step per epoch')
    assert.equal(nextBits(0, 1000, { ...LOTS, maxBits: 0 }, 20), 0, 'everyone')
    assert.equal(nextBits(0, 2, { ...LOTS, minBits: 3 }, 20), 3)
  })

  it("begin as the swarm's creator expects, and go on as its updates show", () => {
    const state = stateOf(manifestFor(1000))
    assert.equal(state.lots.bits, 6)
    // Four came. Once a window of updates shows it, they all take part.
    live(state, 4, 30)
    assert.equal(state.lots.bits, 0)
    assert.ok(Math.abs(state.lots.participants - 5) < 1e-9, 'never fewer than those around')
  })

  it('follow the swarm from 16 to 256 peers and back', () => {
    const state = stateOf(manifestFor(16))
    assert.equal(
      live(state, 16, 20, bits => bits > 0),
      20
    )
    const up = live(state, 256, 100, bits => bits === 4)
    assert.ok(up <= 3 * L, `${up} epochs`)
    live(state, 256, 100)
    assert.ok(Math.abs(state.lots.bits - 4) <= 1 && Math.abs(state.lots.participants - 256) < 100)
    const down = live(state, 16, 200, bits => bits === 0)
    assert.ok(down <= 4 * L, `${down} epochs`)
    assert.equal(
      live(state, 16, 20, bits => bits > 0),
      20
    )
    assert.ok(state.lots.known.size <= 16, 'those who are gone are forgotten')
  })

  it('estimate the size of a swarm within a quarter, at any size', () => {
    for (const peers of [40, 100, 333, 1200]) {
      const state = stateOf(manifestFor(peers))
      live(state, peers, 40)
      const { participants, bits } = state.lots
      assert.ok(Math.abs(participants / peers - 1) < 0.25, `${participants} of ${peers}`)
      assert.ok(peers / 2 ** bits > 8 && peers / 2 ** bits < 32)
    }
  })

  it('are not spoilt by an author who was drawn one in a million', () => {
    const state = stateOf(manifestFor(256))
    live(state, 256, 20)
    const { bits } = state.lots
    for (let epoch = 20; epoch < 24; epoch++) {
      insert(state, 1000, epoch, 20)
      live(state, 256, 1)
      assert.ok(Math.abs(state.lots.bits - bits) <= 1)
      assert.ok(state.lots.participants < 400, `${state.lots.participants}`)
    }
  })

  it('count on whom they know, and on a part of whom they do not', () => {
    const state = stateOf(manifestFor(256))
    const expectedAt = () => attendance(state, 0).expected
    const drawn: number[] = []
    const expected: number[] = []
    for (let epoch = 0; epoch < 300; epoch++) {
      expected.push(expectedAt())
      const before = state.set.size
      live(state, 256, 1)
      drawn.push(state.set.size - before)
    }
    assert.ok(expected[0]! >= 8 && expected[0]! <= 16, 'strangers are counted on from the first epoch')
    // In the end everybody is known, and all that come are expected.
    const late = drawn.map((count, epoch) => expected[epoch]! - count).slice(-100)
    assert.ok(late.filter(off => Math.abs(off) <= 2).length >= 90, late.join(' '))
    // Whoever expects too many waits for the deadline.
    const waits = drawn.filter((count, epoch) => count < (2 / 3) * expected[epoch]!).length
    assert.ok(waits <= 15, `${waits} of 300 epochs`)
  })

  it('do not wait for long for half of a swarm that is gone', () => {
    const state = stateOf(manifestFor(512))
    live(state, 512, 200)
    let waits = 0
    for (let epoch = 0; epoch < 60; epoch++) {
      const { expected } = attendance(state, 0)
      const before = state.set.size
      live(state, 200, 1)
      if (state.set.size - before < (2 / 3) * expected) waits++
    }
    assert.ok(waits <= 20, `${waits} of 60 epochs`)
  })

  it('share the budget among those who are drawn', () => {
    for (const [peers, least, most] of [
      [16, 15.9, 16.1],
      [20, 19.9, 20.1],
      [256, 11, 24],
      [1000, 11, 24]
    ] as const) {
      const manifest = manifestFor(peers)
      assert.ok(expectedSharers(peers, manifest.lots) >= least && expectedSharers(peers, manifest.lots) <= most)
      const state = stateOf(manifest)
      live(state, peers, 20)
      const shared = sharers(state, 5)
      assert.ok(shared >= least && shared <= most, `${shared} of ${peers}`)
      // What all of an epoch's updates may take is the budget, whatever the size.
      assert.ok(Math.abs((shared * 2 ** state.lots.bits) / peers - 1) < 0.3)
    }
    const everyone = manifestFor(256, { ...LOTS, maxBits: 0 })
    assert.equal(expectedSharers(256, everyone.lots), 256)
  })

  it('drawn at a much higher rate than the own one are ignored by gossip, and taken from repair (R1)', async () => {
    const manifest = manifestFor(256)
    const [author] = await testIdentities(1, 5)
    const membership = membershipOf(manifest)
    const bytes = await signedUpdate(author!, manifest, { epoch: 3, drawBits: 0, levels: { 1: 1 } })
    const verdict = (leastBits?: number) => {
      const window = { set: createSet(), epoch: 3, behind: 8, ahead: 8 }
      const examination = examine(bytes, membership, leastBits === undefined ? window : { ...window, leastBits })
      return examination.kind === 'verdict' ? examination.verdict : examination.kind
    }
    // The second time it was judged before.
    for (let i = 0; i < 2; i++) {
      assert.deepEqual(verdict(1), { kind: 'ignore', reason: 'draw-rate' })
      assert.equal(verdict(0), 'candidate')
      assert.equal(verdict(), 'candidate')
    }
  })
})
