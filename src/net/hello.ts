/**
 * The door behind the door: no stream of the swarm is served or opened on a connection before both sides have said hello
 * and found each other welcome. PROTOCOL.md, section 14.
 */
import type { Connection, Libp2pEvents, Startable, Stream, StreamHandler } from '@libp2p/interface'
import type { TypedEventTarget } from 'main-event'
import { DecodeError } from '../core/wire/error.js'
import type { Refusal } from '../core/wire/hello.js'
import type { Clock, PeerKey } from '../interface.js'
import { createDeadline } from './deadline.js'
import { ExchangeError } from './error.js'
import { type AdmissionTerms, type HelloParty, type HelloResult, sayHello } from './hello-exchange.js'
import { keyOfPeerId } from './identity.js'
import { type Refused, type RefusedFacts, refusedOf } from './refused.js'
import { remember } from './remember.js'
import type { Standing } from './standing.js'

/** The same whatever the swarm, so that a peer of another one is told so. */
export const HELLO_PROTOCOL = '/starlings/hello/1'

export interface HelloInit {
  readonly self: PeerKey
  /** Digest of the manifest, 32 bytes. */
  readonly swarm: Uint8Array
  /** @default everybody in the swarm is welcome */
  readonly admission?: AdmissionTerms | undefined
  /** What this program calls itself: printable ASCII without spaces, up to 32 characters. @default 'starlings' */
  readonly software?: string | undefined
  /** For a hello, ms; as long as the other handshakes on a busy machine. @default 30_000 */
  readonly helloMs?: number | undefined
  /** Inbound connections that have not said hello yet; of more, the one that came first is closed. @default 128 */
  readonly maxPending?: number | undefined
}

export interface HelloComponents {
  readonly clock: Clock
  readonly standing: Standing
}

/** What a service of a libp2p node is given. */
export interface HelloServiceComponents {
  readonly registrar: {
    handle(protocol: string, handler: StreamHandler, options: { readonly maxInboundStreams: number }): Promise<void>
    unhandle(protocol: string): Promise<void>
  }
  readonly events: TypedEventTarget<Libp2pEvents>
}

/** What others ask it. */
export interface Guard {
  isWelcome(connection: Connection): boolean
  /** Resolves when the hello is over, with whether it went well; also when the connection ends before. */
  welcomed(connection: Connection): Promise<boolean>
  /** Called once per connection. @returns undoes it */
  onWelcome(listener: (connection: Connection) => void): () => void
  /** Serves a stream when its peer is welcome, and resets it when it turns out not to be. */
  guard(handler: StreamHandler): StreamHandler
}

export interface Hello extends Guard {
  /** For the services of one libp2p node: hello is there before the node listens. */
  readonly service: (components: HelloServiceComponents) => Startable
  /** Somebody was refused before it could say hello. */
  refused(peer: PeerKey, reason: Refusal, dialled: boolean): void
  /** At most once in ten minutes of one peer and reason. @returns undoes it */
  onRefused(listener: (refused: Refused) => void): () => void
}

/** Streams of one connection that wait for the end of its hello: an honest peer opens five. */
const MAX_WAITING = 16
/** Who listened leaves the closing to the other, who then has read why; ms. */
const LINGER_MS = 2000
const REPEAT_MS = 600_000
const MAX_TOLD = 256

interface Talk {
  state: 'pending' | 'welcome' | 'refused'
  /** A stream for it was opened. */
  begun: boolean
  waiting: number
  readonly outcome: Promise<boolean>
  readonly settle: (isWelcome: boolean) => void
}

