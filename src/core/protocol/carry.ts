/**
 * Own updates when the history changes. What a peer sent is either in the history that its model follows or in its
 * residual, never in both and never in neither: whatever leaves the one enters the other. PROTOCOL.md, section 7, R6.
 */
import { MAX_COORDINATE } from '../grid.js'
import { decodeMember } from './admit.js'
import { type Entry, entryOf, holds, type UpdateRecord, type UpdateSet } from './set.js'
import type { SwarmState } from './state.js'

/** What a change of history did to own updates, each counted once. */
export interface Carried {
  /** Not in the new history: their values are in the residual again. */
  readonly carried: number
  /** In the new history though not in the old one: their values were taken out of the residual. */
  readonly takenBack: number
  /** Older than the new history's ledger: nobody can tell. */
  readonly lost: number
}

/** Part of the retention's bytes that own updates older than the base may take. */
const MINE_SHARE = 1 / 4

/** Keeps the own updates of the epochs before `base`, which the set is about to fold. */
export function keepMine(state: SwarmState, base: number): void {
  const { set, own, options } = state
  if (own.residual.length === 0) return
  for (const epoch of set.epochs.keys()) {
    if (epoch >= base) continue
    const entry = entryOf(set, epoch, options.self)
    // Two of one epoch void each other in every history: there is nothing to carry.
    if (entry?.kind === 'one') own.mine.set(epoch, entry.update)
  }
}

/** Forgets own updates that the ledger no longer tells of, and the oldest of too many bytes. */
export function forgetMine(state: SwarmState): void {
  const { set, own, manifest } = state
  let room = manifest.limits.retentionBytes * MINE_SHARE
  for (const epoch of [...own.mine.keys()].sort((a, b) => b - a)) {
    room -= own.mine.get(epoch)!.envelope.length
    if (room < 0 || epoch < set.history.ledger.from) own.mine.delete(epoch)
  }
}

/**
 * Moves the peer's own part from one history to another: the residual takes in what is missing from the new one and gives
 * out what is in the new one only. `state.set` is still the old set; `next` holds everything above its base already, but for
 * the own updates kept in `own.mine`, which are put in here.
 * @param insert puts an update into `next`
 */
export function carryOver(state: SwarmState, next: UpdateSet, insert: (update: UpdateRecord) => void): Carried {
  const { set: old, own, options } = state
  const mine = new Map(own.mine)
  // Without a residual to take anything in, what this key published in a former life is not this peer's business.
  if (own.residual.length > 0)
    for (const epoch of old.epochs.keys()) {
      const entry: Entry | undefined = entryOf(old, epoch, options.self)
      if (entry?.kind === 'one') mine.set(epoch, entry.update)
    }
  own.mine.clear()
  let [carried, takenBack, lost] = [0, 0, 0]
  for (const [epoch, update] of [...mine].sort(([a], [b]) => a - b)) {
    const before = holds(old, update)
    if (epoch >= next.base) insert(update)
    else if (epoch < next.history.ledger.from) {
      if (before) lost++
      continue
    } else own.mine.set(epoch, update)
    const after = holds(next, update)
    if (before === after) continue
    shift(state, update, before ? 1 : -1)
    before ? carried++ : takenBack++
  }
  count(state, { carried, takenBack, lost })
  return { carried, takenBack, lost }
}

/** An own update was signed, but its epoch was folded meanwhile: the own history will never hold it. */
export function carryLate(state: SwarmState, update: UpdateRecord): void {
  if (update.epoch < state.set.history.ledger.from) {
    count(state, { carried: 0, takenBack: 0, lost: 1 })
    return
  }
  state.own.mine.set(update.epoch, update)
  if (holds(state.set, update)) return
  shift(state, update, 1)
  count(state, { carried: 1, takenBack: 0, lost: 0 })
}

/** residual += sign · values. What would leave the range of a residual is cut off, for good, and counted. */
function shift(state: SwarmState, update: UpdateRecord, sign: 1 | -1): void {
  const { own, membership, counters } = state
  const { indices, values } = decodeMember(membership, update)
  for (let j = 0; j < indices.length; j++) {
    const i = indices[j]!
    const wanted = own.residual[i]! + sign * values[j]!
    const taken = Math.max(-MAX_COORDINATE, Math.min(MAX_COORDINATE, wanted))
    own.residual[i] = taken
    counters.clampedUnits += Math.abs(wanted - taken)
  }
}

function count({ counters }: SwarmState, { carried, takenBack, lost }: Carried): void {
  counters.carriedUpdates += carried
  counters.takenBackUpdates += takenBack
  counters.lostUpdates += lost
}
