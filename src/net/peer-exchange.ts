/**
 * What neighbours tell each other about others: one request, one answer of a few signed records. PROTOCOL.md,
 * "Neighbours".
 */
import type { Libp2p, Stream } from '@libp2p/interface'
import { Reader, Writer } from '../core/bytes.js'
import { DecodeError } from '../core/wire/error.js'
import type { Clock, Identity, PeerKey } from '../interface.js'
import { createBudgets } from './budget.js'
import { MAX_TOLD_AGE_MS, type Told } from './contacts.js'
import { createDeadline } from './deadline.js'
import { ExchangeError } from './error.js'
import type { Guard } from './hello.js'
import { keyOfPeerId, peerIdOfKey } from './identity.js'
import { MAX_RECORD_BYTES, openPeerRecord, type SignedRecord } from './peer-record.js'
import { answer, ask } from './requests.js'

/** Records in an answer. */
export const MAX_TOLD = 16
const MAX_TOLD_AGE_S = MAX_TOLD_AGE_MS / 1000
/** Count, and per record its age, its length and itself. */
const MAX_ANSWER_BYTES = 1 + MAX_TOLD * (2 + 2 + MAX_RECORD_BYTES)
/** Both sides, ms. */
const TIMEOUT_MS = 10_000
/** Requests of one neighbour; further ones are reset. */
const REQUESTS = { perMinute: 12, burst: 12, max: 1024 }

export interface PeerExchangeInit {
  readonly swarmId: string
  /** For a neighbour that asks. @param news whether it has news itself */
  readonly tell: (count: number, to: PeerKey, news: boolean) => readonly Told[]
  /** The signed record of somebody whose bytes were checked before. */
  readonly known: (key: PeerKey) => SignedRecord | undefined
  /** Takes score for what no honest peer sends. */
  readonly penalise: (peer: PeerKey) => void
}

export interface PeerExchangeComponents {
  readonly libp2p: Pick<Libp2p, 'handle' | 'unhandle' | 'getConnections'>
  readonly clock: Clock
  readonly verify: Identity['verify']
  /** Who is welcome. */
  readonly hello: Guard
}

export interface PeerExchange {
  start(): Promise<void>
  /** Whom the neighbour knows, checked; rejects with an {@link ExchangeError} or a DecodeError. */
  ask(from: PeerKey, count: number, news: boolean): Promise<readonly Told[]>
  stop(): Promise<void>
}

export function peersProtocol(swarmId: string): string {
  return `/starlings/1/${swarmId}/peers`
}

/** @param count 1 … {@link MAX_TOLD} @param news whether the asker has heard of somebody whom the asked may not know */
export function encodePeersRequest(count: number, news: boolean): Uint8Array {
  return new Writer(2)
    .varint(count)
    .byte(news ? 1 : 0)
    .finish()
}

/** @throws {DecodeError} */
export function decodePeersRequest(bytes: Uint8Array): { readonly count: number; readonly news: boolean } {
  const reader = new Reader(bytes)
  const count = reader.varint(MAX_TOLD)
  const news = reader.varint(1) === 1
  reader.end()
  if (count === 0) throw new DecodeError('out-of-range', 'nobody is asked for')
  return { count, news }
}

/** @param told each with its record's bytes */
export function encodePeersAnswer(told: readonly { readonly ageMs: number; readonly bytes: Uint8Array }[]): Uint8Array {
  const writer = new Writer(MAX_ANSWER_BYTES).varint(told.length)
  for (const { ageMs, bytes } of told) writer.varint(Math.round(ageMs / 1000)).block(bytes)
  return writer.finish()
}

/** @param count as asked for @returns views of `bytes` @throws {DecodeError} */
export function decodePeersAnswer(
  bytes: Uint8Array,
  count: number
): readonly { readonly ageMs: number; readonly bytes: Uint8Array }[] {
  const reader = new Reader(bytes)
  const told = Array.from({ length: reader.varint(count) }, () => ({
    ageMs: reader.varint(MAX_TOLD_AGE_S) * 1000,
    bytes: reader.block(MAX_RECORD_BYTES)
  }))
  reader.end()
  return told
}

export function createPeerExchange(init: PeerExchangeInit, components: PeerExchangeComponents): PeerExchange {
  const { tell, known, penalise } = init
  const { libp2p, clock, verify, hello } = components
  const protocol = peersProtocol(init.swarmId)
  const requests = createBudgets(REQUESTS)
  let stopping = new AbortController()

  async function serve(stream: Stream, from: PeerKey | undefined): Promise<void> {
    if (from === undefined || !requests.take(from, clock.now())) return stream.abort(new ExchangeError('busy'))
    const limit = createDeadline(clock, TIMEOUT_MS, stopping.signal)
    try {
      await answer(
        stream,
        async request => {
          const { count, news } = blaming(from, () => decodePeersRequest(request))
          return encodePeersAnswer(tell(count, from, news).map(({ record, ageMs }) => ({ ageMs, bytes: record.bytes })))
        },
        limit
      )
    } finally {
      limit.clear()
    }
  }

  /** @throws what `decode` throws; a DecodeError costs the neighbour score */
  function blaming<T>(peer: PeerKey, decode: () => T): T {
    try {
      return decode()
    } catch (error) {
      if (error instanceof DecodeError) penalise(peer)
      throw error
    }
  }

  async function open(bytes: Uint8Array, from: PeerKey): Promise<SignedRecord | undefined> {
    const opened = await openPeerRecord(bytes, verify, known)
    if (opened === 'forged') {
      penalise(from)
      throw new DecodeError('not-an-envelope', 'a forged record')
    }
    return opened === 'unreadable' ? undefined : opened
  }

  return {
    async start() {
      stopping = new AbortController()
      const onStream = hello.guard((stream, connection) => serve(stream, keyOfPeerId(connection.remotePeer)))
      await libp2p.handle(protocol, onStream)
    },
    async ask(from, count, news) {
      const limit = createDeadline(clock, TIMEOUT_MS, stopping.signal)
      try {
        const connection = libp2p
          .getConnections(peerIdOfKey(from))
          .find(each => each.status === 'open' && hello.isWelcome(each))
        if (connection === undefined) throw new ExchangeError('not-connected')
        const bytes = await ask(
          signal => connection.newStream(protocol, { signal }),
          encodePeersRequest(count, news),
          MAX_ANSWER_BYTES,
          limit
        )
        const told: Told[] = []
        for (const item of blaming(from, () => decodePeersAnswer(bytes, count))) {
          const record = await open(item.bytes, from)
          if (record !== undefined) told.push({ record, ageMs: item.ageMs })
        }
        return told
      } catch (error) {
        if (error instanceof ExchangeError && error.reason === 'oversized') penalise(from)
        throw error
      } finally {
        limit.clear()
      }
    },
    async stop() {
      stopping.abort(new ExchangeError('aborted', 'stopped'))
      await libp2p.unhandle(protocol)
    }
  }
}
