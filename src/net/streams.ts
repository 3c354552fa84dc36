/** `Streams` over libp2p: who is a neighbour, pulses to it, requests both ways. Handlers see keys, never peer ids. */
import type { Connection, Libp2p, PeerId, Stream } from '@libp2p/interface'
import type { Clock, PeerKey, RequestKind, StreamHandlers, Streams } from '../interface.js'
import { createDeadline } from './deadline.js'
import { ExchangeError } from './error.js'
import type { Guard } from './hello.js'
import { keyOfPeerId, peerIdOfKey } from './identity.js'
import { createPulseLine, type PulseLine, receivePulses } from './pulses.js'
import { answer, ask, createSlots, MAX_ANSWER_BYTES, MAX_REQUEST_BYTES } from './requests.js'

export interface StreamsInit {
  readonly swarmId: string
  /** To open a stream and write one pulse, ms. @default 10_000 */
  readonly pulseTimeoutMs?: number
  /** To read a request, answer it and see it written, ms. @default 30_000 */
  readonly answerTimeoutMs?: number
  /** Inbound requests at once, of one neighbour. @default 8 */
  readonly maxRequestsPerPeer?: number
  /** And of all together. @default 64 */
  readonly maxRequests?: number
}

export interface StreamsComponents {
  readonly libp2p: Libp2p
  readonly clock: Clock
  /** Who is welcome. */
  readonly hello: Guard
}

const KINDS: readonly RequestKind[] = ['repair', 'snapshot']

interface Neighbour {
  readonly peerId: PeerId
  readonly line: PulseLine
  /** The one stream it may pulse us on; a newer one takes its place. */
  inbound?: Stream
}

