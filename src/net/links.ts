/** Who this node is connected to, and by what. */
import type { Connection, Libp2p } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import type { PeerKey } from '../interface.js'
import { keyOfPeerId } from './identity.js'

/** `webrtc` is direct too, after an introduction; `relayed` sends every byte through a third peer. */
export type LinkKind = 'tcp' | 'websocket' | 'webrtc-direct' | 'webrtc' | 'relayed' | 'unknown'

export interface Link {
  readonly peer: PeerKey
  readonly how: LinkKind
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
  const parts = remoteAddr.getComponents()
  const names = parts.map(({ name }) => name)
  const circuit = names.indexOf('p2p-circuit')
  const relay = circuit < 0 ? undefined : parts.slice(0, circuit).findLast(({ name }) => name === 'p2p')?.value
  return {
    peer,
    how: kindOf(names),
    introducedBy: relay === undefined ? undefined : keyOfPeerId(peerIdFromString(relay)),
    address: remoteAddr.toString().replace(/\/p2p\/[^/]+$/, ''),
    direction,
    openedAt: timeline.open
  }
}

function kindOf(names: readonly string[]): LinkKind {
  if (names.includes('webrtc')) return 'webrtc'
  if (names.includes('p2p-circuit')) return 'relayed'
  if (names.includes('webrtc-direct')) return 'webrtc-direct'
  if (names.includes('ws') || names.includes('wss')) return 'websocket'
  return names.includes('tcp') ? 'tcp' : 'unknown'
}
