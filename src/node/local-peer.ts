/** A peer of this process, on libp2p for Node.js. */
import { createLocalPeer as create, type LocalPeer, type LocalPeerInit } from '../member/local-peer.js'
import { createNodeLibp2p } from './libp2p/create.js'

export type { LocalPeer, LocalPeerInit }

/** Listens, but does nothing until `peer.start()`. @throws like `createNodeLibp2p` */
export function createLocalPeer(init: LocalPeerInit): Promise<LocalPeer> {
  return create(init, createNodeLibp2p)
}
