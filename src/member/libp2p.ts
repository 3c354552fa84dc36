/** What a libp2p node of a swarm is given and offers, wherever it runs: Node.js and browsers each make their own. */
import type { GossipSub } from '@libp2p/gossipsub'
import type { Identify, IdentifyPush } from '@libp2p/identify'
import type { Ed25519PrivateKey, Libp2p } from '@libp2p/interface'
import type { Ping } from '@libp2p/ping'
import type { ByteCounter } from '../net/bytes.js'
import type { Door } from '../net/door.js'
import type { FaultyLinks } from '../net/faulty-links.js'
import type { MoreServices } from '../net/finder.js'
import type { Hello } from '../net/hello.js'
import type { Liveness } from '../net/liveness.js'
import type { Standing } from '../net/standing.js'

export interface SwarmLibp2pInit {
  readonly privateKey: Ed25519PrivateKey
  readonly swarmId: string
  readonly standing: Standing
  /** Multiaddrs; `[]` listens nowhere. */
  readonly listen?: readonly string[]
  /** Where the bytes of all sockets are counted. @default a new counter */
  readonly bytes?: ByteCounter
  /** Who is let in besides those in good standing. @default everybody */
  readonly door?: Door
  /** Who is welcome: its `service` goes to the node's, and gossip waits behind it. @default everybody is */
  readonly hello?: Hello
  /** Aborts connections that fell silent. @default none is */
  readonly liveness?: Liveness
  /** Bad links, for experiments. */
  readonly faults?: FaultyLinks | undefined
  /** Offered by the node besides what a swarm needs. @default nothing */
  readonly services?: MoreServices
}

export type SwarmServices = {
  identify: Identify
  identifyPush: IdentifyPush
  ping: Ping
  pubsub: GossipSub
  /** Of {@link SwarmLibp2pInit.hello}. */
  hello: object
}
export type SwarmLibp2p = Libp2p<SwarmServices>

/** @param More what this kind of node wants to know besides */
export type CreateSwarmLibp2p<More = object> = (init: SwarmLibp2pInit & More) => Promise<SwarmLibp2p>
