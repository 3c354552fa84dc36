/** What a newcomer needs before it can take part: the manifest, and x0 where it is given. PROTOCOL.md, section 14. */
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { digest } from '../core/digest.js'
import { type Manifest, manifestBytes, manifestOf, swarmId as swarmIdOfManifest } from '../core/protocol/manifest.js'
import { decodeAbout, encodeAbout, MAX_ABOUT_BYTES } from '../core/wire/about.js'
import { BUSY, encodeSnapshotRange } from '../core/wire/snapshot.js'
import { decodeStartRequest, START_RANGE_BYTES } from '../core/wire/start.js'
import type { Clock, PeerKey } from '../interface.js'
import { createBudget, createBudgets } from './budget.js'
import { systemClock } from './clock.js'
import { createDeadline } from './deadline.js'
import { ExchangeError } from './error.js'
import type { Guard } from './hello.js'
import { keyOfPeerId } from './identity.js'
import { answer, ask, createSlots } from './requests.js'

/** Tells the manifest and how things stand. */
export function aboutProtocol(swarmId: string): string {
  return `/starlings/1/${swarmId}/about`
}

/** Hands out x0 by ranges, where the manifest says that it is given. */
export function startProtocol(swarmId: string): string {
  return `/starlings/1/${swarmId}/start`
}

/** One question, ms, on either side. */
const BRING_TIMEOUT_MS = 30_000

/** Questions in the works, of one neighbour and of all. */
const PER_PEER = 8
const TOTAL = 32
/** Manifests told to one newcomer, and to all: each may be a megabyte. */
const ABOUTS_TO_ONE = { perMinute: 12, burst: 6 }
const ABOUTS = { perMinute: 120, burst: 30 }
/** Ranges of x0: 16 MiB a second, as of snapshots. */
const RANGES = { perMinute: 60 * 64, burst: 128 }

export interface BringComponents {
  readonly libp2p: Pick<Libp2p, 'handle' | 'unhandle' | 'getConnections'>
  readonly hello: Guard
  /** @default the system's */
  readonly clock?: Clock | undefined
}

export interface ServeInit {
  readonly manifest: Manifest
  /** x0 where it is given, as `encodeStart` makes it. */
  readonly start?: Uint8Array | undefined
  /** How things stand; nobody can check it. */
  readonly standing: () => { readonly participants: number; readonly epoch: number }
}

type Teller = (request: Uint8Array, from: PeerKey) => Uint8Array

/** Serves what newcomers need, to whoever is welcome. @returns stops it */
export async function serveManifest(init: ServeInit, components: BringComponents): Promise<() => Promise<void>> {
  const { manifest, start, standing } = init
  const { libp2p, hello, clock = systemClock } = components
  const swarmId = swarmIdOfManifest(manifest)
  const bytes = manifestBytes(manifest)
  const slots = createSlots(PER_PEER, TOTAL)
  const abouts = createBudgets({ ...ABOUTS_TO_ONE, all: ABOUTS })
  const ranges = createBudget(RANGES)
  const stopping = new AbortController()

  async function serve(stream: Stream, { remotePeer }: Connection, tell: Teller) {
    const from = keyOfPeerId(remotePeer) ?? ''
    const giveBack = slots.take(from)
    if (giveBack === undefined) return stream.abort(new ExchangeError('busy'))
    const limit = createDeadline(clock, BRING_TIMEOUT_MS, stopping.signal)
    try {
      await answer(stream, async request => tell(request, from), limit)
    } finally {
      limit.clear()
      giveBack()
    }
  }

  const handlers: Record<string, Teller> = {
    [aboutProtocol(swarmId)](_, from) {
      if (!abouts.take(from, clock.now())) throw new ExchangeError('busy')
      return encodeAbout({ ...standing(), manifest: bytes })
    }
  }
  if (start !== undefined) {
    const hash = digest(start)
    handlers[startProtocol(swarmId)] = request => {
      const offset = decodeStartRequest(request)
      if (offset >= start.length) throw new RangeError(`no offset ${offset} in ${start.length} bytes`)
      if (!ranges.take(clock.now())) return BUSY
      const range = start.subarray(offset, offset + START_RANGE_BYTES)
      return encodeSnapshotRange({ totalBytes: start.length, digest: hash, bytes: range })
    }
  }
  for (const [protocol, tell] of Object.entries(handlers))
    await libp2p.handle(
      protocol,
      hello.guard((stream, connection) => serve(stream, connection, tell)),
      { maxInboundStreams: 2 * PER_PEER }
    )
  return async () => {
    stopping.abort(new ExchangeError('aborted', 'stopped'))
    await libp2p.unhandle(Object.keys(handlers))
  }
}

export interface Brought {
  readonly manifest: Manifest
  /** How many take part, as the one that answered says. */
  readonly participants: number
  readonly epoch: number
}

export interface FetchManifestInit extends BringComponents {
  /** Whoever answers, the manifest has this id. */
  readonly swarmId: string
  readonly signal: AbortSignal
}

/**
 * Asks all who are connected and welcome now, at once; the first true answer counts.
 * @throws {AggregateError} of {@link ExchangeError}s, DecodeErrors and ManifestErrors when nobody gives one
 */
export async function fetchManifest(init: FetchManifestInit): Promise<Brought> {
  const { libp2p, hello, swarmId, signal } = init
  signal.throwIfAborted()
  const others = new AbortController()
  const all = AbortSignal.any([signal, others.signal])
  try {
    return await Promise.any(
      libp2p
        .getConnections()
        .filter(each => each.status === 'open' && hello.isWelcome(each))
        .map(connection => askAbout(connection, swarmId, init.clock ?? systemClock, all))
    )
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    others.abort(new ExchangeError('aborted', 'another was faster'))
  }
}

async function askAbout(connection: Connection, swarmId: string, clock: Clock, signal: AbortSignal): Promise<Brought> {
  const limit = createDeadline(clock, BRING_TIMEOUT_MS, signal)
  try {
    const open = (inner: AbortSignal) => connection.newStream(aboutProtocol(swarmId), { signal: inner })
    const { participants, epoch, manifest } = decodeAbout(await ask(open, new Uint8Array(0), MAX_ABOUT_BYTES, limit))
    return { participants, epoch, manifest: manifestOf(manifest, swarmId) }
  } finally {
    limit.clear()
  }
}
