import assert from 'node:assert/strict'
import fc from 'fast-check'
import { toHex } from '#src/core/bytes.js'
import { noHistory } from '#src/core/protocol/history.js'
import { headersFromWire } from '#src/core/protocol/live.js'
import { createModel, fold, followSet, markDirty, remember } from '#src/core/protocol/model.js'
import { chainDigest, createSet, insertUpdate, type UpdateRecord } from '#src/core/protocol/set.js'
import { makingSnapshot, type SnapshotParts as Parts, snapshotLimits } from '#src/core/protocol/snapshot.js'
import { decodeSnapshot, runToEnd } from '#src/core/wire/snapshot.js'
import { testManifest } from '../../support/flock.js'
import {
  coordinatesOf,
  madeUpdates,
  type Rules,
  referenceChain,
  referenceParams,
  SIZE,
  unified
} from '../../support/reference.js'

const x0 = Float64Array.from({ length: SIZE }, (_, i) => 1000 * i - 5000)
const rules = fc.record({
  minAuthors: fc.integer({ min: 1, max: 9 }),
  liveWindow: fc.integer({ min: 1, max: 6 }),
  maxAuthors: fc.constantFrom(2, 5, 4096)
})
/** Updates with duplicates, in some order. */
const arrivals = madeUpdates.chain(made => {
  const updates = unified(made)
  return fc.record({
    updates: fc.constant(updates),
    order: fc
      .array(updates.length === 0 ? fc.constant(0) : fc.nat(updates.length - 1), { maxLength: 20 })
      .chain(again => fc.shuffledSubarray([...updates.keys(), ...again], { minLength: updates.length + again.length }))
      .map(order => order.flatMap(i => updates[i] ?? []))
  })
})

const manifest = testManifest({ limits: { retentionEpochs: 16 }, clock: { stalenessBound: 4 } })
const limits = snapshotLimits(manifest)

/** A peer with nothing but a set, its model, and the snapshots of its bases. */
function fresh(options: Rules): Parts {
  const set = createSet(0, undefined, noHistory(limits.ledgerEpochs))
  const model = createModel(x0.slice(), { ...options, decode: coordinatesOf })
  return { manifest, x0, set, model, snapshots: [] }
}

/** Bytes of the snapshot of its base. */
function snapshotOf(peer: Parts): Uint8Array {
  runToEnd(makingSnapshot(peer))
  assert.equal(peer.snapshots[0]?.epoch, peer.set.base)
  return peer.snapshots[0].bytes
}

function take({ set, model }: Parts, update: UpdateRecord): void {
  const result = insertUpdate(set, update)
  if (result !== 'update' && result !== 'conflict') return
  remember(model, update, coordinatesOf(update))
  markDirty(model, update.epoch)
}

const integers = (params: Float64Array) => [...params].map(BigInt)

