/** Who this node is connected to, and by what. */
import type { Connection, Libp2p } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import type { PeerKey } from '../interface.js'
import { type AddressKind, kindOf, relayOf, withoutPeer } from './address.js'
import { keyOfPeerId } from './identity.js'

export interface Link {
  readonly peer: PeerKey
  readonly how: AddressKind
  /** Who passed the connection on, or introduced the two. */
  readonly introducedBy: PeerKey | undefined
  /** Its end of the connection, without /p2p/<id>. */
  readonly address: string
  readonly direction: 'inbound' | 'outbound'
  /** Milliseconds since 1970. */
  readonly openedAt: number
}

/** One for each peer, that which carries what is sent to it: any but a relayed one before a relayed one. */
export function linksOf(libp2p: Pick<Libp2p, 'getConnections'>): readonly Link[] {
  const links = new Map<PeerKey, Link>()
  for (const connection of libp2p.getConnections()) {
    const key = keyOfPeerId(connection.remotePeer)
    if (key === undefined || connection.status !== 'open') continue
    const before = links.get(key)
    if (before === undefined || before.how === 'relayed') links.set(key, describe(key, connection))
  }
  return [...links.values()]
}

function describe(peer: PeerKey, { remoteAddr, direction, timeline }: Connection): Link {
  const relay = relayOf(remoteAddr)
  return {
    peer,
    how: kindOf(remoteAddr),
    introducedBy: relay === undefined ? undefined : keyOfPeerId(peerIdFromString(relay)),
    address: withoutPeer(remoteAddr),
    direction,
    openedAt: timeline.open
  }
}
