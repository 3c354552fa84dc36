/** Who may connect at all: Ed25519 peers that are not barred, once each, while there is room. */
import type { ConnectionGater, PeerId } from '@libp2p/interface'
import type { Door } from './door.js'
import { keyOfPeerId } from './identity.js'
import type { Standing } from './standing.js'

/** For the `connectionGater` of a libp2p node. */
export function createGater(standing: Standing, door?: Door): ConnectionGater {
  const refused = (peer: PeerId) => keyOfPeerId(peer) === undefined || standing.isBarred(peer)
  return {
    // A shut door costs nobody a handshake.
    denyInboundConnection: () => door?.isShut === true,
    denyDialPeer: peer => door?.isShut === true || refused(peer),
    // Browsers deny private addresses by default; a swarm on one table is a use we want.
    denyDialMultiaddr: () => door?.isShut === true,
    denyInboundEncryptedConnection: (peer, { remoteAddr }) =>
      refused(peer) || door?.admitsInbound(peer, remoteAddr) === false,
    denyOutboundEncryptedConnection: (peer, { remoteAddr }) =>
      refused(peer) || door?.admitsOutbound(peer, remoteAddr) === false,
    // Nobody relays for strangers.
    denyInboundRelayReservation: peer => refused(peer) || door?.relaysFor(peer) === false,
    denyOutboundRelayedConnection: peer => refused(peer) || door?.relaysFor(peer) === false,
    denyInboundRelayedConnection: (_, peer) => refused(peer)
  }
}
