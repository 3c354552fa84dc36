import assert from 'node:assert/strict'
import fc from 'fast-check'
import { digest } from '#src/core/digest.js'
import { type Candidate, examine } from '#src/core/protocol/admit.js'
import { forgetMine, keepMine } from '#src/core/protocol/carry.js'
import { noHistory } from '#src/core/protocol/history.js'
import { fold } from '#src/core/protocol/model.js'
import { restoreState } from '#src/core/protocol/restore.js'
import { createSet, foldSet, holds, insertUpdate, reckon, updatesOf } from '#src/core/protocol/set.js'
import { makingSnapshot, snapshotLimits } from '#src/core/protocol/snapshot.js'
import { createState, type SwarmState } from '#src/core/protocol/state.js'
import { step } from '#src/core/protocol/step.js'
import { decodeSnapshot, encodeSnapshot, runToEnd, type Snapshot } from '#src/core/wire/snapshot.js'
import { signedUpdate } from '#src/sim/hostile/sign.js'
import { testIdentities, testManifest } from '../../support/flock.js'

const EPOCHS = 40
const SIZE = 48
const manifest = testManifest({ stop: { epochs: 2000 }, limits: { retentionEpochs: 16 } })
const [self, other] = await testIdentities(2, 91)

function newState(): SwarmState {
  return createState(manifest, { self: self!.key, mode: 'sync', pulseMs: 500, samples: 100, now: 0 })
}

/** A genuine update of each epoch, as it comes out of the checks. */
async function candidatesOf(identity: typeof self, sign: number): Promise<Candidate[]> {
  const { membership } = newState()
  const window = { set: createSet(), epoch: 0, behind: Number.POSITIVE_INFINITY, ahead: Number.POSITIVE_INFINITY }
  const out: Candidate[] = []
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    const levels = { [epoch]: sign * (1 + (epoch % 7)), [SIZE - 1]: sign * 8 }
    const examined = examine(await signedUpdate(identity!, manifest, { epoch, levels }), membership, window)
    assert.ok(examined.kind === 'candidate', JSON.stringify(examined))
    out.push(examined.candidate)
  }
  return out
}

const mine = await candidatesOf(self, 1)
const rival = await candidatesOf(self, -1)
const theirs = await candidatesOf(other, 1)

/** A history before `base` that holds some of the own updates, and some of another's. */
function historyOf(base: number, own: readonly number[], others: readonly number[]): Snapshot {
  const set = createSet(0, undefined, noHistory(snapshotLimits(manifest).ledgerEpochs))
  for (const epoch of own) insertUpdate(set, mine[epoch]!.update)
  for (const epoch of others) insertUpdate(set, theirs[epoch]!.update)
  foldSet(set, base)
  const { ledger } = set.history
  return { epoch: base, ...reckon(set, base), ledger, params: new Float64Array(SIZE), live: [] }
}

function adopt(state: SwarmState, snapshot: Snapshot): void {
  const bytes = encodeSnapshot(snapshot, state.x0)
  const made = { epoch: snapshot.epoch, bytes, hash: digest(bytes) }
  state.fetch = { epoch: made.epoch, hash: made.hash, vouchers: [], why: 'yield' }
  step(state, { type: 'snapshot', snapshot: decodeSnapshot(bytes, state.x0, snapshotLimits(manifest)), made }, 0)
}

/** The same peer in its next life. */
function restart(state: SwarmState): SwarmState {
  runToEnd(makingSnapshot(state))
  const next = newState()
  const [made] = state.snapshots
  const updates = [...state.set.epochs.values()].flatMap(({ entries }) => [...entries.values()].flatMap(updatesOf))
  restoreState(next, {
    clock: null,
    own: { signedEpoch: EPOCHS, residual: state.own.residual.slice() },
    mark: null,
    isWhole: true,
    base: made === undefined ? null : decodeSnapshot(made.bytes, next.x0, snapshotLimits(manifest)),
    updates,
    mine: [...state.own.mine.values()]
  })
  next.clock.epoch = state.clock.epoch
  return next
}

/** What was published and is in the history, and the residual: together nothing, as at the start. */
function assertBalanced(state: SwarmState, published: ReadonlySet<number>): void {
  const sum = [...state.own.residual]
  for (const epoch of published) {
    const { update, coordinates } = mine[epoch]!
    if (!holds(state.set, update)) continue
    for (const [j, i] of coordinates.indices.entries()) sum[i]! += coordinates.values[j]!
  }
  assert.deepEqual(sum, Array(SIZE).fill(0))
}

