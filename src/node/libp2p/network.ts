/** A peer's network on Node.js. */
import { createNetwork, type Network, type NetworkInit } from '../../member/network.js'
import { createNodeLibp2p, type NodeLibp2pInit } from './create.js'

export type NodeNetworkInit = NetworkInit &
  Omit<NodeLibp2pInit, keyof NetworkInit | 'standing' | 'bytes' | 'door' | 'liveness'>
export type NodeNetwork = Network

/** A listening node. @throws like `createNodeLibp2p` */
export function createNodeNetwork(init: NodeNetworkInit): Promise<NodeNetwork> {
  return createNetwork(init, createNodeLibp2p)
}
