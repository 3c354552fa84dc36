/** The model that a peer keeps, for those who want nothing else of it. */
import { type Manifest, swarmId } from '../core/protocol/manifest.js'
import { followSet } from '../core/protocol/model.js'
import { restoreState } from '../core/protocol/restore.js'
import { createState } from '../core/protocol/state.js'
import type { PeerKey, Store } from '../interface.js'
import { loadKept } from './journal-load.js'

export interface KeptParams {
  /** Grid units, length n: a copy. */
  readonly params: Float64Array
  /** The epoch that the peer was in. */
  readonly epoch: number
}

/**
 * The shared params as the peer last had them; x0 when it keeps nothing yet. Writes nothing.
 * @throws {KeptError} when the store belongs to another swarm; {ManifestError}; and whatever the store throws
 */
export async function keptParams(store: Store, manifest: Manifest, self: PeerKey): Promise<KeptParams> {
  // No time passes and nobody trains: what is wanted is the set and what follows from it.
  const state = createState(manifest, { self, mode: 'sync', pulseMs: 2000, samples: 0, now: 0 })
  const kept = await loadKept(store, state, swarmId(manifest))
  if (kept.state !== undefined) restoreState(state, kept.state)
  followSet(state.model, state.set)
  return { params: state.model.params.slice(), epoch: state.clock.epoch }
}