const epochs = fc.uniqueArray(fc.nat(EPOCHS - 1), { maxLength: 30 })
const base = fc.integer({ min: 1, max: EPOCHS })
const event = fc.oneof(
  fc.record({ do: fc.constant('publish' as const), epoch: fc.nat(EPOCHS - 1) }),
  fc.record({ do: fc.constant('repair' as const), epoch: fc.nat(EPOCHS - 1) }),
  fc.record({ do: fc.constant('fold' as const), base }),
  fc.record({ do: fc.constant('adopt' as const), base, own: epochs, others: epochs }),
  fc.record({ do: fc.constant('restart' as const) })
)

describe('own updates when the history changes', () => {
  it('are in the history or in the residual, whatever comes, in whatever order, however often (I2, R6)', () => {
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 40 }), events => {
        let state = newState()
        const published = new Set<number>()
        for (const one of events) {
          state.clock.epoch = EPOCHS
          if (one.do === 'publish' && !published.has(one.epoch)) {
            // As publish.ts takes it out, and the shell hands it back signed and stored.
            const { indices, values } = mine[one.epoch]!.coordinates
            for (const [j, i] of indices.entries()) state.own.residual[i]! -= values[j]!
            published.add(one.epoch)
            state.own.signedEpoch = EPOCHS
            step(state, { type: 'sealed', candidate: mine[one.epoch]! }, 0)
          } else if (one.do === 'repair' && published.has(one.epoch)) {
            step(state, { type: 'update', candidate: mine[one.epoch]!, from: other!.key, via: 'repair' }, 0)
          } else if (one.do === 'fold' && one.base > state.set.base) {
            keepMine(state, one.base)
            fold(state.model, state.set, one.base)
            forgetMine(state)
          } else if (one.do === 'adopt') {
            const known = one.own.filter(epoch => epoch < one.base && published.has(epoch))
            adopt(
              state,
              historyOf(
                one.base,
                known,
                one.others.filter(epoch => epoch < one.base)
              )
            )
          } else if (one.do === 'restart') state = restart(state)
          assertBalanced(state, published)
        }
      }),
      { numRuns: 300 }
    )
  })

  it('that the winner lacks are carried once, however often it is taken over, and counted', () => {
    const state = newState()
    state.clock.epoch = EPOCHS
    for (const epoch of [3, 5, 20]) step(state, { type: 'sealed', candidate: mine[epoch]! }, 0)
    adopt(state, historyOf(16, [5], [1]))
    const residual = state.own.residual.slice()
    assert.deepEqual([residual[3], residual[5], residual[20]], [mine[3]!.coordinates.values[0], 0, 0])
    adopt(state, historyOf(16, [5], [1, 2]))
    adopt(state, historyOf(18, [5], [1, 2]))
    assert.deepEqual(state.own.residual, residual)
    assert.deepEqual([state.counters.carriedUpdates, state.counters.takenBackUpdates], [1, 0])
    adopt(state, historyOf(18, [3, 5], [1]))
    assert.deepEqual(state.own.residual, new Int32Array(SIZE))
    assert.equal(state.counters.takenBackUpdates, 1)
  })

  it('are not carried when two of one epoch void each other there', () => {
    const state = newState()
    state.clock.epoch = EPOCHS
    step(state, { type: 'sealed', candidate: mine[3]! }, 0)
    const set = createSet(0, undefined, noHistory(64))
    for (const one of [mine[3]!, rival[3]!]) insertUpdate(set, one.update)
    foldSet(set, 16)
    const { ledger } = set.history
    adopt(state, { epoch: 16, ...reckon(set, 16), ledger, params: new Float64Array(SIZE), live: [] })
    assert.deepEqual(state.own.residual, new Int32Array(SIZE))
    assert.equal(state.counters.carriedUpdates, 0)
  })

  it('older than the ledger are counted as lost', () => {
    const state = newState()
    state.clock.epoch = EPOCHS
    step(state, { type: 'sealed', candidate: mine[3]! }, 0)
    const snapshot = historyOf(16, [], [1])
    adopt(state, { ...snapshot, ledger: { from: 4, ids: new Map() } })
    assert.deepEqual(state.own.residual, new Int32Array(SIZE))
    assert.deepEqual([state.counters.carriedUpdates, state.counters.lostUpdates], [0, 1])
  })

  it('that would take a residual out of its range are cut off there, and that is counted', () => {
    const state = newState()
    state.clock.epoch = EPOCHS
    step(state, { type: 'sealed', candidate: mine[3]! }, 0)
    const value = mine[3]!.coordinates.values[0]!
    state.own.residual[3] = 2 ** 31 - 1 - (value - 10)
    adopt(state, historyOf(16, [], [1]))
    assert.equal(state.own.residual[3], 2 ** 31 - 1)
    assert.equal(state.counters.clampedUnits, 10)
  })
})
