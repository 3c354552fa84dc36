/** A peer of this process, on libp2p for Node.js. */
import { createLocalPeer as create, type LocalPeer, type LocalPeerInit } from '../member/local-peer.js'
import { createNodeLibp2p, type NodeReach } from './libp2p/create.js'

export type { LocalPeer, LocalPeerInit }

/**
 * Listens, but does nothing until `peer.start()`.
 * @param reach how it is reached besides by TCP @throws like `createNodeLibp2p`
 */
export function createLocalPeer(init: LocalPeerInit, reach?: NodeReach): Promise<LocalPeer> {
  return create(init, network => createNodeLibp2p(reach === undefined ? network : { ...network, reach }))
}