export function createHello(init: HelloInit, { clock, standing }: HelloComponents): Hello {
  const { self, swarm, admission, software = 'starlings', helloMs = 30_000, maxPending = 128 } = init
  const party: HelloParty = { ...admission, self, swarm, software }
  const talks = new WeakMap<Connection, Talk>()
  /** Inbound ones, oldest first. */
  const pending = new Set<Connection>()
  const onWelcome = new Set<(connection: Connection) => void>()
  const onRefused = new Set<(refused: Refused) => void>()
  const told = new Map<string, number>()
  const stopping = new AbortController()

  function talkOf(connection: Connection): Talk {
    const known = talks.get(connection)
    if (known !== undefined) return known
    let resolve = (_: boolean) => {}
    const outcome = new Promise<boolean>(done => {
      resolve = done
    })
    const talk: Talk = {
      state: 'pending',
      begun: false,
      waiting: 0,
      outcome,
      settle(isWelcome) {
        if (talk.state !== 'pending') return
        talk.state = isWelcome ? 'welcome' : 'refused'
        pending.delete(connection)
        resolve(isWelcome)
      }
    }
    talks.set(connection, talk)
    return talk
  }

  function opened(connection: Connection): void {
    const talk = talkOf(connection)
    // What a relay limits carries introductions only; the connection that comes of them says hello for itself.
    const isLimited = connection.limits !== undefined
    if (isLimited || connection.status !== 'open' || keyOfPeerId(connection.remotePeer) === undefined) {
      talk.settle(false)
      return
    }
    connection.addEventListener('close', () => talk.settle(false), { once: true })
    if (connection.direction === 'outbound') {
      talk.begun = true
      void converse(connection, signal => connection.newStream(HELLO_PROTOCOL, { signal }))
      return
    }
    pending.add(connection)
    const [oldest] = pending
    if (pending.size > maxPending && oldest !== undefined) oldest.abort(new Error('too many that say nothing'))
    const cancel = clock.after(helloMs, () => {
      if (!talk.begun && talk.state === 'pending') failed(connection, new ExchangeError('timeout'))
    })
    void talk.outcome.then(cancel)
  }

  async function serve(stream: Stream, connection: Connection): Promise<void> {
    const talk = talkOf(connection)
    if (connection.direction !== 'inbound' || talk.begun || talk.state !== 'pending')
      return stream.abort(new ExchangeError('busy', 'one hello for each connection'))
    talk.begun = true
    await converse(connection, async () => stream)
  }

  async function converse(connection: Connection, open: (signal: AbortSignal) => Promise<Stream>): Promise<void> {
    const limit = createDeadline(clock, helloMs, stopping.signal)
    const role = connection.direction === 'outbound' ? 'dialler' : 'listener'
    const peer = keyOfPeerId(connection.remotePeer) ?? ''
    let stream: Stream | undefined
    try {
      stream = await limit.race(open(limit.signal))
      const result = await sayHello(stream, role, peer, party, limit.signal)
      // In its own time: with the other's verdict everything is said.
      stream.close({ signal: limit.signal }).catch(() => {})
      concluded(connection, peer, result)
    } catch (error) {
      stream?.abort(error instanceof Error ? error : new Error(String(error)))
      failed(connection, error)
    } finally {
      limit.clear()
    }
  }

  function concluded(connection: Connection, peer: PeerKey, { ours, theirs, them }: HelloResult): void {
    const talk = talkOf(connection)
    const reason = ours === 'welcome' ? theirs : ours
    if (reason === 'welcome') {
      talk.settle(connection.status === 'open')
      if (talk.state === 'welcome') for (const listener of onWelcome) listener(connection)
      return
    }
    talk.settle(false)
    const dialled = connection.direction === 'outbound'
    tell({ peer, reason, byUs: ours !== 'welcome', dialled, them })
    // A peer of another swarm may be of use as a relay or for a rendezvous.
    if (reason === 'wrong-swarm') return
    if (dialled) close(connection)
    else {
      const cancel = clock.after(LINGER_MS, () => close(connection))
      connection.addEventListener('close', cancel, { once: true })
    }
  }

  function failed(connection: Connection, error: unknown): void {
    const talk = talkOf(connection)
    const isOver = stopping.signal.aborted || connection.status !== 'open'
    talk.settle(false)
    if (isOver) return
    if (error instanceof DecodeError) standing.strike(connection.remotePeer)
    const peer = keyOfPeerId(connection.remotePeer) ?? ''
    tell({ peer, reason: 'no-hello', byUs: true, dialled: connection.direction === 'outbound', them: undefined })
    // Another program may be there for something else: the user's choice of relay, or of a rendezvous.
    const isOther = error instanceof Error && error.name === 'UnsupportedProtocolError'
    if (!isOther) connection.abort(new Error('no hello'))
  }

  function close(connection: Connection): void {
    connection.close().catch(() => connection.abort(new Error('not welcome')))
  }

  function tell(facts: RefusedFacts): void {
    const about = `${facts.peer} ${facts.reason}`
    const now = clock.now()
    const last = told.get(about)
    if (last !== undefined && now - last < REPEAT_MS) return
    remember(told, about, now, MAX_TOLD)
    const refused = refusedOf(facts)
    for (const listener of onRefused) listener(refused)
  }

  function adding<T>(listeners: Set<T>, listener: T): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  return {
    isWelcome: connection => talks.get(connection)?.state === 'welcome',
    welcomed: connection => talkOf(connection).outcome,
    onWelcome: listener => adding(onWelcome, listener),
    refused: (peer, reason, dialled) => tell({ peer, reason, byUs: true, dialled, them: undefined }),
    onRefused: listener => adding(onRefused, listener),
    guard: handler => async (stream, connection) => {
      const talk = talkOf(connection)
      if (talk.state === 'pending') {
        if (talk.waiting >= MAX_WAITING) return stream.abort(new ExchangeError('busy'))
        talk.waiting++
        await talk.outcome
      }
      if (talk.state !== 'welcome') return stream.abort(new ExchangeError('not-connected', 'not welcome'))
      await handler(stream, connection)
    },
    service({ registrar, events }) {
      const onOpen = ({ detail }: CustomEvent<Connection>) => opened(detail)
      events.addEventListener('connection:open', onOpen)
      return {
        start: () => registrar.handle(HELLO_PROTOCOL, serve, { maxInboundStreams: 1 }),
        async stop() {
          events.removeEventListener('connection:open', onOpen)
          stopping.abort(new ExchangeError('aborted', 'stopped'))
          await registrar.unhandle(HELLO_PROTOCOL)
        }
      }
    }
  }
}
