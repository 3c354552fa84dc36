/**
 * Which neighbours can bring this peer together with whom: those that say they are connected to it just now. That needs no
 * address of anybody, so peers that cannot be dialled, as pages, find each other when no dialable one is left.
 */
import type { PeerKey } from '../interface.js'
import { peerIdOfKey } from './identity.js'
import { remember } from './remember.js'

export interface Introducers {
  /** A neighbour told of somebody. @param ageMs since it saw it connected, as it says */
  told(about: PeerKey, by: PeerKey, ageMs: number): void
  /** Multiaddrs without the peer's own `/p2p`, through present neighbours, the one that told last first. */
  waysTo(key: PeerKey): readonly string[]
}

/** Seen more recently than this, ms, counts as connected. */
const FRESH_MS = 10_000
const MAX_KNOWN = 256
const MAX_EACH = 3

/** @param isNeighbour whether it is connected to this peer now */
export function createIntroducers(isNeighbour: (key: PeerKey) => boolean): Introducers {
  const introducers = new Map<PeerKey, readonly PeerKey[]>()
  return {
    told(about, by, ageMs) {
      if (ageMs > FRESH_MS || about === by) return
      const before = introducers.get(about) ?? []
      remember(introducers, about, [by, ...before.filter(key => key !== by)].slice(0, MAX_EACH), MAX_KNOWN)
    },
    waysTo(key) {
      const present = (introducers.get(key) ?? []).filter(isNeighbour)
      return present.map(introducer => `/p2p/${peerIdOfKey(introducer)}/p2p-circuit/webrtc`)
    }
  }
}
