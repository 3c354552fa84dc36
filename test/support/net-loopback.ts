/** Real libp2p nodes on loopback sockets for tests. */
import { swarmIdOf } from '#src/core/protocol/swarm-id.js'
import { parsePeerAddress } from '#src/net/address.js'
import { systemClock } from '#src/net/clock.js'
import { generateIdentity } from '#src/net/identity.js'
import type { Degrees } from '#src/net/policy.js'
import { createNodeNetwork, type NodeNetwork, type NodeNetworkInit } from '#src/node/libp2p/network.js'
import type { Endpoint, TestNetwork } from './network-contract.js'

/** Of a manifest that nobody has. */
export const TEST_SWARM = swarmIdOf(new Uint8Array(32).fill(1))

/** How often a condition is looked at, ms; mocha's own timeout ends a test whose condition never comes true. */
const LOOK_MS = 2

export interface LoopbackEndpoint extends Endpoint {
  readonly node: NodeNetwork
  /** Connects to a multiaddr, such as a proxy's. */
  dial(address: string): Promise<void>
}

export interface LoopbackNetwork extends TestNetwork {
  endpoint(init?: Partial<NodeNetworkInit>): Promise<LoopbackEndpoint>
}

/** Endpoints keep the neighbours that a test gives them, and look for no others. */
const AS_TOLD: Degrees = { low: 0, target: 0, high: Number.POSITIVE_INFINITY }

/** @param common what all endpoints are made with */
export async function createLoopbackNetwork(common: Partial<NodeNetworkInit> = {}): Promise<LoopbackNetwork> {
  const nodes: NodeNetwork[] = []
  const byKey = new Map<string, NodeNetwork>()
  let stopped = false
  const nodeOf = (endpoint: Endpoint) => byKey.get(endpoint.identity.key)!

  return {
    async endpoint(init = {}) {
      const { privateKey } = await generateIdentity()
      const node = await createNodeNetwork({
        privateKey,
        swarmId: TEST_SWARM,
        clock: systemClock,
        degrees: AS_TOLD,
        ...common,
        ...init
      })
      nodes.push(node)
      byKey.set(node.identity.key, node)
      return {
        node,
        identity: node.identity,
        gossip: node.gossip,
        streams: node.streams,
        async connect(other) {
          await node.libp2p.dial(nodeOf(other).libp2p.getMultiaddrs())
        },
        async dial(address) {
          await node.libp2p.dial(parsePeerAddress(address))
        },
        async disconnect(other) {
          const peer = nodeOf(other).libp2p.peerId
          for (const connection of node.libp2p.getConnections(peer)) connection.abort(new Error('cut'))
        }
      }
    },
    async settle(condition) {
      while (!condition()) {
        if (stopped) throw new Error('the network stopped before the condition came true')
        await new Promise(resolve => setTimeout(resolve, LOOK_MS))
      }
    },
    async stop() {
      stopped = true
      await Promise.all(nodes.map(node => node.stop()))
    }
  }
}
