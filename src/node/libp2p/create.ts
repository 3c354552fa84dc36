/**
 * The libp2p node of a peer on Node.js: TCP, noise, yamux, identify and gossipsub for one swarm; and whatever else it
 * takes to be reached from anywhere, when that is wanted.
 */
import '../shim.js'
import { createHash } from 'node:crypto'
import diagnostics from 'node:diagnostics_channel'
import { Socket } from 'node:net'
import type { GossipsubOpts } from '@libp2p/gossipsub'
import { identify, identifyPush } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import type { SwarmLibp2pInit, SwarmServices } from '../../member/libp2p.js'
import { parseListenAddress } from '../../net/address.js'
import { announced, dialOrder } from '../../net/address-order.js'
import { createByteCounter, watchedTransport } from '../../net/bytes.js'
import { systemClock } from '../../net/clock.js'
import { serveDialBack } from '../../net/dial-back.js'
import { createGater } from '../../net/gater.js'
import { gossipService, updatesTopic } from '../../net/gossip-params.js'
import { forgetPassersBy } from '../../net/passers-by.js'
import { createStunServers, offerStun } from '../../net/stun.js'
import { knock } from '../reach/knock.js'
import { isReachable } from '../reach/reachable.js'
import { leavePort } from '../reach/stopped-door.js'
import { startStunServer } from '../reach/stun-server.js'
import type { AnywhereInit } from './anywhere.js'
import { ownAddresses } from './own-addresses.js'
import { physicalFirst } from './physical-first.js'
import { withUdpPort } from './udp-port.js'

/** Handshakes wait this long, ms: thirty peers that start on two busy cores take 10 s, which is the default. */
const SLOW_MS = 30_000
const PATIENCE = {
  dialTimeout: SLOW_MS,
  addressDialTimeout: SLOW_MS,
  inboundUpgradeTimeout: SLOW_MS,
  inboundStreamProtocolNegotiationTimeout: SLOW_MS,
  outboundStreamProtocolNegotiationTimeout: SLOW_MS
}

/** Addresses are tried one after the other, and those of a peer behind a router are mostly out of reach. */
const ANYWHERE_DIAL_MS = 8000
/** Reservations at relays that a peer holds whom nobody can dial. */
const RESERVATIONS = 2

export interface NodeLibp2pInit extends SwarmLibp2pInit {
  /** WebSockets, WebRTC, relays and a router's help. @default TCP only */
  readonly reach?: NodeReach
  /** Between the muxer's pings, ms: 60 bytes there and back, which keep idle sockets open and tell who lives. @default 5000 */
  readonly keepAliveMs?: number
  /** Connections kept; beyond it the least useful are closed. @default 128 */
  readonly maxConnections?: number
  /** For measuring variants of the gossip parameters. */
  readonly gossip?: Partial<GossipsubOpts>
}

export interface NodeReach extends Omit<AnywhereInit, 'relays' | 'stunServers'> {
  /** Holds reservations at relays while others cannot dial this peer. @default true */
  readonly reserve?: boolean
}

export type NodeLibp2p = Libp2p<SwarmServices & { ownAddresses: object }>

/** A node could not listen; the message names the address and the remedy. */
export class ListenError extends Error {
  override readonly name = 'ListenError'
}

/**
 * A started node. The caller stops it.
 * @throws {TypeError} on a malformed listen address
 * @throws {ListenError} when an address cannot be listened on
 */
