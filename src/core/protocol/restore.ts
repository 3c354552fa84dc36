/** A peer's state from what it kept, so that it goes on where it stood. PROTOCOL.md, "What a peer keeps" and C7. */
import { digest } from '../digest.js'
import type { ClockRecord, OwnRecord } from '../wire/record.js'
import { encodeSnapshot, type Snapshot } from '../wire/snapshot.js'
import { fromSnapshot } from './adopt.js'
import { forgetMine } from './carry.js'
import { learn } from './deadline.js'
import { markDirty } from './model.js'
import { loseResidual } from './publish.js'
import { insertUpdate, type UpdateRecord } from './set.js'
import { COUNTERS, type SwarmState } from './state.js'

/** Decoded and checked, each by itself. What is null was not there, or was damaged. */
export interface KeptState {
  readonly clock: ClockRecord | null
  readonly own: OwnRecord | null
  /** Latest epoch signed as it was marked when nothing else could be stored. */
  readonly mark: number | null
  /** Nothing but updates from the base on is missing. Else `updates` are only the own ones. */
  readonly isWhole: boolean
  /** Null while the base is 0. */
  readonly base: Snapshot | null
  /** From the base on. */
  readonly updates: readonly UpdateRecord[]
  /** Own updates older than the base. */
  readonly mine: readonly UpdateRecord[]
}

/** Claims signed since the clock was last kept, at most: their counter must not come again. */
const CLAIMS_AHEAD = 65_536

/**
 * Makes a fresh state what it was: set, model, clock and own part. The peer listens first (C7), and signs nothing for an epoch
 * that anything kept says was signed. A residual that is older than a signature is given up and counted: parts of it were sent.
 * @returns whether there was something to give up
 */
export function restoreState(state: SwarmState, kept: KeptState): { readonly lost: boolean } {
  const { own, clock, counters, manifest, options } = state
  if (kept.base !== null) {
    // Encoded before the model goes on with its params.
    const bytes = encodeSnapshot(kept.base, state.x0)
    state.snapshots = [{ epoch: kept.base.epoch, bytes, hash: digest(bytes) }]
    Object.assign(state, fromSnapshot(state, kept.base))
  }
  let newest = -1
  for (const update of kept.updates) {
    if (insertUpdate(state.set, update) !== 'before-base') markDirty(state.model, update.epoch)
    if (update.author === options.self) newest = Math.max(newest, update.epoch)
  }
  for (const update of kept.mine) {
    newest = Math.max(newest, update.epoch)
    own.mine.set(update.epoch, update)
  }
  forgetMine(state)

  if (kept.clock !== null) {
    state.claims = kept.clock.claims + CLAIMS_AHEAD
    for (const [i, name] of COUNTERS.entries()) counters[name] = kept.clock.counters[i] ?? 0
    learn(clock, ...kept.clock.quorumTimes)
  }
  // A peer that lost its data for now keeps what it has not yet sent.
  if (kept.own !== null && kept.own.residual.length > 0) own.residual = kept.own.residual
  const remembered = kept.own?.signedEpoch ?? -1
  // Without the own record, the epoch it was in may have been signed for.
  own.signedEpoch = Math.max(remembered, kept.mark ?? -1, newest, kept.own === null ? (kept.clock?.epoch ?? -1) : -1)
  const before = counters.lostResidual
  if (own.signedEpoch > remembered) loseResidual(state)
  own.doneEpoch = own.signedEpoch

  // A mark that is newer tells that the clock went on and could not be stored; so may a damaged record of it.
  const epoch = kept.clock?.epoch ?? state.set.base
  clock.epoch = kept.clock === null || own.signedEpoch > remembered ? Math.max(epoch, own.signedEpoch, 0) : epoch
  state.trained = clock.epoch >= (manifest.stop.epochs ?? Number.POSITIVE_INFINITY)
  if (!kept.isWhole) own.missedFrom = 0
  own.returned = true
  own.watchUntil = clock.epoch + 1
  own.listeningSince = state.trained ? null : options.now
  return { lost: counters.lostResidual > before }
}
