/** Dials contacts of the address book, strangers with patience. */
import type { Libp2p } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import type { Clock, PeerKey } from '../interface.js'
import { hostOf, isLoopback } from './address.js'
import type { Contact, Contacts } from './contacts.js'
import { createDeadline } from './deadline.js'
import { peerIdOfKey } from './identity.js'
import { createStrangers } from './strangers.js'

/** One dial, ms; and addresses of one peer that it tries. */
const DIAL_MS = 10_000
const MAX_TRIED = 4

export interface ReachComponents {
  readonly libp2p: Pick<Libp2p, 'dial' | 'getConnections'>
  readonly clock: Clock
  readonly contacts: Contacts
  /** Ends dials under way. */
  readonly signal: AbortSignal
}

export interface Reach {
  /** Resolves when it is connected, or not: the book knows. */
  dial(contact: Contact): Promise<void>
  readonly dialling: ReadonlySet<PeerKey>
  /** Whether a connection to it is of our own accord; from then on that is forgotten. */
  forget(key: PeerKey): boolean
}

export function createReach({ libp2p, clock, contacts, signal }: ReachComponents): Reach {
  const strangers = createStrangers()
  const dialling = new Set<PeerKey>()
  const reached = new Set<PeerKey>()

  function failed({ key, met }: Contact, tried: readonly string[]): void {
    const now = clock.now()
    reached.delete(key)
    contacts.failed(key, now)
    if (met) return
    const hosts = new Set(tried.filter(address => !isLoopback(address)).map(hostOf))
    for (const host of hosts) strangers.failedAt(host, now)
  }

  return {
    dialling,
    forget: key => reached.delete(key),
    async dial(contact) {
      const { key, addresses, met, toldBy } = contact
      const tried = addresses
        .filter(address => met || !strangers.isTired(hostOf(address), clock.now()))
        .slice(0, MAX_TRIED)
      if (tried.length === 0) return failed(contact, [])
      if (!met && !strangers.take(toldBy ?? key, clock.now())) return
      const limit = createDeadline(clock, DIAL_MS, signal)
      const peer = peerIdOfKey(key)
      dialling.add(key)
      reached.add(key)
      try {
        await libp2p.dial(
          tried.map(address => multiaddr(`${address}/p2p/${peer}`)),
          { signal: limit.signal }
        )
      } catch {
        if (!signal.aborted && libp2p.getConnections(peer).length === 0) failed(contact, tried)
      } finally {
        limit.clear()
        dialling.delete(key)
      }
    }
  }
}
