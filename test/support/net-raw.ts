/** A libp2p peer with a genuine key and none of our adapters: it says, opens and serves what a test wants. */

import { identify } from '@libp2p/identify'
import type { Connection, Ed25519PrivateKey, Libp2p, Stream } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { type LengthPrefixedStream, lpStream } from '@libp2p/utils'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import type { PeerKey } from '#src/interface.js'
import { generateIdentity } from '#src/net/identity.js'
import type { LoopbackEndpoint } from './net-loopback.js'

export interface RawPeer {
  readonly key: PeerKey
  readonly privateKey: Ed25519PrivateKey
  readonly libp2p: Libp2p
  dial(endpoint: LoopbackEndpoint): Promise<Connection>
  stop(): Promise<void>
}

export interface RawInit {
  /** Protocols that it says it speaks, and what it does there. */
  readonly serves?: Readonly<Record<string, (stream: Stream, connection: Connection) => void | Promise<void>>>
}

export async function createRawPeer({ serves = {} }: RawInit = {}): Promise<RawPeer> {
  const { privateKey, identity } = await generateIdentity()
  const libp2p = await createLibp2p({
    privateKey,
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater: { denyDialMultiaddr: () => false },
    connectionMonitor: { enabled: false },
    services: { identify: identify() }
  })
  for (const [protocol, handler] of Object.entries(serves)) await libp2p.handle(protocol, handler)
  return {
    key: identity.key,
    privateKey,
    libp2p,
    dial: ({ node }) => libp2p.dial(node.libp2p.getMultiaddrs()),
    stop: async () => await libp2p.stop()
  }
}

/** Length-prefixed frames on a stream, however long. */
export function raw(stream: Stream): LengthPrefixedStream<Stream> {
  return lpStream(stream)
}
