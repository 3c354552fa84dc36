/** Serving and fetching snapshots. PROTOCOL.md, section 8. */
import { concatBytes, equalBytes } from '../core/bytes.js'
import { digest } from '../core/digest.js'
import { headersToWire } from '../core/protocol/live.js'
import type { Manifest } from '../core/protocol/manifest.js'
import { baseParams } from '../core/protocol/model.js'
import { chainDigest } from '../core/protocol/set.js'
import type { SwarmState } from '../core/protocol/state.js'
import { type ChainAnswer, decodeChainAnswer, encodeRepairRequest } from '../core/wire/repair.js'
import {
  decodeSnapshot,
  decodeSnapshotRange,
  decodeSnapshotRequest,
  encodeSnapshot,
  encodeSnapshotRange,
  encodeSnapshotRequest,
  maxSnapshotBytes,
  SNAPSHOT_RANGE_BYTES,
  type Snapshot
} from '../core/wire/snapshot.js'
import type { PeerKey, Streams } from '../interface.js'

/** A range comes within this or the neighbour counts as gone. */
const RANGE_TIMEOUT_MS = 15_000

/** The snapshot of the own base, made when first asked for and kept until the base moves. */
export function createSnapshotServer(state: SwarmState) {
  let cached: { readonly epoch: number; readonly bytes: Uint8Array; readonly digest: Uint8Array } | undefined

  function current() {
    const { set, model } = state
    if (cached?.epoch !== set.base) {
      const bytes = encodeSnapshot(
        {
          epoch: set.base,
          chain: chainDigest(set, set.base),
          params: baseParams(model, set),
          live: headersToWire(model.folded)
        },
        state.x0
      )
      cached = { epoch: set.base, bytes, digest: digest(bytes) }
    }
    return cached
  }

  return {
    /** Answers a request for a range. @throws {DecodeError} or {RangeError} when there is no such range */
    range(request: Uint8Array): Uint8Array {
      const { epoch, offset } = decodeSnapshotRequest(request)
      if (epoch !== state.set.base) throw new RangeError(`no snapshot of epoch ${epoch}`)
      const { bytes, digest } = current()
      if (offset >= bytes.length) throw new RangeError(`no offset ${offset} in ${bytes.length} bytes`)
      return encodeSnapshotRange({
        totalBytes: bytes.length,
        digest,
        bytes: bytes.subarray(offset, offset + SNAPSHOT_RANGE_BYTES)
      })
    },
    /** What this peer vouches for at `before`. */
    chain(before: number): ChainAnswer {
      const { set, clock } = state
      if (before < set.base || before > clock.epoch) return { chain: null, snapshot: null }
      return {
        chain: chainDigest(set, before),
        snapshot: before === set.base && before > 0 ? current().digest : null
      }
    }
  }
}

/** Headers that a snapshot may carry. */
export function maxLiveHeaders({ aggregation, limits }: Manifest): number {
  return Math.min(2 ** 16, aggregation.liveWindow * limits.maxAuthors)
}

export interface FetchedSnapshot {
  readonly snapshot: Snapshot
  /** Other neighbours whose digests agree with it. */
  readonly confirmedBy: number
}

/**
 * Pulls the snapshot of `epoch` range by range, checks it against its hash, and asks the other neighbours whether they
 * know the same history.
 * @throws when the neighbour stops answering, answers rubbish, or others contradict it
 */
export async function fetchSnapshot(
  state: SwarmState,
  streams: Streams,
  from: PeerKey,
  epoch: number,
  signal: AbortSignal
): Promise<FetchedSnapshot> {
  const maxHeaders = maxLiveHeaders(state.manifest)
  const bound = maxSnapshotBytes(state.x0.length, maxHeaders)
  const parts: Uint8Array[] = []
  let received = 0
  let expected: { readonly totalBytes: number; readonly digest: Uint8Array } | undefined
  do {
    const answer = await streams.request(from, 'snapshot', encodeSnapshotRequest({ epoch, offset: received }), {
      maxBytes: SNAPSHOT_RANGE_BYTES + 64,
      timeoutMs: RANGE_TIMEOUT_MS,
      signal
    })
    const range = decodeSnapshotRange(answer)
    expected ??= { totalBytes: range.totalBytes, digest: range.digest.slice() }
    if (range.totalBytes !== expected.totalBytes || range.totalBytes > bound || range.bytes.length === 0)
      throw new Error('the ranges of the snapshot do not fit together')
    parts.push(range.bytes)
    received += range.bytes.length
  } while (received < expected.totalBytes)

  const bytes = concatBytes(...parts)
  if (!equalBytes(digest(bytes), expected.digest)) throw new Error('the snapshot does not match its hash')
  const snapshot = decodeSnapshot(bytes, state.x0, maxHeaders)
  if (snapshot.epoch !== epoch) throw new Error(`a snapshot of epoch ${snapshot.epoch} was sent for ${epoch}`)
  return { snapshot, confirmedBy: await confirmations(state, streams, from, snapshot, expected.digest, signal) }
}

async function confirmations(
  state: SwarmState,
  streams: Streams,
  from: PeerKey,
  snapshot: Snapshot,
  hash: Uint8Array,
  signal: AbortSignal
): Promise<number> {
  const others = [...state.neighbours.keys()].filter(peer => peer !== from)
  const answers = await Promise.allSettled(
    others.map(async peer =>
      decodeChainAnswer(
        await streams.request(peer, 'repair', encodeRepairRequest({ kind: 'chain', before: snapshot.epoch }), {
          maxBytes: 128,
          timeoutMs: RANGE_TIMEOUT_MS,
          signal
        })
      )
    )
  )
  let agree = 0
  let contradict = 0
  for (const answer of answers) {
    if (answer.status === 'rejected' || answer.value.chain === null) continue
    const { chain, snapshot: theirs } = answer.value
    const same = equalBytes(chain, snapshot.chain) && (theirs === null || equalBytes(theirs, hash))
    same ? agree++ : contradict++
  }
  if (contradict > agree) throw new Error('other neighbours contradict the snapshot')
  return agree
}
