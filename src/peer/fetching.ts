/** Fetching a snapshot, range by range, from whoever serves it. PROTOCOL.md, section 8. */
import { equalBytes, toHex } from '../core/bytes.js'
import { digesting } from '../core/digest.js'
import type { Effect, Input } from '../core/protocol/effects.js'
import { snapshotLimits } from '../core/protocol/snapshot.js'
import type { SwarmState } from '../core/protocol/state.js'
import {
  decodeSnapshotRange,
  decodingSnapshot,
  encodeSnapshotRequest,
  maxSnapshotBytes,
  SNAPSHOT_RANGE_BYTES
} from '../core/wire/snapshot.js'
import type { Clock, PeerKey, Streams } from '../interface.js'
import { pause, runInSlices } from './slices.js'

/** A range comes within this or the neighbour counts as gone. */
const RANGE_TIMEOUT_MS = 15_000
/** Ranges under way at once; more only where they come fast, so that a slow link is not filled for minutes. */
const LANES = 4
const FAST_MS = 2000
/** Who is busy is asked again after this, and given up after so many times. */
const BUSY_MS = 250
const BUSY_TIMES = 120

export interface FetchingInit {
  readonly clock: Clock
  /** It sent what no honest peer sends. */
  readonly blame: (peer: PeerKey) => void
  readonly signal: AbortSignal
}

/** What has come of one snapshot so far; kept when a neighbour dies, and from one attempt to the next. */
interface Download {
  readonly epoch: number
  readonly hash: Uint8Array
  bytes: Uint8Array
  /** One per range; empty until the first has told how many there are. */
  held: boolean[]
  left: number
  readonly sources: Set<PeerKey>
}

export function createFetcher(state: SwarmState, streams: Streams, { clock, blame, signal }: FetchingInit) {
  let download: Download | undefined

  async function request(from: PeerKey, { epoch, hash }: Download, index: number) {
    const question = encodeSnapshotRequest({ epoch, offset: index * SNAPSHOT_RANGE_BYTES })
    for (let times = 0; times < BUSY_TIMES; times++) {
      const answer = await streams.request(from, 'snapshot', question, {
        maxBytes: SNAPSHOT_RANGE_BYTES + 64,
        timeoutMs: RANGE_TIMEOUT_MS,
        signal
      })
      const range = decodeSnapshotRange(answer)
      if (range === 'busy') {
        await pause(clock, BUSY_MS)
        continue
      }
      if (!equalBytes(range.digest, hash)) throw new Error('it serves another one now')
      return range
    }
    throw new Error('it stayed busy')
  }

  /** Puts a range in its place. @throws when it cannot be part of this snapshot */
  function place(into: Download, index: number, totalBytes: number, bytes: Uint8Array): void {
    if (into.held.length === 0) {
      if (totalBytes > maxSnapshotBytes(state.x0.length, snapshotLimits(state.manifest)))
        throw new Error(`a snapshot of ${totalBytes} bytes`)
      into.bytes = new Uint8Array(totalBytes)
      into.held = Array<boolean>(Math.ceil(totalBytes / SNAPSHOT_RANGE_BYTES)).fill(false)
      into.left = into.held.length
    }
    const offset = index * SNAPSHOT_RANGE_BYTES
    if (totalBytes !== into.bytes.length || bytes.length !== Math.min(SNAPSHOT_RANGE_BYTES, totalBytes - offset))
      throw new Error('the ranges of the snapshot do not fit together')
    into.bytes.set(bytes, offset)
    if (!into.held[index]) into.left--
    into.held[index] = true
  }

  /** Pulls what is missing from one neighbour. Rejects as soon as one range cannot be had; what came stays. */
  async function pull(from: PeerKey, into: Download): Promise<void> {
    const asked = new Set<number>()
    let failure: unknown
    let lanes = 0
    const next = () => (into.held.length === 0 ? 0 : into.held.findIndex((held, i) => !held && !asked.has(i)))
    async function lane(): Promise<void> {
      lanes++
      const more: Promise<void>[] = []
      for (let index = next(); index >= 0 && failure === undefined && into.left !== 0; index = next()) {
        asked.add(index)
        const begun = clock.now()
        try {
          const range = await request(from, into, index)
          place(into, index, range.totalBytes, range.bytes)
          into.sources.add(from)
        } catch (error) {
          failure ??= error
        }
        if (clock.now() - begun <= FAST_MS && lanes < LANES && failure === undefined) more.push(lane())
      }
      await Promise.all(more)
    }
    await lane()
    if (failure !== undefined) throw failure
  }

  return {
    /** @returns what to feed the core. Rejects when nobody of them has it to give. */
    async fetch({ from, epoch, hash }: Effect & { type: 'fetch-snapshot' }): Promise<Input & { type: 'snapshot' }> {
      const fresh = () => ({
        epoch,
        hash,
        bytes: new Uint8Array(0),
        held: [],
        left: Number.POSITIVE_INFINITY,
        sources: new Set<PeerKey>()
      })
      if (download === undefined || !equalBytes(download.hash, hash)) download = fresh()
      let failure: unknown = new Error('nobody serves it')
      // Each at most twice: where ranges of several do not make a whole, each is tried alone.
      for (const server of [...from, ...from]) {
        signal.throwIfAborted()
        const into: Download = download
        try {
          await pull(server, into)
        } catch (error) {
          failure = error
          continue
        }
        const { bytes, sources } = into
        if (equalBytes(await runInSlices(digesting(bytes), clock, signal), hash)) {
          download = undefined
          const snapshot = await runInSlices(
            decodingSnapshot(bytes, state.x0, snapshotLimits(state.manifest)),
            clock,
            signal
          )
          if (snapshot.epoch !== epoch) throw new Error(`a snapshot of epoch ${snapshot.epoch} was served for ${epoch}`)
          return { type: 'snapshot', snapshot, made: { epoch, bytes, hash } }
        }
        if (sources.size === 1) for (const liar of sources) blame(liar)
        failure = new Error(`the snapshot does not match its hash ${toHex(hash).slice(0, 8)}`)
        download = fresh()
      }
      throw failure
    }
  }
}

export type Fetcher = ReturnType<typeof createFetcher>
