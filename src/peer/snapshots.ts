/** Making and serving the snapshots of the own base. PROTOCOL.md, section 8. */
import { comparableEpoch } from '../core/protocol/pulsing.js'
import { reckon } from '../core/protocol/set.js'
import { type MadeSnapshot, makingSnapshot } from '../core/protocol/snapshot.js'
import type { SwarmState } from '../core/protocol/state.js'
import type { ChainAnswer } from '../core/wire/repair.js'
import { BUSY, decodeSnapshotRequest, encodeSnapshotRange, SNAPSHOT_RANGE_BYTES } from '../core/wire/snapshot.js'
import type { Clock } from '../interface.js'
import { runInSlices } from './slices.js'

/** Bytes of snapshots served in a second, to all neighbours together, and at once after a rest. */
const SERVED_PER_SECOND = 16 * 2 ** 20
const SERVED_AT_ONCE = 32 * 2 ** 20

export function createSnapshotServer(state: SwarmState, clock: Clock, signal: AbortSignal) {
  let making: Promise<MadeSnapshot | undefined> | undefined
  const bucket = { left: SERVED_AT_ONCE, at: clock.now() }

  /** @returns whether so many bytes may be sent now */
  function take(bytes: number): boolean {
    const now = clock.now()
    bucket.left = Math.min(SERVED_AT_ONCE, bucket.left + ((now - bucket.at) * SERVED_PER_SECOND) / 1000)
    bucket.at = now
    if (bucket.left < bytes) return false
    bucket.left -= bytes
    return true
  }

  async function make(): Promise<MadeSnapshot | undefined> {
    let newest: MadeSnapshot | undefined
    for (;;) {
      const { set } = state
      const made = await runInSlices(makingSnapshot(state), clock, signal)
      newest = made ?? newest
      // The base may have moved on, or the history may be another one: then there is another one to make.
      if (state.set === set && state.set.base === (state.snapshots[0]?.epoch ?? 0)) return newest
    }
  }

  return {
    /** Sees to it that there is a snapshot of the base. One is made at a time. @returns the one made, if one was */
    make(): Promise<MadeSnapshot | undefined> {
      making ??= make().finally(() => {
        making = undefined
      })
      return making
    },

    /** Answers a request for a range. @throws {DecodeError} or {RangeError} when there is no such range */
    range(request: Uint8Array): Uint8Array {
      const { epoch, offset } = decodeSnapshotRequest(request)
      const served = state.snapshots.find(snapshot => snapshot.epoch === epoch)
      if (served === undefined) throw new RangeError(`no snapshot of epoch ${epoch}`)
      const { bytes, hash: digest } = served
      if (offset >= bytes.length) throw new RangeError(`no offset ${offset} in ${bytes.length} bytes`)
      const range = bytes.subarray(offset, offset + SNAPSHOT_RANGE_BYTES)
      return take(range.length) ? encodeSnapshotRange({ totalBytes: bytes.length, digest, bytes: range }) : BUSY
    },

    /** What the own history before `before` comes to, and what there is to fetch. */
    chain(before: number): ChainAnswer {
      const { set, snapshots } = state
      const known = set.base <= before && before <= comparableEpoch(state)
      return {
        reckoning: known ? reckon(set, before) : null,
        snapshots: snapshots.map(({ epoch, hash }) => ({ epoch, hash }))
      }
    }
  }
}

export type SnapshotServer = ReturnType<typeof createSnapshotServer>
