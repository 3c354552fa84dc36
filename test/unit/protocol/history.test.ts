import assert from 'node:assert/strict'
import fc from 'fast-check'
import { compareHistories, foldHistory, hasEntry, noHistory, sortedIds, tallyOf } from '#src/core/protocol/history.js'
import { ENTRY_ID_BYTES, type Reckoning } from '#src/core/wire/repair.js'

const id = fc.uint8Array({ minLength: ENTRY_ID_BYTES, maxLength: ENTRY_ID_BYTES })
/** epoch → ids, epochs 0 … 29. */
const entries = fc
  .uniqueArray(fc.tuple(fc.nat(29), fc.array(id, { minLength: 1, maxLength: 4 })), { selector: ([epoch]) => epoch })
  .map(some => new Map(some.sort(([a], [b]) => a - b).map(([epoch, ids]) => [epoch, sortedIds(ids)])))
const between = (all: ReadonlyMap<number, Uint8Array>, from: number, to: number) =>
  new Map([...all].filter(([epoch]) => from <= epoch && epoch < to))

describe('what is known of folded epochs', () => {
  it('does not tell by which steps the base came to be where it is', () => {
    const steps = fc.uniqueArray(fc.integer({ min: 1, max: 29 }), { maxLength: 5 })
    const limits = fc.record({ horizon: fc.integer({ min: 1, max: 40 }), maxIds: fc.nat(30) })
    fc.assert(
      fc.property(entries, steps, limits, (all, cuts, { horizon, maxIds }) => {
        let history = noHistory(horizon)
        let base = 0
        for (const cut of [...cuts.sort((a, b) => a - b), 30]) {
          history = foldHistory(history, between(all, base, cut), cut, maxIds)
          base = cut
        }
        const once = foldHistory(noHistory(horizon), all, 30, maxIds)
        assert.deepEqual(history, once)
        assert.deepEqual([...history.ledger.ids], [...once.ledger.ids], 'in the same order')
      })
    )
  })

  it('counts every entry, and keeps the ids of the newest whole epochs that fit', () => {
    fc.assert(
      fc.property(entries, fc.nat(30), (all, maxIds) => {
        const { ledger, entries, tally } = foldHistory(noHistory(20), all, 30, maxIds)
        const ids = [...all.values()].flatMap(some =>
          Array.from({ length: some.length / ENTRY_ID_BYTES }, (_, i) => some.subarray(8 * i, 8 * i + 8))
        )
        assert.equal(entries, ids.length)
        assert.equal(
          tally,
          ids.reduce((sum, one) => sum + tallyOf(one), 0)
        )
        assert.deepEqual(ledger.ids, between(all, ledger.from, 30))
        const kept = (from: number) =>
          [...between(all, from, 30).values()].reduce((sum, some) => sum + some.length / ENTRY_ID_BYTES, 0)
        assert.ok(ledger.from >= 10 && kept(ledger.from) <= maxIds)
        assert.ok(ledger.from === 10 || kept(ledger.from - 1) > maxIds)
      })
    )
  })

  it('finds an id where it is, and nowhere else', () => {
    const ids = [1, 2, 3].map(byte => new Uint8Array(ENTRY_ID_BYTES).fill(byte))
    const { ledger } = foldHistory(noHistory(50), new Map([[4, sortedIds(ids.slice(0, 2))]]), 9)
    assert.ok(hasEntry(ledger, 4, ids[0]!) && hasEntry(ledger, 4, ids[2]!, ids[1]!))
    assert.ok(!hasEntry(ledger, 4, ids[2]!) && !hasEntry(ledger, 5, ids[0]!))
  })
})

describe('two histories', () => {
  const reckoning = fc.record({
    chain: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    entries: fc.nat(3),
    tally: fc.nat(3)
  })
  it('are in one order for everybody, whatever both go on to hold', () => {
    fc.assert(
      fc.property(reckoning, reckoning, reckoning, fc.nat(5), fc.nat(5), (a, b, c, entries, tally) => {
        const order = (x: Reckoning, y: Reckoning) => Math.sign(compareHistories(x, y))
        assert.equal(order(a, b), -order(b, a) + 0)
        if (order(a, b) >= 0 && order(b, c) >= 0) assert.ok(order(a, c) >= 0)
        const later = (x: Reckoning) => ({ ...x, entries: x.entries + entries, tally: x.tally + tally })
        assert.equal(order(later(a), later(b)), order(a, b))
      })
    )
  })

  it('of which one holds more, that one wins', () => {
    const chain = (byte: number) => new Uint8Array(32).fill(byte)
    const rising = [
      { chain: chain(1), entries: 4, tally: 9 },
      { chain: chain(2), entries: 5, tally: 1 },
      { chain: chain(3), entries: 5, tally: 2 },
      { chain: chain(2), entries: 5, tally: 2 }
    ]
    for (let i = 1; i < rising.length; i++) assert.ok(compareHistories(rising[i]!, rising[i - 1]!) > 0)
  })
})
