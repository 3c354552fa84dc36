/**
 * Who has misbehaved, and who is barred for it: strikes that fade, and a door that stays shut for a while. libp2p's
 * gossipsub lowers scores but keeps even a graylisted peer connected, so the node keeps this ledger itself.
 */
import type { PeerId } from '@libp2p/interface'
import type { Clock } from '../interface.js'
import { remember } from './remember.js'

export interface StandingInit {
  readonly clock: Clock
  /** Strikes that bar a peer. An honest peer earns none; the slack is for bugs of ours. @default 16 */
  readonly limit?: number
  /** Strikes halve in this time, ms. @default 300_000 */
  readonly halfLifeMs?: number
  /** How long a barred peer is refused, ms. @default 600_000 */
  readonly barMs?: number
  /** Peers remembered; the oldest entry goes first. New identities are cheap, so memory must not follow them. @default 4096 */
  readonly maxPeers?: number
}

export interface Standing {
  /** @returns whether the peer is barred now */
  strike(peer: PeerId): boolean
  /** Bars the peer at once. */
  bar(peer: PeerId): void
  isBarred(peer: PeerId): boolean
  /** Strikes left after fading, `limit` when barred. @param peer a peer id as text */
  strikes(peer: string): number
}

export function createStanding(init: StandingInit): Standing {
  const { clock, limit = 16, halfLifeMs = 300_000, barMs = 600_000, maxPeers = 4096 } = init
  const ledger = new Map<string, { readonly strikes: number; readonly at: number }>()
  const barredUntil = new Map<string, number>()

  function isBarred(peer: string): boolean {
    const until = barredUntil.get(peer)
    if (until === undefined) return false
    if (clock.now() < until) return true
    barredUntil.delete(peer)
    return false
  }

  function strikes(peer: string): number {
    if (isBarred(peer)) return limit
    const entry = ledger.get(peer)
    return entry === undefined ? 0 : entry.strikes * 2 ** ((entry.at - clock.now()) / halfLifeMs)
  }

  function bar(peer: string): void {
    ledger.delete(peer)
    remember(barredUntil, peer, clock.now() + barMs, maxPeers)
  }

  return {
    strike(peerId) {
      const peer = peerId.toString()
      if (isBarred(peer)) return true
      const count = strikes(peer) + 1
      if (count < limit) remember(ledger, peer, { strikes: count, at: clock.now() }, maxPeers)
      else bar(peer)
      return count >= limit
    },
    bar: peer => bar(peer.toString()),
    isBarred: peer => isBarred(peer.toString()),
    strikes
  }
}
