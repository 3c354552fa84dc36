/**
 * The snapshot of the own base: made after each fold from the one before and what the folded epochs contributed, a slice at
 * a time, so that a peer trains and answers on meanwhile. PROTOCOL.md, section 8.
 */
import { digesting } from '../digest.js'
import { MAX_SERVED } from '../wire/repair.js'
import { decodingSnapshot, encodingSnapshot, type Snapshot, type SnapshotLimits } from '../wire/snapshot.js'
import { ledgerEpochs } from './history.js'
import { headersToWire } from './live.js'
import type { Manifest } from './manifest.js'
import { contribute } from './model.js'
import { chainDigest } from './set.js'
import type { SwarmState } from './state.js'

/** A snapshot as it is served and kept. */
export interface MadeSnapshot {
  readonly epoch: number
  readonly bytes: Uint8Array
  /** SHA-256 of the bytes. */
  readonly hash: Uint8Array
}

/** What a snapshot of this swarm may hold. */
export function snapshotLimits(manifest: Manifest): SnapshotLimits {
  const { aggregation, limits } = manifest
  return {
    maxLiveHeaders: Math.min(2 ** 16, aggregation.liveWindow * limits.maxAuthors),
    ledgerEpochs: ledgerEpochs(manifest)
  }
}

/** What it is made from, and where it is put. */
export type SnapshotParts = Pick<SwarmState, 'manifest' | 'x0' | 'set' | 'model' | 'snapshots'>

/**
 * Makes the snapshot of the own base and puts it in front of `state.snapshots`. One at a time.
 * @returns it; undefined when it is there already, or the peer took over another history meanwhile
 */
export function* makingSnapshot(state: SnapshotParts): Generator<undefined, MadeSnapshot | undefined> {
  const { set, model, manifest, x0 } = state
  const [before] = state.snapshots
  const epoch = set.base
  if (epoch === (before?.epoch ?? 0)) return undefined
  // As things are now; the base may move on while this is at work, and the next snapshot begins where this one ends.
  const meta = {
    epoch,
    chain: chainDigest(set, epoch),
    entries: set.history.entries,
    tally: set.history.tally,
    ledger: set.history.ledger,
    live: headersToWire(model.folded)
  }
  const params =
    before === undefined ? x0.slice() : (yield* decodingSnapshot(before.bytes, x0, snapshotLimits(manifest))).params
  const folded = [...model.folding].filter(([of]) => of < epoch)
  for (const [i, [, applied]] of folded.entries()) {
    if (i > 0 && isLarge(params)) yield undefined
    if (state.model !== model) return undefined
    contribute(model, applied, 1, params)
  }
  const bytes = yield* encodingSnapshot({ ...meta, params } satisfies Snapshot, x0, before?.bytes.length)
  const hash = yield* digesting(bytes)
  if (state.model !== model) return undefined
  for (const [of] of folded) model.folding.delete(of)
  const made = { epoch, bytes, hash }
  state.snapshots = [made, ...state.snapshots].slice(0, MAX_SERVED)
  return made
}

/** One epoch of a large model takes milliseconds to add; of a small one, less than a pause does. */
function isLarge(params: Float64Array): boolean {
  return params.length > 2 ** 16
}
