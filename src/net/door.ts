/**
 * One connection to each peer, a direct one rather than one through a relay, none to those who are blocked, and no more
 * peers than there is room for: what the gater asks when somebody stands at the door. libp2p itself keeps both
 * connections of two peers that dial each other at once.
 */
import type { Connection, Libp2p, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { PeerKey } from '../interface.js'
import { kindOf } from './address.js'
import { keyOfPeerId } from './identity.js'
import { remember } from './remember.js'

export interface Household {
  readonly libp2p: Pick<Libp2p, 'getConnections' | 'getDialQueue' | 'addEventListener'>
  readonly self: PeerKey
  /** Whether it takes part in our swarm and is connected: only such a peer may use us as a relay. */
  isNeighbour(peer: PeerKey): boolean
  /** Whether there is no room for one more that nobody asked for. */
  isFull(peer: PeerKey): boolean
  /** Whether a dial to it, without its name, has just begun. */
  hasJustDialled(peer: PeerKey): boolean
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
  /** @param address where it comes from */
  admitsInbound(peer: PeerId, address: Multiaddr): boolean
  admitsOutbound(peer: PeerId, address: Multiaddr): boolean
  isBlocked(peer: PeerKey): boolean
  /** While it is shut nobody gets in or out. */
  isShut: boolean
  /** Whether it may have itself introduced by us, or be introduced to somebody. */
  relaysFor(peer: PeerId): boolean
  /** Who was found at an address that was dialled without a name, and was connected already. */
  foundAt(address: Multiaddr): PeerId | undefined
}

/** Two dials that meet each other do so within a handshake; a dial later than that comes from somebody who lost the first. */
const AT_ONCE_MS = 10_000
/** Whoever comes while a dial to it is older than this, ms, is not kept waiting: the address dialled may be a dead one. */
export const JUST_DIALLED_MS = 3000
const MAX_FOUND = 64
/** An introduction outlasts what it brought about by this, ms. */
const LINGER_MS = 3000

/** Through a relay that only introduces, through one that carries everything, direct. */
const INTRODUCED = 0
const RELAYED = 1
const DIRECT = 2

function rankOf({ limits, remoteAddr }: Connection): number {
  return limits === undefined ? rankAt(remoteAddr) : INTRODUCED
}

/** A connection that is not open yet does not tell its limits. */
function rankAt(address: Multiaddr): number {
  return kindOf(address) === 'relayed' ? RELAYED : DIRECT
}

function isRecent({ timeline }: Connection): boolean {
  return Date.now() - timeline.open < AT_ONCE_MS
}

export function createDoor({ blocked = [], onBlocked }: DoorInit = {}): Door {
  const blockedKeys = new Set(blocked)
  let household: Household | undefined
  const found = new Map<string, PeerId>()
  /** When a dial stood in the way of somebody first, by its id. */
  const inTheWay = new Map<string, number>()

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

  /**
   * Introductions have served their purpose: a little later, because the other side may still wait for the last word of
   * this one, and gives up a connection that is good when its introduction breaks off.
   */
  function closeIntroductions(peer: PeerId): void {
    setTimeout(() => {
      const all = connected(peer)
      const introductions = all.filter(connection => rankOf(connection) === INTRODUCED)
      if (introductions.length < all.length) for (const connection of introductions) connection.close().catch(() => {})
    }, LINGER_MS)
  }

  /**
   * Once a direct connection is identified both sides have it for good, and gossip opens its stream on the one that is
   * left: it must be the only one by then.
   */
  function leaveRelay(peer: PeerId): void {
    const all = connected(peer)
    if (!all.some(connection => rankOf(connection) === DIRECT)) return
    for (const connection of all)
      if (rankOf(connection) === RELAYED) connection.abort(new Error('there is a direct connection'))
  }

  function hasJustDialled({ libp2p, hasJustDialled }: Household, peer: PeerId): boolean {
    if (hasJustDialled(keyOfPeerId(peer) ?? '')) return true
    const dial = libp2p
      .getDialQueue()
      .find(({ status, peerId }) => status === 'active' && peerId?.equals(peer) === true)
    if (dial === undefined) return false
    const since = inTheWay.get(dial.id) ?? Date.now()
    remember(inTheWay, dial.id, since, MAX_FOUND)
    return Date.now() - since < JUST_DIALLED_MS
  }

  return {
    isBlocked: peer => blockedKeys.has(peer),
    isShut: false,
    open(newHousehold) {
      household = newHousehold
      household.libp2p.addEventListener('connection:open', ({ detail }) => {
        if (connected(detail.remotePeer).length > 1) closeIntroductions(detail.remotePeer)
      })
      household.libp2p.addEventListener('peer:identify', ({ detail }) => leaveRelay(detail.peerId))
    },
    relaysFor: peer => household?.isNeighbour(keyOfPeerId(peer) ?? '') === true,
    admitsInbound(peer, address) {
      if (refuses(peer, false)) return false
      if (household === undefined) return true
      const rank = rankAt(address)
      const all = connected(peer)
      if (all.some(connection => rankOf(connection) > rank)) return false
      const before = all.filter(connection => rankOf(connection) === rank)
      if (before.length === 0) {
        // A dial that began through a relay ends somewhere else than here.
        if (all.length === 0 && rank === DIRECT && hasJustDialled(household, peer)) return !isOurs(peer)
        if (all.length === 0 && household.isFull(keyOfPeerId(peer) ?? '')) return false
        return true
      }
      const atOnce = before.filter(isRecent)
      if (atOnce.some(({ direction }) => direction === 'outbound') && isOurs(peer)) return false
      for (const connection of before)
        if (!atOnce.includes(connection) || connection.direction === 'inbound')
          connection.abort(new Error('the peer has come anew'))
      return true
    },
    admitsOutbound(peer, address) {
      if (refuses(peer, true)) return false
      const rank = rankAt(address)
      const all = connected(peer)
      if (!all.some(connection => rankOf(connection) >= rank)) return true
      // Dials through relays meet without seeing each other: had both sides kept what came in, neither would have its end.
      const rivals = all.filter(
        connection => rankOf(connection) === rank && connection.direction === 'inbound' && isRecent(connection)
      )
      if (rank === DIRECT && isOurs(peer) && rivals.length === all.filter(each => rankOf(each) >= rank).length) {
        for (const rival of rivals) rival.abort(new Error('the other dial counts'))
        return true
      }
      remember(found, address.toString(), peer, MAX_FOUND)
      return false
    },
    foundAt: address => found.get(address.toString())
  }
}