export async function createNodeLibp2p(init: NodeLibp2pInit): Promise<NodeLibp2p> {
  const {
    privateKey,
    swarmId,
    standing,
    door,
    liveness,
    faults,
    reach,
    maxConnections = 128,
    keepAliveMs = 5000
  } = init
  const { bytes = createByteCounter() } = init
  const listen = await Promise.all((init.listen ?? ['/ip4/127.0.0.1/tcp/0']).map(listenable))
  guardSockets()
  const watch = { counter: bytes, ...(liveness && { liveness }) }
  const more = reach && (await import('./anywhere.js'))
  let order = dialOrder([])
  let reachable = (): boolean => true
  const relays =
    reach &&
    (await import('../../net/relays.js')).createRelays({
      wanted: () => (reach.reserve === false || reachable() ? 0 : RESERVATIONS)
    })
  const stunServers = reach && createStunServers()
  const anywhere =
    more &&
    (await more.anywhere({ ...reach, ...(relays && { relays }), ...(stunServers && { stunServers }) }, create =>
      watchedTransport(create, watch)
    ))
  const gater = createGater(standing, door)
  const gossip = {
    topic: updatesTopic(swarmId),
    standing,
    guard: init.hello,
    hash: (data: Uint8Array) => createHash('sha256').update(data).digest(),
    ...(init.gossip && { overrides: init.gossip })
  }
  const libp2p = await createLibp2p({
    start: false,
    privateKey,
    addresses: {
      listen: [...listen, ...(anywhere?.listen ?? [])],
      ...(reach && {
        announceFilter: addresses => announced(physicalFirst(addresses)),
        appendAnnounce: (reach.announce ?? []).map(String)
      })
    },
    transports: [watchedTransport(faults?.transport(tcp()) ?? tcp(), watch), ...(anywhere?.transports ?? [])],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({ keepAliveInterval: keepAliveMs })],
    connectionGater: faults?.gater(gater) ?? gater,
    connectionManager: {
      maxConnections,
      // A testnet and an office behind one NAT come from one address, all at once; the defaults reset them.
      inboundConnectionThreshold: 256,
      maxIncomingPendingConnections: 256,
      // Redialling is the dialer's, which does not give up.
      reconnectRetries: 0,
      ...PATIENCE,
      ...(reach && {
        addressDialTimeout: ANYWHERE_DIAL_MS,
        addressSorter: (a, b) => order(a.multiaddr, b.multiaddr)
      })
    },
    // Its pings cost ten times as much as the muxer's, and take a busy machine for a dead one.
    connectionMonitor: { enabled: false },
    services: {
      ...init.services,
      // Runs once per connection: a peer that times out here stays a stranger to gossip and streams.
      identify: identify({ timeout: SLOW_MS }),
      // Tells neighbours about protocols that were registered after they connected.
      identifyPush: identifyPush({ timeout: SLOW_MS }),
      ping: ping({ maxInboundStreams: 8 }),
      pubsub: gossipService(gossip),
      hello: init.hello?.service ?? (() => ({})),
      ownAddresses,
      ...anywhere?.services
    }
  })
  try {
    await libp2p.start()
  } catch (cause) {
    await libp2p.stop()
    throw listenError(cause)
  }
  forgetPassersBy(libp2p)
  faults?.attach(libp2p, libp2p.services.pubsub)
  if (reach !== undefined) {
    const learn = (): void => {
      order = dialOrder(libp2p.getMultiaddrs().map(String))
    }
    learn()
    libp2p.addEventListener('self:peer:update', learn)
  }
  if (reach !== undefined && relays !== undefined && stunServers !== undefined) {
    reachable = isReachable(libp2p)
    relays.start({ libp2p, clock: systemClock })
    stunServers.start({ libp2p, clock: systemClock })
    const helps = reach.relay !== 'none' && reach.reserve !== false
    const stun = helps ? await startStunServer() : undefined
    if (stun !== undefined) await offerStun(libp2p, systemClock, stun.port)
    await serveDialBack(libp2p, systemClock, knock)
    libp2p.addEventListener(
      'stop',
      () => {
        relays.stop()
        stunServers.stop()
        stun?.stop()
      },
      { once: true }
    )
  }
  return libp2p
}

async function listenable(text: string): Promise<string> {
  const address = parseListenAddress(text).toString()
  try {
    await leavePort(address)
    return await withUdpPort(address)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined
    throw code === undefined ? cause : inWords(address, code, cause)
  }
}

/** libp2p puts all failures into one message, a line `  /ip4/…: Error: listen EADDRINUSE: …` for each address. */
const FAILURE = /^\s*(\/\S+): Error: (?:\w+ )?([A-Z]+)\b/m

function listenError(cause: unknown): unknown {
  const [, address, code] = FAILURE.exec(cause instanceof Error ? cause.message : String(cause)) ?? []
  return address === undefined || code === undefined ? cause : inWords(address, code, cause)
}

const PORT = /\/(?:tcp|udp)\/(\d+)/

function inWords(address: string, code: string, cause: unknown): ListenError {
  const port = PORT.exec(address)?.[1]
  const remedies: Readonly<Record<string, string>> = {
    EADDRINUSE: `port ${port} is in use; stop the program that holds it, or listen on another port (0 takes a free one)`,
    EACCES: `port ${port} may not be opened by this user; listen on a port above 1023`,
    EADDRNOTAVAIL: `no interface of this machine has that address; ${everywhere(address)} listens on all of them`,
    ENOTFOUND: `there is no such name; ${everywhere(address)} listens on every interface of this machine`
  }
  return new ListenError(`${address}: ${remedies[code] ?? `cannot be listened on (${code})`}`, { cause })
}

function everywhere(address: string): string {
  return `/ip4/0.0.0.0/${address.split('/').slice(3).join('/')}`.replace(/\/\d+(?=\/[a-z]|$)/, '/0')
}

let guarded = false

/**
 * A dial that is reset while libp2p moves its socket from one listener to the next emits an error that nobody hears,
 * which ends the process. A listener that does nothing makes it heard; libp2p still sees every error itself.
 */
function guardSockets(): void {
  if (guarded) return
  guarded = true
  diagnostics.subscribe('net.client.socket', message => {
    if (typeof message !== 'object' || message === null || !('socket' in message)) return
    if (message.socket instanceof Socket) message.socket.on('error', () => {})
  })
}
