import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  CLAIM_PULSES,
  claimedEpoch,
  claimLifeMs,
  hear,
  hearUpdate,
  MAX_SIGNERS,
  standing
} from '#src/core/protocol/claims.js'
import { type ClockView, createClock, decide, type EpochClock, enter, goBack } from '#src/core/protocol/clock.js'
import { deadlineMs, hearLate, learn } from '#src/core/protocol/deadline.js'
import { testManifest } from '../../support/flock.js'

const PULSE_MS = 500
const rules = testManifest().clock
const NOW = 100_000

/** A clock that has been at `epoch` since `NOW`, long after the start, and has heard others all the while. */
function clockAt(epoch: number): EpochClock {
  const clock = createClock(epoch, NOW)
  return Object.assign(clock, { firstNeighbourAt: 0, heardSince: 0, lookedAt: NOW })
}

const claims = (clock: EpochClock, epochs: readonly number[], now = NOW) =>
  epochs.forEach((epoch, i) => {
    hear(clock, `peer ${i}`, { epoch, counter: now, leaving: false, observer: false }, now)
  })

const busy: ClockView = { ownDone: true, updates: 0, expected: 16, reachable: 4 }
const full: ClockView = { ...busy, updates: 16 }
const look = (clock: EpochClock, view: ClockView, now = NOW, pulseMs = PULSE_MS) =>
  decide(clock, rules, view, pulseMs, now)