describe('the model as a function of the set', () => {
  it('is the same bits in every order of arrival, at every moment, as from scratch (R1 to R4, I1)', () => {
    fc.assert(
      fc.property(arrivals, rules, fc.array(fc.boolean()), ({ updates, order }, options, looks) => {
        const peer = fresh(options)
        order.forEach((update, i) => {
          take(peer, update)
          if (!looks[i]) return
          followSet(peer.model, peer.set)
          assert.deepEqual(integers(peer.model.params), referenceParams(x0, order.slice(0, i + 1), options))
        })
        followSet(peer.model, peer.set)
        assert.deepEqual(integers(peer.model.params), referenceParams(x0, updates, options))
        for (const before of [0, 5, 12, 15])
          assert.equal(toHex(chainDigest(peer.set, before)), referenceChain(updates, before))
      })
    )
  })

  it('follows a late update that changes the divisor of later epochs (R4)', () => {
    const options = { minAuthors: 8, liveWindow: 3, maxAuthors: 100 }
    const made = (author: number, epoch: number, weight: number) => ({ author, epoch, weight, version: 0 })
    const [late, ...others] = unified([made(0, 4, 100), made(1, 4, 10), made(1, 5, 10), made(1, 6, 10), made(1, 7, 10)])
    const peer = fresh(options)
    for (const update of others) take(peer, update)
    followSet(peer.model, peer.set)
    const before = peer.model.params.slice()
    take(peer, late!)
    assert.equal(followSet(peer.model, peer.set), true)
    assert.notDeepEqual(peer.model.params, before)
    assert.deepEqual(integers(peer.model.params), referenceParams(x0, [late!, ...others], options))
    assert.equal(followSet(peer.model, peer.set), false)
  })

  it('decodes again what it has forgotten', () => {
    fc.assert(
      fc.property(arrivals, rules, ({ updates, order }, options) => {
        const peer = fresh(options)
        for (const update of order) {
          take(peer, update)
          peer.model.cache.clear()
          followSet(peer.model, peer.set)
        }
        assert.deepEqual(integers(peer.model.params), referenceParams(x0, updates, options))
      })
    )
  })

  it('is not changed by folding old epochs, wherever the base goes', () => {
    fc.assert(
      fc.property(
        arrivals,
        rules,
        fc.uniqueArray(fc.nat(12), { maxLength: 3 }),
        ({ updates, order }, options, cuts) => {
          const peer = fresh(options)
          let taken: UpdateRecord[] = []
          for (const cut of [...cuts.sort((a, b) => a - b), 1000]) {
            // Up to a cut everything before it comes, in any order, and some of what is after it.
            for (const update of order) if (update.epoch < cut || update.weight % 2 === 0) take(peer, update)
            taken = updates.filter(update => update.epoch < cut || taken.includes(update) || update.weight % 2 === 0)
            if (cut > peer.set.base && cut < 1000) fold(peer.model, peer.set, cut)
            followSet(peer.model, peer.set)
            assert.deepEqual(integers(peer.model.params), referenceParams(x0, taken, options))
            assert.equal(toHex(chainDigest(peer.set, 15)), referenceChain(taken, 15))
            const { base } = peer.set
            if (base === 0) continue
            const made = snapshotOf(peer)
            const { params, entries } = decodeSnapshot(made, x0, limits)
            assert.deepEqual(integers(params), referenceParams(x0, updates, options, base))
            const folded = updates.filter(({ epoch }) => epoch < base)
            assert.equal(entries, new Set(folded.map(({ epoch, author }) => `${epoch} ${author}`)).size)
            // Whoever came to the same base in one step has the same bytes.
            const other = fresh(options)
            for (const update of [...updates].reverse()) if (update.epoch < base + 3) take(other, update)
            fold(other.model, other.set, base)
            assert.deepEqual(snapshotOf(other), made)
          }
          const held = [...peer.set.epochs.values()].flatMap(({ entries }) => [...entries.values()])
          const records = held.flatMap(entry => (entry.kind === 'one' ? [entry.update] : [entry.first, entry.second]))
          assert.equal(peer.set.size, records.length)
          assert.equal(
            peer.set.bytes,
            records.reduce((sum, { envelope }) => sum + envelope.length, 0)
          )
        }
      )
    )
  })

  it('goes on from a snapshot as if it had been there from the start', () => {
    fc.assert(
      fc.property(arrivals, rules, fc.integer({ min: 1, max: 12 }), ({ updates, order }, options, base) => {
        const server = fresh(options)
        for (const update of order) take(server, update)
        fold(server.model, server.set, base)
        const bytes = snapshotOf(server)
        const snapshot = decodeSnapshot(bytes, x0, limits)
        const joiner: Parts = {
          ...fresh(options),
          set: createSet(snapshot.epoch, snapshot.chain, { ...snapshot, horizon: limits.ledgerEpochs }),
          model: createModel(snapshot.params, { ...options, decode: coordinatesOf }, headersFromWire(snapshot.live))
        }
        for (const update of order) if (update.epoch >= base) take(joiner, update)
        followSet(joiner.model, joiner.set)
        assert.deepEqual(integers(joiner.model.params), referenceParams(x0, updates, options))
        assert.equal(toHex(chainDigest(joiner.set, 15)), referenceChain(updates, 15))
        // From here on both fold alike.
        for (const peer of [server, joiner]) fold(peer.model, peer.set, base + 2)
        joiner.snapshots = [{ epoch: base, bytes, hash: new Uint8Array(32) }]
        assert.deepEqual(snapshotOf(joiner), snapshotOf(server))
      })
    )
  })
})
