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
/**
 * Ranges under way at once; more only where they come fast, so that a slow link is not filled for minutes. A neighbour answers
 * 8 requests at once, and has other questions to answer.
 */
const LANES = 6
const FAST_MS = 2000
/** How long one is asked before others that serve the same have their turn. */
const TURN_MS = 20_000
/** Who is busy is asked again after this, and given up after so many times. */
const BUSY_MS = 250
const BUSY_TIMES = 120

type Wanted = Effect & { readonly type: 'fetch-snapshot' }

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
  /** Somebody contradicts what came, and either may be wrong. */
  misfit: boolean
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
    if (totalBytes !== into.bytes.length || bytes.length !== Math.min(SNAPSHOT_RANGE_BYTES, totalBytes - offset)) {
      into.misfit = true
      throw new Error('the ranges of the snapshot do not fit together')
    }
    into.bytes.set(bytes, offset)
    if (!into.held[index]) into.left--
    into.held[index] = true
  }

  /** Pulls what is missing from one neighbour until `end`. Rejects as soon as one range cannot be had; what came stays. */
  async function pull(from: PeerKey, into: Download, end: number): Promise<void> {
    const asked = new Set<number>()
    let failure: unknown
    let lanes = 0
    const next = () => (into.held.length === 0 ? 0 : into.held.findIndex((held, i) => !held && !asked.has(i)))
    async function lane(): Promise<void> {
      lanes++
      const more: Promise<void>[] = []
      for (let index = next(); index >= 0 && failure === undefined && into.left > 0; index = next()) {
        const begun = clock.now()
        if (begun >= end) break
        asked.add(index)
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

  const isWhole = async ({ bytes, hash }: Download) =>
    equalBytes(await runInSlices(digesting(bytes), clock, signal), hash)

  const fresh = (epoch: number, hash: Uint8Array): Download => ({
    epoch,
    hash,
    bytes: new Uint8Array(0),
    held: [],
    left: Number.POSITIVE_INFINITY,
    misfit: false,
    sources: new Set()
  })

  /** From all in turns, so that one that answers slowly, or a little for ever, holds nobody up. Rejects when nothing more comes. */
  async function gather(servers: readonly PeerKey[], into: Download): Promise<void> {
    for (;;) {
      const before = into.left
      let failure: unknown = new Error('nobody serves it')
      for (const server of servers) {
        signal.throwIfAborted()
        const end = servers.length === 1 ? Number.POSITIVE_INFINITY : clock.now() + TURN_MS
        await pull(server, into, end).catch(error => {
          failure = error
        })
        if (into.left === 0) return
      }
      if (into.left === before) throw failure
    }
  }

  /** The snapshot's bytes. Where ranges of several do not make a whole, each is tried alone. */
  async function obtain({ from, epoch, hash }: Wanted): Promise<Uint8Array> {
    if (download === undefined || !equalBytes(download.hash, hash)) download = fresh(epoch, hash)
    const attempts = [from, ...from.map(server => [server])]
    const liars = new Set<PeerKey>()
    let failure: unknown
    for (const servers of attempts) {
      if (servers.every(server => liars.has(server))) continue
      const into: Download = download
      try {
        await gather(servers, into)
      } catch (error) {
        failure = error
        if (servers !== from) continue
        // What came stays for the next time, unless it may be of no use.
        if (!into.misfit) break
        download = fresh(epoch, hash)
        continue
      }
      download = undefined
      if (await isWhole(into)) return into.bytes
      if (into.sources.size === 1)
        for (const liar of into.sources) {
          liars.add(liar)
          blame(liar)
        }
      failure = new Error(`what was served does not match its hash ${toHex(hash).slice(0, 8)}`)
      download = fresh(epoch, hash)
    }
    throw failure
  }

  return {
    /** @returns what to feed the core. Rejects when nobody of them has it to give. */
    async fetch(wanted: Wanted): Promise<Input & { type: 'snapshot' }> {
      const { epoch, hash } = wanted
      const bytes = await obtain(wanted)
      const limits = snapshotLimits(state.manifest)
      const snapshot = await runInSlices(decodingSnapshot(bytes, state.x0, limits), clock, signal)
      if (snapshot.epoch !== epoch) throw new Error(`a snapshot of epoch ${snapshot.epoch} was served for ${epoch}`)
      return { type: 'snapshot', snapshot, made: { epoch, bytes, hash } }
    }
  }
}

export type Fetcher = ReturnType<typeof createFetcher>
