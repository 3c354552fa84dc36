/**
 * One connection to each peer, none to those who are blocked, and no more peers than there is room for: what the gater asks when somebody stands at the
 * door. libp2p itself keeps both connections of two peers that dial each other at once.
 */
import type { Libp2p, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { PeerKey } from '../interface.js'
import { keyOfPeerId } from './identity.js'

export interface Household {
  readonly libp2p: Pick<Libp2p, 'getConnections' | 'getDialQueue'>
  readonly self: PeerKey
  /** Whether there is no room for one more that nobody asked for. */
  isFull(peer: PeerKey): boolean
}

export interface DoorInit {
  /** Whom the user wants nothing to do with. @default nobody */
  readonly blocked?: Iterable<PeerKey> | undefined
  /** Called when one of them stood at the door, or was found behind an address. */
  readonly onBlocked?: (peer: PeerKey, dialled: boolean) => void
}

export interface Door {
  /** Until then everybody is let in: a node opens its door before its owner is there. */
  open(household: Household): void
  admitsInbound(peer: PeerId): boolean
  admitsOutbound(peer: PeerId, address: Multiaddr): boolean
  isBlocked(peer: PeerKey): boolean
  /** While it is shut nobody gets in or out. */
  isShut: boolean
  /** Who was found at an address that was dialled without a name, and was connected already. */
  foundAt(address: Multiaddr): PeerId | undefined
}

/** Two dials that meet each other do so within a handshake; a dial later than that comes from somebody who lost the first. */
const AT_ONCE_MS = 10_000
const MAX_FOUND = 64

export function createDoor({ blocked = [], onBlocked }: DoorInit = {}): Door {
  const blockedKeys = new Set(blocked)
  let household: Household | undefined
  const found = new Map<string, PeerId>()

  const connected = (peer: PeerId) =>
    household?.libp2p.getConnections(peer).filter(({ status }) => status === 'open') ?? []

  /** Of two dials at once the one of the lower key counts; both sides know which that is. */
  function isOurs(peer: PeerId): boolean {
    return household !== undefined && household.self < (keyOfPeerId(peer) ?? '')
  }

  function refuses(peer: PeerId, dialled: boolean): boolean {
    const key = keyOfPeerId(peer)
    if (key === undefined || !blockedKeys.has(key)) return false
    onBlocked?.(key, dialled)
    return true
  }

  return {
    isBlocked: peer => blockedKeys.has(peer),
    isShut: false,
    open(newHousehold) {
      household = newHousehold
    },
    admitsInbound(peer) {
      if (refuses(peer, false)) return false
      if (household === undefined) return true
      const before = connected(peer)
      if (before.length === 0) {
        const dialling = household.libp2p
          .getDialQueue()
          .some(({ peerId, status }) => status === 'active' && peerId?.equals(peer) === true)
        if (dialling) return !isOurs(peer)
        return !household.isFull(keyOfPeerId(peer) ?? '')
      }
      const atOnce = before.filter(({ timeline }) => Date.now() - timeline.open < AT_ONCE_MS)
      if (atOnce.some(({ direction }) => direction === 'outbound') && isOurs(peer)) return false
      for (const connection of before)
        if (!atOnce.includes(connection) || connection.direction === 'inbound')
          connection.abort(new Error('the peer has come anew'))
      return true
    },
    admitsOutbound(peer, address) {
      if (refuses(peer, true)) return false
      if (connected(peer).length === 0) return true
      found.set(address.toString(), peer)
      const [oldest] = found.keys()
      if (found.size > MAX_FOUND && oldest !== undefined) found.delete(oldest)
      return false
    },
    foundAt: address => found.get(address.toString())
  }
}