describe('the epoch clock', () => {
  it('goes on when two thirds of the expected updates are in, and not before (C1)', () => {
    for (const [expected, needed] of [
      [1, 1],
      [2, 2],
      [3, 3], // 67 % of 3 is more than 2
      [4, 3],
      [16, 11]
    ] as const) {
      const clock = clockAt(3)
      claims(clock, [3, 3, 3])
      assert.equal(look(clock, { ...busy, expected, updates: needed - 1 }).kind, 'wait')
      assert.deepEqual(look(clock, { ...busy, expected, updates: needed }), { kind: 'advance', closedBy: 'quorum' })
    }
  })

  it('goes on at the deadline without a quorum (C1)', () => {
    const clock = clockAt(3)
    claims(clock, [3, 3, 3])
    assert.deepEqual(look(clock, busy), { kind: 'wait', until: NOW + rules.maxEpochMs, held: false })
    const late = NOW + rules.maxEpochMs
    assert.deepEqual(look(clock, busy, late), { kind: 'advance', closedBy: 'deadline' })
  })

  it('waits for its own work, however long the others take', () => {
    const clock = clockAt(3)
    claims(clock, [3, 3, 3])
    const view = { ...full, ownDone: false }
    assert.deepEqual(look(clock, view, NOW + 10 * rules.maxEpochMs), {
      kind: 'wait',
      until: Number.POSITIVE_INFINITY,
      held: false
    })
  })

  it('is never faster than the least epoch, and alone keeps the slow pace (C5)', () => {
    const slow = { ...rules, minEpochMs: 700 }
    const clock = clockAt(3)
    assert.deepEqual(decide(clock, slow, full, PULSE_MS, NOW), { kind: 'wait', until: NOW + 700, held: false })
    assert.equal(decide(clock, slow, full, PULSE_MS, NOW + 700).kind, 'advance')
    const alone = { ownDone: true, updates: 1, expected: 1, reachable: 0 }
    assert.deepEqual(look(clock, alone), { kind: 'wait', until: NOW + rules.maxEpochMs, held: false })
    assert.equal(look(clock, alone, NOW + rules.maxEpochMs).kind, 'advance')
  })

  it('gives the start a grace after the first neighbour, and a longer one alone (C6)', () => {
    const clock = createClock(0, NOW)
    const alone = { ownDone: true, updates: 1, expected: 1, reachable: 0 }
    assert.equal(look(clock, alone, NOW + rules.aloneGraceMs - 1).kind, 'wait')
    clock.firstNeighbourAt = NOW + 10
    assert.deepEqual(look(clock, full, NOW + 10), { kind: 'wait', until: NOW + 10 + rules.graceMs, held: false })
    assert.equal(look(clock, full, NOW + 10 + rules.graceMs).kind, 'advance')
  })

  it('believes nobody before the grace is over: whoever is heard first is heard alone (C6)', () => {
    const clock = createClock(0, NOW)
    clock.firstNeighbourAt = NOW
    claims(clock, [1_000_000])
    for (const ownDone of [true, false])
      assert.deepEqual(look(clock, { ...full, ownDone }), { kind: 'wait', until: NOW + rules.graceMs, held: false })
    claims(clock, [1_000_000, 7, 7])
    assert.deepEqual(look(clock, full, NOW + rules.graceMs), { kind: 'jump', to: 7 })
  })

  it('believes nobody for a grace after a silence or a sleep: whoever is heard first is heard alone (C6)', () => {
    const life = claimLifeMs(clockAt(3), rules, PULSE_MS)
    const silent = clockAt(3)
    const asleep = clockAt(3)
    for (const clock of [silent, asleep]) {
      claims(clock, [3, 3, 3])
      look(clock, busy)
    }
    // One looks on, and hears nobody; the other is not there.
    const later = NOW + life + 1
    assert.equal(standing(silent, rules, PULSE_MS, later).liars, 0)
    for (const clock of [silent, asleep]) {
      const claim = { counter: 9, leaving: false, observer: false }
      hear(clock, 'liar', { epoch: 1_000_000, ...claim }, later + 1)
      const until = later + 1 + rules.graceMs
      assert.deepEqual(look(clock, { ...busy, ownDone: false }, later + 1), { kind: 'wait', until, held: false })
      assert.notEqual(look(clock, busy, later + 1).kind, 'jump', 'its own epochs may close')
      for (const peer of [0, 1]) hear(clock, `peer ${peer}`, { epoch: 9, ...claim }, later + 2)
      assert.equal(look(clock, { ...full, ownDone: false }, later + rules.graceMs).kind, 'wait')
      assert.deepEqual(look(clock, full, until), { kind: 'jump', to: 9 })
    }
  })

  it("is neither dragged nor stopped by liars up to f' (C3, C4, I5)", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 3 }),
        fc.array(fc.nat(2 ** 40), { maxLength: 3 }),
        fc.array(fc.integer({ min: 50, max: 54 }), { minLength: 4, maxLength: 12 }),
        fc.integer({ min: 50, max: 54 }),
        (liars, lies, honest, own) => {
          const clock = clockAt(own)
          claims(clock, [...lies.slice(0, liars), ...honest])
          const decision = decide(clock, { ...rules, liars }, full, PULSE_MS, NOW)
          const furthest = Math.max(own, ...honest)
          // Not dragged: only as far as some honest peer. Not stopped: honest peers are within the bound of each other.
          if (decision.kind === 'jump') assert.ok(own < decision.to && decision.to <= furthest)
          else assert.equal(decision.kind, 'advance')
          const target = claimedEpoch(clock, { ...rules, liars }, PULSE_MS, NOW)
          assert.ok(target <= furthest)
        }
      )
    )
  })

  it('tolerates as many liars as there are signers to outvote them', () => {
    const liars = (others: number) => {
      const clock = clockAt(3)
      claims(clock, Array(others).fill(3))
      return standing(clock, { ...rules, liars: 2 }, PULSE_MS, NOW).liars
    }
    assert.deepEqual([0, 1, 2, 3, 4, 5, 9].map(liars), [0, 0, 1, 1, 2, 2, 2])
  })

  it("jumps to the second largest claim of three, and to the other's of two", () => {
    const clock = clockAt(3)
    claims(clock, [9])
    assert.deepEqual(look(clock, full), { kind: 'jump', to: 9 })
    claims(clock, [1_000_000, 8], NOW + 1)
    assert.deepEqual(look(clock, full), { kind: 'jump', to: 8 })
  })

  it('closes epochs one by one when it is not far behind, for each is a chance to publish (C3)', () => {
    const clock = clockAt(3)
    claims(clock, [4, 4, 4])
    assert.equal(look(clock, busy).kind, 'wait', 'one ahead is no reason to hurry')
    claims(clock, [5, 5, 5], NOW + 1)
    assert.deepEqual(look(clock, busy), { kind: 'jump', to: 4 })
    claims(clock, [7, 7, 7], NOW + 2)
    assert.deepEqual(look(clock, busy), { kind: 'jump', to: 4 })
    claims(clock, [8, 8, 8], NOW + 3)
    assert.deepEqual(look(clock, busy), { kind: 'jump', to: 8 })
  })

  it('lets the others be a little ahead while it trains, so that its work counts (C3)', () => {
    const clock = clockAt(3)
    const patience = rules.stalenessBound / 2
    claims(clock, [3 + patience, 3 + patience])
    assert.equal(look(clock, { ...full, ownDone: false }).kind, 'wait')
    assert.equal(look(clock, full).kind, 'jump')
    claims(clock, [4 + patience, 4 + patience])
    assert.deepEqual(look(clock, { ...full, ownDone: false }), { kind: 'jump', to: 4 + patience })
  })

  it("holds when it is ahead of all but f' by the bound, until claims move on or grow old (C4)", () => {
    const clock = clockAt(20)
    const behind = 20 - rules.stalenessBound
    claims(clock, [behind, behind, 20, 20])
    const life = claimLifeMs(clock, rules, PULSE_MS)
    assert.deepEqual(look(clock, full), { kind: 'wait', until: NOW + life + 1, held: true })
    // One slow peer is one liar at most.
    hear(clock, 'peer 0', { epoch: behind + 1, counter: NOW + 1, leaving: false, observer: false }, NOW + 1)
    assert.equal(look(clock, full, NOW + 1).kind, 'advance')
    // Silence does not stop anybody.
    const silent = clockAt(20)
    claims(silent, [0, 0, 0])
    assert.equal(look(silent, full, NOW + life).kind, 'wait')
    assert.equal(look(silent, full, NOW + life + 1).kind, 'advance')
  })

  it('reckons from the claims that count what sorting all of them gives', () => {
    const heard = fc.record({
      signer: fc.nat(9),
      epoch: fc.oneof(fc.nat(12), fc.nat(2 ** 40)),
      leaving: fc.boolean(),
      current: fc.boolean(),
      afterMs: fc.nat(4000)
    })
    fc.assert(
      fc.property(fc.array(heard, { maxLength: 40 }), fc.nat(12), fc.nat(3), (list, own, liars) => {
        const clock = clockAt(own)
        const newest = new Map<number, (typeof list)[number] & { counter: number; at: number }>()
        let now = NOW
        for (const [counter, claim] of list.entries()) {
          now += claim.afterMs
          const { signer, epoch, leaving, current } = claim
          const known = newest.get(signer)
          const news = hear(clock, `${signer}`, { epoch, counter, leaving, observer: false }, now, current)
          assert.equal(news, known === undefined || epoch >= known.epoch)
          if (news) newest.set(signer, { ...claim, counter, at: now })
          const life = claimLifeMs(clock, rules, PULSE_MS)
          const fresh = [...newest.values()].filter(({ leaving, at }) => !leaving && now - at <= life)
          const all = fresh.map(({ epoch }) => epoch).sort((a, b) => a - b)
          const here = fresh.filter(({ current }) => current).map(({ epoch }) => epoch)
          const f = Math.min(liars, all.length >> 1)
          const standingNow = standing(clock, { ...rules, liars }, PULSE_MS, now)
          assert.equal(standingNow.liars, f)
          assert.equal(standingNow.others, all[all.length - 1 - f] ?? Number.NEGATIVE_INFINITY)
          assert.equal(standingNow.furthest, [...all, own].sort((a, b) => b - a)[f])
          const slow = Math.min(liars, here.length >> 1)
          assert.equal(standingNow.slowest, [...here, own].sort((a, b) => a - b)[slow])
        }
      })
    )
  })

  it('holds for those whose pulses it hears, and not for authors: who is slow or not drawn is past its last update (C4)', () => {
    const clock = clockAt(20)
    const behind = 20 - rules.stalenessBound
    for (const author of ['a', 'b', 'c', 'd']) hearUpdate(clock, author, behind, NOW)
    assert.equal(look(clock, full).kind, 'advance')
    for (const author of ['a', 'b', 'c', 'd']) {
      hear(clock, author, { epoch: behind, counter: 1, leaving: false, observer: false }, NOW, true)
      hearUpdate(clock, author, behind, NOW)
    }
    assert.equal(look(clock, full).kind, 'wait')
    // Their updates tell where they have gone, without a pulse.
    for (const author of ['a', 'b', 'c', 'd']) hearUpdate(clock, author, behind + 1, NOW)
    assert.equal(look(clock, full).kind, 'advance')
    for (const author of ['a', 'b', 'c', 'd']) assert.ok(clock.claims.get(author)!.current)
  })

  describe('ahead of everybody', () => {
    const AHEAD = 1_000_000
    const later = NOW + 2 * rules.maxEpochMs
    /** Claims are repeated as pulses do, so that they stay fresh. */
    const heldUntil = (clock: EpochClock, epochs: readonly number[], until: number, view = full) => {
      let last = look(clock, view, NOW)
      for (let now = NOW; now <= until; now += PULSE_MS) {
        claims(clock, epochs, now)
        last = look(clock, view, now)
      }
      return last
    }

    it("goes back to the (f'+1)-th largest claim after it was held for two of the longest epochs", () => {
      const clock = clockAt(AHEAD)
      assert.deepEqual(
        { ...heldUntil(clock, [300, 301, 302], later), until: 0 },
        { kind: 'wait', until: 0, held: true }
      )
      claims(clock, [300, 301, 302], later + 1)
      assert.deepEqual(look(clock, full, later + 1), { kind: 'back', to: 301 })
      goBack(clock, 301, later + 1)
      assert.equal(clock.epoch, 301)
      assert.equal(look(clock, busy, later + 2).kind, 'wait')
      assert.equal(clock.heldSince, null)
    })

    it('wakes for it by itself', () => {
      const clock = clockAt(AHEAD)
      claims(clock, [300, 301, 302], NOW)
      look(clock, full, NOW)
      // The claims' life ends first, and so would the hold.
      const decision = look(clock, full, NOW + 1)
      assert.ok(decision.kind === 'wait' && decision.until <= later + 1)
    })

    it('stays where one other honest peer is, and where nobody can be heard', () => {
      const beside = clockAt(AHEAD)
      assert.notEqual(heldUntil(beside, [300, 301, AHEAD - 1, AHEAD], later + PULSE_MS).kind, 'back')
      const lonely = clockAt(AHEAD)
      const alone = { ...full, reachable: 0 }
      assert.notEqual(heldUntil(lonely, [300, 301, 302], later + PULSE_MS, alone).kind, 'back')
      const within = clockAt(20)
      const behind = 20 - rules.stalenessBound
      assert.notEqual(heldUntil(within, [behind, behind, behind + 1], later + PULSE_MS).kind, 'back')
    })

    it('starts to count anew when it was not held for a moment', () => {
      const clock = clockAt(AHEAD)
      heldUntil(clock, [300, 301, 302], later - PULSE_MS)
      // Not even its own work is done.
      look(clock, { ...full, ownDone: false }, later - PULSE_MS)
      claims(clock, [300, 301, 302], later + 1)
      assert.equal(look(clock, full, later + 1).kind, 'wait')
    })

    it("is not pulled back by f' liars, nor kept there by them", () => {
      const clock = clockAt(20)
      assert.notEqual(heldUntil(clock, [0, 20, 19, 18], later + PULSE_MS).kind, 'back')
      const dragged = clockAt(AHEAD)
      assert.deepEqual(heldUntil(dragged, [2 * AHEAD, 300, 301, 302], later + PULSE_MS), { kind: 'back', to: 302 })
    })
  })

  it('does not wait for a peer that said goodbye', () => {
    const clock = clockAt(20)
    claims(clock, [0, 0, 20])
    assert.equal(look(clock, full).kind, 'wait')
    for (const i of [0, 1])
      hear(clock, `peer ${i}`, { epoch: 0, counter: NOW + 1, leaving: true, observer: false }, NOW)
    assert.equal(look(clock, full).kind, 'advance')
  })

  it('ages claims by pulses, and by deadlines where these are longer', () => {
    const clock = clockAt(20)
    assert.equal(claimLifeMs(clock, rules, PULSE_MS), 2 * rules.maxEpochMs)
    learn(clock, 10)
    assert.equal(claimLifeMs(clock, rules, PULSE_MS), CLAIM_PULSES * PULSE_MS)
  })

  it('takes a claim once, never back, and after a restart by its epoch', () => {
    const clock = clockAt(3)
    const claim = (epoch: number, counter: number) =>
      hear(clock, 'a', { epoch, counter, leaving: false, observer: false }, NOW)
    assert.ok(claim(5, 10))
    assert.ok(!claim(5, 10), 'the same')
    assert.ok(!claim(5, 9), 'older')
    assert.ok(!claim(4, 99), 'back')
    assert.ok(claim(5, 11))
    assert.ok(claim(6, 1), 'a new life counts from the beginning')
    assert.ok(hearUpdate(clock, 'a', 7, NOW), 'an update tells an epoch')
    assert.ok(!hearUpdate(clock, 'a', 7, NOW))
    assert.ok(claim(7, 1), 'and a claim of that epoch more')
  })

  it('remembers a bounded number of signers, those heard last', () => {
    const clock = clockAt(3)
    claims(clock, Array(MAX_SIGNERS + 10).fill(3))
    assert.equal(clock.claims.size, MAX_SIGNERS)
    assert.ok(!clock.claims.has('peer 9') && clock.claims.has('peer 10'))
  })

  it('learns its deadline from epochs that reached quorum, from no others (C2)', () => {
    const clock = clockAt(1)
    assert.equal(deadlineMs(clock, rules), rules.maxEpochMs)
    const close = (view: ClockView, afterMs: number) => {
      const now = clock.enteredAt + afterMs
      look(clock, view, now)
      enter(clock, clock.epoch + 1, now)
    }
    close(full, 300)
    assert.equal(deadlineMs(clock, rules), 600)
    for (let i = 0; i < 20; i++) close(busy, 5000)
    assert.equal(deadlineMs(clock, rules), 600)
    // Nobody drawn: closes at once and teaches nothing.
    for (let i = 0; i < 20; i++) close({ ...busy, expected: 0 }, 1)
    assert.equal(deadlineMs(clock, rules), 600)
    for (let i = 0; i < 40; i++) close(full, 1)
    assert.equal(deadlineMs(clock, rules), rules.minDeadlineMs)
    for (let i = 0; i < 40; i++) close(full, 60_000)
    assert.equal(deadlineMs(clock, rules), rules.maxEpochMs)
  })

  it('learns from a quorum that comes a little late, or a network that slows down would be closed upon for ever (C2)', () => {
    const clock = clockAt(1)
    look(clock, busy)
    enter(clock, 2, NOW + 100)
    hearLate(clock, 1, 10, NOW + 150)
    assert.deepEqual(clock.quorumTimes, [])
    hearLate(clock, 1, 11, NOW + 200)
    hearLate(clock, 1, 12, NOW + 300)
    assert.deepEqual(clock.quorumTimes, [200], 'once')
    look(clock, busy, NOW + 400)
    enter(clock, 9, NOW + 400)
    hearLate(clock, 2, 16, NOW + 500)
    assert.deepEqual(clock.quorumTimes, [200], 'what comes after many epochs was cut off')
  })

  it("decides nothing about the start from epoch 0's time", () => {
    const clock = createClock(0, NOW)
    clock.firstNeighbourAt = NOW
    look(clock, full, NOW + 3000)
    enter(clock, 1, NOW + 3000)
    assert.deepEqual(clock.quorumTimes, [])
  })

  it('never answers with a time in the past, so that nobody spins', () => {
    const view = fc.record({
      ownDone: fc.boolean(),
      updates: fc.nat(20),
      expected: fc.nat(20),
      reachable: fc.nat(4)
    })
    fc.assert(
      fc.property(
        view,
        fc.nat(3),
        fc.array(fc.nat(40), { maxLength: 6 }),
        fc.nat(20_000),
        (view, epoch, heard, after) => {
          const clock = createClock(epoch, NOW)
          clock.firstNeighbourAt = NOW
          claims(clock, heard)
          const decision = look(clock, view, NOW + after)
          if (decision.kind === 'wait') assert.ok(decision.until > NOW + after)
          if (decision.kind === 'jump') assert.ok(decision.to > epoch)
        }
      )
    )
  })
})
