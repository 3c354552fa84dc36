/** What a connection shows of where somebody can be dialled again. */
import type { Connection, Libp2p } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Identity, PeerKey } from '../interface.js'
import { isDialable, isLoopback, kindOf, withoutPeer } from './address.js'
import type { Meeting } from './contacts.js'
import { keyOfPeerId, peerIdOfKey } from './identity.js'
import type { Reachable } from './invite.js'
import { openPeerRecord, type SignedRecord } from './peer-record.js'

/** @param connection of a peer that was identified @param known records whose bytes were checked before */
export async function meetingOf(
  connection: Pick<Connection, 'remotePeer' | 'remoteAddr' | 'direction'>,
  { peerStore }: Pick<Libp2p, 'peerStore'>,
  verify: Identity['verify'],
  known: (key: PeerKey) => SignedRecord | undefined
): Promise<Meeting> {
  const { remotePeer, remoteAddr, direction } = connection
  const { peerRecordEnvelope } = await peerStore.get(remotePeer)
  const opened = peerRecordEnvelope === undefined ? undefined : await openPeerRecord(peerRecordEnvelope, verify, known)
  const remote = withoutPeer(remoteAddr)
  return {
    record: typeof opened === 'object' && opened.key === keyOfPeerId(remotePeer) ? opened : undefined,
    // An introduction is done once: its address is the record's to tell.
    worked: direction === 'outbound' && isTold(remoteAddr) ? remote : undefined,
    local: isLoopback(remote)
  }
}

/** Of a direct connection that a relay brought about, one side does not see by which. */
function isTold(address: Multiaddr): boolean {
  return kindOf(address) !== 'webrtc' || isDialable(address)
}

/** Those of the peers that were reached by dialling them, as others may, with the address that worked first. */
export function dialableOf(
  libp2p: Pick<Libp2p, 'getConnections'>,
  peers: Iterable<PeerKey>,
  addressesOf: (key: PeerKey) => readonly string[]
): readonly Reachable[] {
  return [...peers].flatMap(key => {
    const dialled = libp2p
      .getConnections(peerIdOfKey(key))
      .find(({ direction, limits }) => direction === 'outbound' && limits === undefined)
    if (dialled === undefined) return []
    const worked = withoutPeer(dialled.remoteAddr)
    return [{ key, addresses: [worked, ...addressesOf(key).filter(address => address !== worked)] }]
  })
}