export function createStreams(init: StreamsInit, components: StreamsComponents): Streams {
  const { swarmId, pulseTimeoutMs = 10_000, answerTimeoutMs = 30_000, maxRequestsPerPeer = 8, maxRequests = 64 } = init
  const { libp2p, clock, hello } = components
  const protocol = (kind: RequestKind | 'pulse') => `/starlings/1/${swarmId}/${kind}`
  const neighbours = new Map<PeerKey, Neighbour>()
  const slots = createSlots(maxRequestsPerPeer, maxRequests)
  let stopping = new AbortController()
  let topology: string | undefined

  function connectionTo(peerId: PeerId): Connection | undefined {
    return libp2p.getConnections(peerId).find(each => each.status === 'open' && hello.isWelcome(each))
  }

  async function open(peerId: PeerId, kind: RequestKind | 'pulse', signal: AbortSignal): Promise<Stream> {
    // Never dials: who is connected is the dialer's business.
    const connection = connectionTo(peerId)
    if (connection === undefined) throw new ExchangeError('not-connected')
    const stream = await connection.newStream(protocol(kind), { signal })
    if (!signal.aborted) return stream
    stream.abort(new ExchangeError('timeout'))
    throw signal.reason
  }

  /** The key of whoever is at the other end; peers without one are sent away. */
  function keyAt(connection: Connection): PeerKey | undefined {
    const key = keyOfPeerId(connection.remotePeer)
    if (key === undefined) connection.abort(new Error('only Ed25519 peers take part in a swarm'))
    return key
  }

  function add(handlers: StreamHandlers, peerId: PeerId): void {
    const connection = connectionTo(peerId)
    const key = connection === undefined ? undefined : keyAt(connection)
    if (key === undefined || neighbours.has(key)) return
    const line = createPulseLine({ open: signal => open(peerId, 'pulse', signal), clock, timeoutMs: pulseTimeoutMs })
    neighbours.set(key, { peerId, line })
    handlers.neighbour(key, true)
  }

  function remove(handlers: StreamHandlers, peerId: PeerId): void {
    const key = keyOfPeerId(peerId)
    const neighbour = key === undefined ? undefined : neighbours.get(key)
    if (key === undefined || neighbour === undefined) return
    neighbours.delete(key)
    neighbour.line.close()
    neighbour.inbound?.abort(new ExchangeError('aborted', 'the neighbour is gone'))
    handlers.neighbour(key, false)
  }

  async function speaksPulse(peerId: PeerId): Promise<boolean> {
    try {
      return (await libp2p.peerStore.get(peerId)).protocols.includes(protocol('pulse'))
    } catch {
      return false // unknown to the peer store: not identified yet
    }
  }

  async function listenForPulses(handlers: StreamHandlers, stream: Stream, connection: Connection): Promise<void> {
    const from = keyAt(connection)
    if (from === undefined) return
    // A pulse may outrun identify; speaking the protocol is proof enough.
    add(handlers, connection.remotePeer)
    const neighbour = neighbours.get(from)
    if (neighbour === undefined) return stream.abort(new ExchangeError('not-connected'))
    neighbour.inbound?.abort(new ExchangeError('superseded'))
    neighbour.inbound = stream
    try {
      await receivePulses(stream, clock, bytes => {
        if (neighbours.get(from) === neighbour) handlers.pulse(bytes, from)
      })
      await stream.close()
    } catch (error) {
      stream.abort(error instanceof Error ? error : new Error(String(error)))
    }
  }

  async function answerRequest(
    handlers: StreamHandlers,
    kind: RequestKind,
    stream: Stream,
    connection: Connection
  ): Promise<void> {
    const from = keyAt(connection)
    if (from === undefined) return
    const giveBack = slots.take(from)
    if (giveBack === undefined) return stream.abort(new ExchangeError('busy'))
    const limit = createDeadline(clock, answerTimeoutMs, stopping.signal)
    try {
      await answer(stream, request => handlers.request(kind, request, from), limit)
    } finally {
      limit.clear()
      giveBack()
    }
  }

  let onDisconnect: ((event: CustomEvent<PeerId>) => void) | undefined
  let unwelcome = () => {}

  return {
    async start(handlers) {
      if (topology !== undefined) return
      stopping = new AbortController()
      topology = await libp2p.register(protocol('pulse'), {
        // Whoever is identified first is added when it is welcome, and whoever is welcome first, when it is identified.
        onConnect: peerId => add(handlers, peerId),
        // Also comes late, after a quick reconnect, and when the peer took the protocol back while connected.
        onDisconnect: peerId => {
          void speaksPulse(peerId).then(speaks => {
            if (!speaks || connectionTo(peerId) === undefined) remove(handlers, peerId)
          })
        }
      })
      onDisconnect = event => remove(handlers, event.detail)
      libp2p.addEventListener('peer:disconnect', onDisconnect)
      unwelcome = hello.onWelcome(({ remotePeer }) => {
        void speaksPulse(remotePeer).then(speaks => {
          if (speaks) add(handlers, remotePeer)
        })
      })
      const onPulses = hello.guard((stream, connection) => listenForPulses(handlers, stream, connection))
      await libp2p.handle(protocol('pulse'), onPulses)
      for (const kind of KINDS) {
        const onRequest = hello.guard((stream, connection) => answerRequest(handlers, kind, stream, connection))
        await libp2p.handle(protocol(kind), onRequest, { maxInboundStreams: 2 * maxRequestsPerPeer })
      }
      // Those who were identified before anybody listened.
      for (const peerId of libp2p.getPeers()) if (await speaksPulse(peerId)) add(handlers, peerId)
    },

    async pulse(to, bytes) {
      const neighbour = neighbours.get(to)
      if (neighbour === undefined) throw new ExchangeError('not-connected')
      await neighbour.line.send(bytes)
    },

    async request(to, kind, bytes, { maxBytes, timeoutMs, signal }) {
      if (bytes.length > MAX_REQUEST_BYTES)
        throw new RangeError(`a request has at most ${MAX_REQUEST_BYTES} bytes, not ${bytes.length}`)
      if (maxBytes > MAX_ANSWER_BYTES)
        throw new RangeError(`an answer has at most ${MAX_ANSWER_BYTES} bytes, not ${maxBytes}`)
      const peerId = neighbours.get(to)?.peerId ?? peerIdOfKey(to)
      const limit = createDeadline(clock, timeoutMs, stopping.signal, signal)
      try {
        return await ask(inner => open(peerId, kind, inner), bytes, maxBytes, limit)
      } finally {
        limit.clear()
      }
    },

    async stop() {
      if (topology === undefined) return
      libp2p.unregister(topology)
      topology = undefined
      unwelcome()
      if (onDisconnect !== undefined) libp2p.removeEventListener('peer:disconnect', onDisconnect)
      stopping.abort(new ExchangeError('aborted', 'stopped'))
      for (const { line, inbound } of neighbours.values()) {
        line.close()
        inbound?.abort(new ExchangeError('aborted', 'stopped'))
      }
      neighbours.clear()
      await libp2p.unhandle([protocol('pulse'), ...KINDS.map(protocol)])
    }
  }
}
