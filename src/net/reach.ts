/** Dials contacts of the address book, strangers with patience. */
import type { Libp2p } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import type { Clock, PeerKey } from '../interface.js'
import { hostOf, isLoopback, isRelayed, relayOf } from './address.js'
import { createBudget } from './budget.js'
import type { Contact, Contacts } from './contacts.js'
import { createDeadline } from './deadline.js'
import { dialAny, isConnected } from './dial-any.js'
import { JUST_DIALLED_MS } from './door.js'
import { peerIdOfKey } from './identity.js'
import { createStrangers } from './strangers.js'

/** One dial, ms; and addresses of one peer that it tries. */
const DIAL_MS = 20_000
const MAX_TRIED = 4
/** Of them, those through relays, if there are both. */
const MAX_RELAYED = 2

/** Dials to those that it met and that failed the last time: a full book of the dead costs little. */
const DIALS_AGAIN = { perMinute: 30, burst: 12 }

export interface ReachComponents {
  readonly libp2p: Pick<Libp2p, 'dial' | 'getConnections'>
  readonly clock: Clock
  readonly contacts: Contacts
  /** Through neighbours that are connected to it. @default none */
  readonly waysTo?: (key: PeerKey) => readonly string[]
  /** Ends dials under way. */
  readonly signal: AbortSignal
  /** Told of the addresses that are dialled. */
  readonly tried?: (addresses: readonly string[]) => void
}

export interface Reach {
  /** Resolves when it is connected, or not: the book knows. */
  dial(contact: Contact): Promise<void>
  readonly dialling: ReadonlySet<PeerKey>
  /** Whether a dial to it began a moment ago. */
  hasJustDialled(key: PeerKey): boolean
  /** Whether a connection to it is of our own accord; from then on that is forgotten. */
  forget(key: PeerKey): boolean
}

export function createReach({ libp2p, clock, contacts, signal, waysTo, tried: tell }: ReachComponents): Reach {
  const strangers = createStrangers()
  const again = createBudget(DIALS_AGAIN)
  const dialling = new Set<PeerKey>()
  const beganAt = new Map<PeerKey, number>()
  const reached = new Set<PeerKey>()

  function failed({ key, met }: Contact, tried: readonly string[]): void {
    const now = clock.now()
    reached.delete(key)
    contacts.failed(key, now)
    if (met) return
    const hosts = new Set(tried.filter(address => !isLoopback(address) && !isThroughNeighbour(address)).map(hostOf))
    for (const host of hosts) strangers.failedAt(host, now)
  }

  /** A relay that we are connected to has not failed because somebody behind it is gone. */
  function isThroughNeighbour(address: string): boolean {
    const relay = relayOf(multiaddr(address))
    return relay !== undefined && libp2p.getConnections(peerIdFromString(relay)).length > 0
  }

  return {
    dialling,
    hasJustDialled: key => clock.now() - (beganAt.get(key) ?? Number.NEGATIVE_INFINITY) < JUST_DIALLED_MS,
    forget: key => reached.delete(key),
    async dial(contact) {
      const { key, met, toldBy, failures } = contact
      const ways = waysTo?.(key) ?? []
      const own = inTurn(contact).filter(
        address => !ways.includes(address) && (met || !strangers.isTired(hostOf(address), clock.now()))
      )
      // Of what leads through others, that which is known to be there comes first.
      const tried = [...ways, ...own]
      if (tried.length === 0) return failed(contact, [])
      if (!met && !strangers.take(toldBy ?? key, clock.now())) return
      if (met && failures > 0 && !again.take(clock.now())) return
      const limit = createDeadline(clock, DIAL_MS, signal)
      const peer = peerIdOfKey(key)
      dialling.add(key)
      reached.add(key)
      beganAt.set(key, clock.now())
      tell?.(tried)
      try {
        await dialAny(peer, tried, limit.signal, { libp2p, clock })
      } catch {
        if (!signal.aborted && !isConnected(libp2p, peer)) failed(contact, tried)
      } finally {
        limit.clear()
        dialling.delete(key)
        beganAt.delete(key)
      }
    }
  }
}

/** The one that worked last comes first each time, the others by turns; the last ones lead through relays. */
function inTurn({ addresses, failures }: Contact): readonly string[] {
  const relayed = addresses.filter(isRelayed)
  const direct = addresses.filter(address => !isRelayed(address))
  const through = Math.min(relayed.length, direct.length === 0 ? MAX_TRIED : MAX_RELAYED)
  return [...turns(direct, MAX_TRIED - through, failures), ...turns(relayed, through, failures)]
}

function turns([first, ...others]: readonly string[], count: number, failures: number): readonly string[] {
  if (first === undefined || count === 0) return []
  const turn = others.length === 0 ? 0 : (failures * (count - 1)) % others.length
  return [first, ...others.slice(turn), ...others.slice(0, turn)].slice(0, count)
}
