/** Invites that a page makes: of neighbours that can be dialled, of those it was invited by, and of itself behind them. */
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { inviteLink } from '../../core/wire/invite-text.js'
import type { Network } from '../../member/network.js'
import { keyOfPeerId } from '../../net/identity.js'
import { makeInvite, type Reachable } from '../../net/invite.js'
import type { FriendInvite } from './session.js'
import type { BrowserHome } from './storage/home.js'

/** Like those of the command line: a link of some 700 characters, and a code that a phone reads from a phone. */
const LINK_BYTES = 512
const CODE_BYTES = 200

/** @param page where the page lies @returns null when nobody is known whom a newcomer could dial */
export async function inviteFriend(
  home: BrowserHome,
  swarm: string,
  network: Network,
  page: string
): Promise<FriendInvite | null> {
  const [key, addresses = [], staleAt] = await Promise.all([
    home.get(swarm, 'key'),
    home.get(swarm, 'addresses'),
    home.get(swarm, 'staleAt')
  ])
  const self = { key: network.identity.key, addresses: network.addresses() }
  const peers = merged([...network.neighbourhood.dialable(), ...addresses.flatMap(reachable), self])
  // Whose certificates are in the addresses now is not told; those of the invite that led here are the oldest.
  const source = { swarmId: swarm, key, peers, staleAt, forPages: true }
  const invite = makeInvite({ ...source, maxBytes: LINK_BYTES })
  if (invite.peers.length === 0) return null
  return {
    link: inviteLink(invite, page),
    shortLink: inviteLink(makeInvite({ ...source, maxBytes: CODE_BYTES }), page)
  }
}

function reachable(address: string): Reachable[] {
  const id = multiaddr(address)
    .getComponents()
    .findLast(({ name }) => name === 'p2p')?.value
  const key = id === undefined ? undefined : keyOfPeerId(peerIdFromString(id))
  return key === undefined ? [] : [{ key, addresses: [address] }]
}

/** One entry for each peer, in the order in which they came. */
function merged(peers: readonly Reachable[]): Reachable[] {
  const keys = [...new Set(peers.map(({ key }) => key))]
  return keys.map(key => ({ key, addresses: peers.filter(peer => peer.key === key).flatMap(peer => peer.addresses) }))
}
