/** Who a page is connected to, and by what. */
import type { Connection } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import type { PeerKey } from '../../../interface.js'
import type { Network } from '../../../member/network.js'
import { kindOf, relayOf } from '../../../net/address.js'
import { keyOfPeerId } from '../../../net/identity.js'
import type { How } from '../session.js'

export interface Connected {
  readonly key: PeerKey
  readonly how: How
  /** Known on the side that dialled. */
  readonly introducedBy?: PeerKey
}

/** One for each peer that is welcome, the best of its connections; those over which a relay only introduces do not count. */
export function connectedPeers({ libp2p, hello }: Pick<Network, 'libp2p' | 'hello'>): readonly Connected[] {
  const best = new Map<PeerKey, Connected>()
  for (const connection of libp2p.getConnections()) {
    const key = keyOfPeerId(connection.remotePeer)
    if (
      connection.status !== 'open' ||
      connection.limits !== undefined ||
      key === undefined ||
      !hello.isWelcome(connection)
    )
      continue
    const before = best.get(key)
    if (before === undefined || before.how === 'relayed') best.set(key, describe(key, connection))
  }
  return [...best.values()]
}

function describe(key: PeerKey, { remoteAddr }: Connection): Connected {
  const relay = relayOf(remoteAddr)
  const introducedBy = relay === undefined ? undefined : keyOfPeerId(peerIdFromString(relay))
  return { key, how: kindOf(remoteAddr), ...(introducedBy !== undefined && { introducedBy }) }
}
