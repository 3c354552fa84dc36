/** The libp2p node of a peer on Node.js: TCP, noise, yamux, identify and gossipsub for one swarm. */
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
import { createByteCounter, watchedTransport } from '../../net/bytes.js'
import { createGater } from '../../net/gater.js'
import { gossipService, updatesTopic } from '../../net/gossip-params.js'
import { ownAddresses } from './own-addresses.js'

/** Handshakes wait this long, ms: thirty peers that start on two busy cores take 10 s, which is the default. */
const SLOW_MS = 30_000
const PATIENCE = {
  dialTimeout: SLOW_MS,
  addressDialTimeout: SLOW_MS,
  inboundUpgradeTimeout: SLOW_MS,
  inboundStreamProtocolNegotiationTimeout: SLOW_MS,
  outboundStreamProtocolNegotiationTimeout: SLOW_MS
}

export interface NodeLibp2pInit extends SwarmLibp2pInit {
  /** Between the muxer's pings, ms: 60 bytes there and back, which keep idle sockets open and tell who lives. @default 5000 */
  readonly keepAliveMs?: number
  /** Connections kept; beyond it the least useful are closed. @default 128 */
  readonly maxConnections?: number
  /** For measuring variants of the gossip parameters. */
  readonly gossip?: Partial<GossipsubOpts>
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
  const { privateKey, swarmId, standing, door, liveness, faults, maxConnections = 128, keepAliveMs = 5000 } = init
  const { bytes = createByteCounter() } = init
  const listen = (init.listen ?? ['/ip4/127.0.0.1/tcp/0']).map(text => parseListenAddress(text).toString())
  guardSockets()
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
    addresses: { listen },
    transports: [
      watchedTransport(faults?.transport(tcp()) ?? tcp(), { counter: bytes, ...(liveness && { liveness }) })
    ],
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
      ...PATIENCE
    },
    // Its pings cost ten times as much as the muxer's, and take a busy machine for a dead one.
    connectionMonitor: { enabled: false },
    services: {
      // Runs once per connection: a peer that times out here stays a stranger to gossip and streams.
      identify: identify({ timeout: SLOW_MS }),
      // Tells neighbours about protocols that were registered after they connected.
      identifyPush: identifyPush({ timeout: SLOW_MS }),
      ping: ping({ maxInboundStreams: 8 }),
      pubsub: gossipService(gossip),
      hello: init.hello?.service ?? (() => ({})),
      ownAddresses
    }
  })
  try {
    await libp2p.start()
  } catch (cause) {
    await libp2p.stop()
    throw listenError(cause)
  }
  faults?.attach(libp2p, libp2p.services.pubsub)
  return libp2p
}

/** libp2p puts all failures into one message, a line `  /ip4/…: Error: listen EADDRINUSE: …` for each address. */
const FAILURE = /^\s*(\/\S+): Error: (?:\w+ )?([A-Z]+)\b/m

const PORT = /\/tcp\/(\d+)/

function listenError(cause: unknown): unknown {
  const [, address, code] = FAILURE.exec(cause instanceof Error ? cause.message : String(cause)) ?? []
  if (address === undefined || code === undefined) return cause
  const port = PORT.exec(address)?.[1]
  const remedies: Readonly<Record<string, string>> = {
    EADDRINUSE: `port ${port} is in use; stop the program that holds it, or listen on another port (0 takes a free one)`,
    EACCES: `port ${port} may not be opened by this user; listen on a port above 1023`,
    EADDRNOTAVAIL: 'no interface of this machine has that address; /ip4/0.0.0.0/tcp/0 listens on all of them',
    ENOTFOUND: 'there is no such name; /ip4/0.0.0.0/tcp/0 listens on every interface of this machine'
  }
  return new ListenError(`${address}: ${remedies[code] ?? `cannot be listened on (${code})`}`, { cause })
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
