/** Who a page is connected to, and by what. */
import type { Connection, Libp2p } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import type { PeerKey } from '../../../interface.js'
import { keyOfPeerId } from '../../../net/identity.js'
import type { How } from '../session.js'

export interface Connected {
  readonly key: PeerKey
  readonly how: How
  readonly introducedBy?: PeerKey
}

/** One for each peer, the best of its connections. */
export function connectedPeers(libp2p: Pick<Libp2p, 'getConnections'>): readonly Connected[] {
  const best = new Map<PeerKey, Connected>()
  for (const connection of libp2p.getConnections()) {
    const key = keyOfPeerId(connection.remotePeer)
    if (connection.status !== 'open' || key === undefined) continue
    const found = describe(key, connection)
    const before = best.get(key)
    if (before === undefined || before.how === 'relayed') best.set(key, found)
  }
  return [...best.values()]
}

function describe(key: PeerKey, { remoteAddr }: Connection): Connected {
  const names = remoteAddr.getComponents().map(({ name }) => name)
  const circuit = names.indexOf('p2p-circuit')
  const relay =
    circuit < 0
      ? undefined
      : remoteAddr
          .getComponents()
          .slice(0, circuit)
          .findLast(c => c.name === 'p2p')
  const introducer = relay?.value === undefined ? undefined : keyOfPeerId(peerIdFromString(relay.value))
  return { key, how: howOf(names), ...(introducer !== undefined && introducer !== key && { introducedBy: introducer }) }
}

function howOf(names: readonly string[]): How {
  if (names.includes('webrtc')) return 'webrtc'
  if (names.includes('p2p-circuit')) return 'relayed'
  if (names.includes('webrtc-direct')) return 'webrtc-direct'
  if (names.includes('ws') || names.includes('wss')) return 'websocket'
  return names.includes('tcp') ? 'tcp' : 'unknown'
}
