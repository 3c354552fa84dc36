/**
 * Connections to those that are not of this swarm: they answer for a DHT, or look for another swarm. A few are useful, many
 * are a burden, so the oldest go. PROTOCOL.md, "Neighbours".
 */
import type { PeerId } from '@libp2p/interface'

export interface GuestsInit {
  /** Kept. @default 16 */
  readonly max?: number
  /** Nobody is sent away sooner, ms: a question takes a moment, and a connection that is needed again costs more than one that is kept. @default 60_000 */
  readonly stayMs?: number
}

export interface Guests {
  came(peer: PeerId, now: number): void
  went(peer: PeerId): void
  readonly count: number
  /** @returns those that are to go now */
  look(now: number): readonly PeerId[]
}

export function createGuests({ max = 16, stayMs = 60_000 }: GuestsInit = {}): Guests {
  const guests = new Map<string, { readonly peer: PeerId; readonly since: number }>()
  return {
    came(peer, now) {
      const name = peer.toString()
      if (!guests.has(name)) guests.set(name, { peer, since: now })
    },
    went: peer => void guests.delete(peer.toString()),
    get count() {
      return guests.size
    },
    look(now) {
      return [...guests.values()]
        .slice(0, Math.max(0, guests.size - max))
        .filter(({ since }) => now - since >= stayMs)
        .map(({ peer }) => peer)
    }
  }
}
