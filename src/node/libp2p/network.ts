/** Everything a peer needs from the network on Node.js, put together: its identity, gossip and streams on one libp2p node. */
import type { Ed25519PrivateKey } from '@libp2p/interface'
import type { Clock, Gossip, Identity, Streams } from '../../interface.js'
import { type ByteCounter, createByteCounter } from '../../net/bytes.js'
import { createGossip } from '../../net/gossip.js'
import { updatesTopic } from '../../net/gossip-params.js'
import { createIdentity } from '../../net/identity.js'
import { createStanding } from '../../net/standing.js'
import { createStreams, type StreamsInit } from '../../net/streams.js'
import { createNodeLibp2p, type NodeLibp2p, type NodeLibp2pInit } from './create.js'

export interface NodeNetworkInit extends Omit<NodeLibp2pInit, 'standing' | 'bytes'>, Omit<StreamsInit, 'swarmId'> {
  readonly privateKey: Ed25519PrivateKey
  readonly clock: Clock
}

export interface NodeNetwork {
  readonly identity: Identity
  readonly libp2p: NodeLibp2p
  /** Not started yet: that is the peer's to do. */
  readonly gossip: Gossip
  readonly streams: Streams
  /** Counts from the first socket on. */
  readonly bytes: Readonly<ByteCounter>
  /** Where it can be dialled, with its peer id. */
  addresses(): string[]
  /** Stops gossip, streams and the node. Twice is fine. */
  stop(): Promise<void>
}

/** A listening node. @throws like `createNodeLibp2p` */
export async function createNodeNetwork(init: NodeNetworkInit): Promise<NodeNetwork> {
  const { clock, swarmId, privateKey } = init
  const bytes = createByteCounter()
  const standing = createStanding({ clock })
  const libp2p = await createNodeLibp2p({ ...init, standing, bytes })
  const gossip = createGossip({ topic: updatesTopic(swarmId) }, { libp2p, pubsub: libp2p.services.pubsub, standing })
  const streams = createStreams(init, { libp2p, clock })
  return {
    identity: createIdentity(privateKey),
    libp2p,
    gossip,
    streams,
    bytes,
    addresses: () => libp2p.getMultiaddrs().map(address => address.toString()),
    async stop() {
      await gossip.stop()
      await streams.stop()
      await libp2p.stop()
    }
  }
}
