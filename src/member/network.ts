/** Everything a peer needs from the network, put together: its identity, gossip and streams on one libp2p node. */
import type { Ed25519PrivateKey } from '@libp2p/interface'
import { swarmDigest } from '../core/protocol/swarm-id.js'
import { createRandom } from '../core/random.js'
import type { Clock, Gossip, Identity, Streams } from '../interface.js'
import { type ByteCounter, createByteCounter } from '../net/bytes.js'
import { createDoor, type DoorInit } from '../net/door.js'
import type { Discovery, MoreServices } from '../net/finder.js'
import { createGossip } from '../net/gossip.js'
import { updatesTopic } from '../net/gossip-params.js'
import { createHello, type Hello, type HelloInit } from '../net/hello.js'
import { createIdentity } from '../net/identity.js'
import { createLiveness, type LivenessInit } from '../net/liveness.js'
import { Neighbourhood, type NeighbourhoodInit } from '../net/neighbourhood.js'
import { createStanding } from '../net/standing.js'
import { createStreams, type StreamsInit } from '../net/streams.js'
import type { CreateSwarmLibp2p, SwarmLibp2p, SwarmLibp2pInit } from './libp2p.js'

export interface NetworkInit
  extends Omit<SwarmLibp2pInit, 'standing' | 'bytes' | 'door' | 'liveness' | 'hello'>,
    Omit<StreamsInit, 'swarmId'>,
    Omit<NeighbourhoodInit, 'swarmId'>,
    Pick<HelloInit, 'admission' | 'software' | 'helloMs' | 'maxPending'>,
    Pick<DoorInit, 'blocked'>,
    LivenessInit {
  readonly privateKey: Ed25519PrivateKey
  readonly clock: Clock
  /** Ways of looking for peers besides asking neighbours. @default none */
  readonly discovery?: readonly Discovery[] | undefined
}

export interface Network {
  readonly identity: Identity
  readonly libp2p: SwarmLibp2p
  /** Not started yet: that is the peer's to do. */
  readonly gossip: Gossip
  readonly streams: Streams
  /** Started: it finds neighbours, keeps them and stops with the node. */
  readonly neighbourhood: Neighbourhood
  /** Who is welcome, and who is not. */
  readonly hello: Hello
  /** Counts from the first socket on. */
  readonly bytes: Readonly<ByteCounter>
  /** Lets everybody go and nobody come, a moment after goodbyes could be sent; or lets people come and looks for them again. */
  shut(isShut: boolean): void
  /** Where it can be dialled, with its peer id. */
  addresses(): string[]
  /** Stops gossip, streams and the node. Twice is fine. */
  stop(): Promise<void>
}

/** What is said last takes a moment to leave, ms. */
const GOODBYE_MS = 500

/** A listening node. @throws like `createLibp2p` */
export async function createNetwork<More>(
  init: NetworkInit & More,
  createLibp2p: CreateSwarmLibp2p<More>
): Promise<Network> {
  const { clock, swarmId, privateKey } = init
  const bytes = createByteCounter()
  const standing = createStanding({ clock })
  const liveness = createLiveness(init, { clock })
  const identity = createIdentity(privateKey)
  const hello = createHello({ ...init, self: identity.key, swarm: swarmDigest(swarmId) }, { clock, standing })
  const door = createDoor({
    blocked: init.blocked,
    onBlocked: (peer, dialled) => hello.refused(peer, 'blocked', dialled)
  })
  const { discovery = [] } = init
  const services: MoreServices = Object.assign({}, init.services, ...discovery.map(({ services }) => services))
  const libp2p = await createLibp2p({ ...init, services, standing, bytes, door, liveness, hello }).catch(error => {
    liveness.stop()
    throw error
  })
  const gossip = createGossip({ topic: updatesTopic(swarmId) }, { libp2p, pubsub: libp2p.services.pubsub, standing })
  const goodStreams = createStreams(init, { libp2p, clock, hello })
  const streams = init.faults?.streams(goodStreams) ?? goodStreams
  // A stream of its own for each peer: those that lost the same neighbour must not come back in step.
  const random = createRandom(Number.parseInt(identity.key.slice(0, 12), 16))
  const neighbourhood = new Neighbourhood(init, {
    libp2p,
    clock,
    random,
    identity,
    standing,
    door,
    liveness,
    hello,
    penalise: gossip.penalise
  })
  await neighbourhood.start()
  for (const { open } of discovery) neighbourhood.search(open({ libp2p, clock, random }))
  let cancelShutting = () => {}
  return {
    identity,
    libp2p,
    gossip,
    streams,
    neighbourhood,
    hello,
    bytes,
    shut(isShut) {
      cancelShutting()
      door.isShut = isShut
      if (!isShut) neighbourhood.wake()
      else
        cancelShutting = clock.after(GOODBYE_MS, () => {
          for (const connection of libp2p.getConnections()) connection.close().catch(error => connection.abort(error))
        })
    },
    addresses: () => libp2p.getMultiaddrs().map(address => address.toString()),
    async stop() {
      cancelShutting()
      await neighbourhood.stop()
      liveness.stop()
      await gossip.stop()
      await streams.stop()
      await libp2p.stop()
    }
  }
}
