/** Taking over another history: its snapshot, what is known above it, and the own updates it lacks. PROTOCOL.md, section 8. */
import { equalBytes } from '../bytes.js'
import type { Snapshot } from '../wire/snapshot.js'
import { resetComparison } from './antientropy.js'
import { type Carried, carryOver } from './carry.js'
import type { Effect } from './effects.js'
import { compareHistories, ledgerEpochs } from './history.js'
import { forgetTold, listen } from './listening.js'
import { headersFromWire } from './live.js'
import { type Model, markDirty } from './model.js'
import { createSet, insertUpdate, reckon, type UpdateRecord, type UpdateSet, updatesOf } from './set.js'
import type { MadeSnapshot } from './snapshot.js'
import { createModelAt, type Fetch, type SwarmState } from './state.js'

/** Told of another history, until one is taken over. */
export const RIVAL = 'rival'

/** The snapshot before the first epoch, which is x0: it needs no fetching. */
export const BEGINNING: MadeSnapshot = { epoch: 0, bytes: new Uint8Array(0), hash: new Uint8Array(32) }

/** Takes over a history of which nothing was folded: repair brings all of it. */
export function startOver(state: SwarmState, wanted: Fetch, now: number): Effect[] {
  state.fetch = wanted
  const ledger = { from: 0, ids: new Map<number, Uint8Array>() }
  const head = { epoch: 0, chain: new Uint8Array(32), entries: 0, tally: 0, ledger }
  return adopt(state, { ...head, params: state.x0.slice(), live: [] }, BEGINNING, now)
}

/** Set and model as a snapshot has them, with nothing above its epoch; the model keeps and changes the snapshot's params. */
export function fromSnapshot(
  { manifest, membership }: Pick<SwarmState, 'manifest' | 'membership'>,
  { epoch, chain, entries, tally, ledger, params, live }: Snapshot
): { readonly set: UpdateSet; readonly model: Model } {
  return {
    set: createSet(epoch, chain, { horizon: ledgerEpochs(manifest), entries, tally, ledger }),
    model: createModelAt(manifest, membership, params, headersFromWire(live))
  }
}

/** Takes over the snapshot that was fetched, if it is still wanted. */
export function adopt(state: SwarmState, snapshot: Snapshot, made: MadeSnapshot, now: number): Effect[] {
  const { fetch } = state
  state.fetch = null
  if (fetch === null || !equalBytes(fetch.hash, made.hash) || !isWanted(state, snapshot, fetch)) return []
  const { set, model } = fromSnapshot(state, snapshot)
  const insert = (update: UpdateRecord) => {
    insertUpdate(set, update)
    markDirty(model, update.epoch)
  }
  for (const [epoch, { entries }] of state.set.epochs)
    if (epoch >= snapshot.epoch) for (const entry of entries.values()) updatesOf(entry).forEach(insert)
  const carried = carryOver(state, set, insert)
  state.set = set
  state.model = model
  state.snapshots = made.epoch === 0 ? [] : [made]
  state.joiningSince = null
  state.warned.delete(RIVAL)
  for (const neighbour of state.neighbours.values()) {
    resetComparison(neighbour.comparison)
    forgetTold(neighbour)
  }
  state.pulseAt = now // the others can vouch with this peer now
  if (fetch.why === 'join') {
    listen(state, now)
    state.own.watchUntil = Math.max(state.own.watchUntil, snapshot.epoch + 1)
  }
  return [{ type: 'adopted', made, carried }, ...tell(state, fetch, carried)]
}

/** Meanwhile neighbours may have told all there was to know, or the own history may have grown. */
function isWanted({ set, own, clock }: SwarmState, snapshot: Snapshot, { why }: Fetch): boolean {
  if (why === 'join') return snapshot.epoch > (own.missedFrom ?? clock.epoch) && snapshot.epoch > set.base
  if (snapshot.epoch < set.base) return true
  const ours = reckon(set, snapshot.epoch)
  return why === 'win' ? compareHistories(snapshot, ours) > 0 : !equalBytes(snapshot.chain, ours.chain)
}

function tell(state: SwarmState, { epoch, vouchers, why }: Fetch, { carried, takenBack, lost }: Carried): Effect[] {
  const parts: string[] = []
  if (why !== 'join')
    parts.push(
      `took over the history of ${neighbours(vouchers.length)} ${epoch === 0 ? 'from its beginning' : `before epoch ${epoch}`}`
    )
  else if (isDoubtful(state, epoch, vouchers.length)) {
    const who = vouchers.length === 1 ? '1 peer vouches' : `${vouchers.length} peers vouch`
    parts.push(
      `joined from a snapshot of epoch ${epoch}, for which only ${who}; connect to more peers to have it confirmed`
    )
  } else if (carried > 0) parts.push(`joined from a snapshot of epoch ${epoch}`)
  if (carried > 0) parts.push(`${updates(carried)} missing from it will be sent again`)
  if (takenBack > 0) parts.push(`${updates(takenBack)} found in it will not be sent again`)
  if (lost > 0) parts.push(`whether it holds ${updates(lost)} of long before is not known`)
  if (parts.length === 0) return []
  // In a swarm of two there is nobody else who could vouch, and nothing is wrong.
  const agreed = lost === 0 && [...state.neighbours.keys()].every(peer => vouchers.includes(peer))
  return [{ type: agreed ? 'note' : 'warn', message: parts.join('; ') }]
}

const neighbours = (count: number) => (count === 1 ? '1 neighbour' : `${count} neighbours`)
const updates = (count: number) => (count === 1 ? '1 own update' : `${count} own updates`)

/** Told once for each time the peer was away: while it catches up, the base of the others goes on, and another snapshot comes. */
function isDoubtful(state: SwarmState, epoch: number, vouchers: number): boolean {
  const { clock, limits } = state.manifest
  if (vouchers >= clock.liars + 1) return false
  if (state.doubtedSnapshot !== null && epoch - state.doubtedSnapshot <= limits.retentionEpochs) return false
  state.doubtedSnapshot = epoch
  return true
}
