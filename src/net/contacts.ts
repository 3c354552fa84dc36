/**
 * The address book: whom this peer met, whom its neighbours told it of, and how dialling them went. Plain data and
 * arithmetic; times are handed in, ms of one monotonic clock. PROTOCOL.md, "Neighbours".
 */
import type { Random } from '../core/random.js'
import type { PeerKey } from '../interface.js'
import { isLoopback } from './address.js'
import { MAX_ADDRESSES, type SignedRecord } from './peer-record.js'

/** A way to hear of peers that is no neighbour: `mdns`, `dht`. */
export type Source = string

export interface Contact {
  readonly key: PeerKey
  /** Multiaddrs without `/p2p`, the one that worked last first; at least one. */
  readonly addresses: readonly string[]
  /** Its own signed words, to be handed on; undefined while nobody has brought them. */
  readonly record: SignedRecord | undefined
  /** When it was last connected to this peer or to somebody who said so. */
  readonly seenAt: number
  /** Whether this peer has ever been connected to it: an address that somebody only tells of may be a trap. */
  readonly met: boolean
  /** Who told of it first, a neighbour or a {@link Source}, while it was not met. */
  readonly toldBy: PeerKey | Source | undefined
  /** Dials in a row that failed. */
  readonly failures: number
  /** When the last one failed. */
  readonly failedAt: number
}

export interface ContactsInit {
  /** Contacts kept. @default 256 */
  readonly maxContacts?: number
  /** Of them, those that one neighbour told of and that were never met, so that no one fills the book. @default 32 */
  readonly maxPerTeller?: number
}

export interface Told {
  readonly record: SignedRecord
  /** Since somebody saw it connected, ms. */
  readonly ageMs: number
}

export interface Meeting {
  readonly record?: SignedRecord | undefined
  /** The address that was dialled, when it was this peer that did it. */
  readonly worked?: string | undefined
  /** Whether it is on this machine. */
  readonly local: boolean
}

/** Of one peer that was found without its signature: so many do not push out what it signed. */
const MAX_FOUND_ADDRESSES = 4
/** After a failed dial, ms, a new address is no reason to dial before it is time. */
const FORGIVING_MS = 10_000
/** A contact that was never met is forgotten after this many failures in a row. */
const STRANGER_FAILURES = 3
/** What is older is not handed on, ms: the dead are forgotten, however many peers remember them. */
export const MAX_TOLD_AGE_MS = 30 * 60_000

export class Contacts {
  readonly #contacts = new Map<PeerKey, Contact>()
  readonly #maxContacts: number
  readonly #maxPerTeller: number

  constructor({ maxContacts = 256, maxPerTeller = 32 }: ContactsInit = {}) {
    this.#maxContacts = maxContacts
    this.#maxPerTeller = maxPerTeller
  }

  get size(): number {
    return this.#contacts.size
  }

  get(key: PeerKey): Contact | undefined {
    return this.#contacts.get(key)
  }

  all(): readonly Contact[] {
    return [...this.#contacts.values()]
  }

  /** Connected now. */
  met(key: PeerKey, { record: latest, worked, local }: Meeting, now: number): void {
    const before = this.#contacts.get(key)
    const record = newer(before?.record, latest)
    const listed = usable(record?.addresses ?? [], local)
    const [kept] = before?.addresses ?? []
    const first = worked ?? (kept !== undefined && listed.includes(kept) ? kept : undefined)
    // What worked once may be missing in the record: a router's address, or a name.
    const addresses = unique([first, ...listed, kept])
    if (addresses.length === 0) return // it listens nowhere
    this.#put({ key, addresses, record, seenAt: now, met: true, toldBy: undefined, failures: 0, failedAt: now })
  }

  /** Still connected. */
  seen(key: PeerKey, now: number): void {
    const contact = this.#contacts.get(key)
    if (contact !== undefined) this.#contacts.set(key, { ...contact, seenAt: now })
  }

  /**
   * A neighbour told of somebody. What it says changes nothing about a peer that was met but for newer signed words and
   * a newer sight.
   * @param ageMs since somebody saw it connected, as the neighbour says @param local it says so from this machine
   * @param ways through neighbours, for whom has no address of its own
   */
  heard({ record, ageMs }: Told, toldBy: PeerKey, local: boolean, now: number, ways: readonly string[] = []): void {
    const { key } = record
    const before = this.#contacts.get(key)
    const seenAt = Math.max(now - ageMs, before?.seenAt ?? Number.NEGATIVE_INFINITY)
    const listed = usable(record.addresses, local)
    if (before !== undefined) {
      const isNewer = newer(before.record, record) === record && listed.length > 0
      if (!isNewer) {
        this.#set({ ...before, seenAt })
        return
      }
      const [kept] = before.addresses
      const moved = kept !== undefined && !listed.includes(kept)
      // An address that is new deserves a try at once.
      const failures = moved ? 0 : before.failures
      this.#set({ ...before, record, seenAt, failures, addresses: unique(moved ? listed : [kept, ...listed]) })
      return
    }
    const addresses = unique(listed.length > 0 ? listed : ways)
    if (addresses.length === 0 || !this.#hasRoom(toldBy, seenAt)) return
    this.#put({ key, addresses, record, seenAt, met: false, toldBy, failures: 0, failedAt: now })
  }

  /**
   * A way of looking for peers came upon somebody, without its signature. Addresses that are known already stay the first
   * to be tried.
   * @param local whether addresses on this machine are meant
   */
  found(key: PeerKey, found: readonly string[], source: Source, local: boolean, now: number): void {
    const listed = usable(found, local).slice(0, MAX_FOUND_ADDRESSES)
    const before = this.#contacts.get(key)
    if (before === undefined) {
      if (listed.length === 0 || !this.#hasRoom(source, now)) return
      const addresses = unique(listed)
      this.#put({
        key,
        addresses,
        record: undefined,
        seenAt: now,
        met: false,
        toldBy: source,
        failures: 0,
        failedAt: now
      })
      return
    }
    const fresh = listed.filter(address => !before.addresses.includes(address))
    if (fresh.length === 0) return
    const [first, ...others] = before.addresses
    const signed = others.filter(address => before.record?.addresses.includes(address))
    // An address that is new deserves a try at once, but nobody who lies about them has us dial all the time.
    const failures = now - before.failedAt < FORGIVING_MS ? before.failures : 0
    this.#set({ ...before, failures, addresses: unique([first, ...fresh, ...signed, ...others]) })
  }

  /** Makes room for one more of whom it is told; false when those that it told of before are better. */
  #hasRoom(toldBy: PeerKey | Source, seenAt: number): boolean {
    const told = this.all().filter(contact => !contact.met && contact.toldBy === toldBy)
    if (told.length < this.#maxPerTeller) return true
    const oldest = told.reduce((a, b) => (a.seenAt <= b.seenAt ? a : b))
    return oldest.seenAt < seenAt && this.#contacts.delete(oldest.key)
  }

  /** A dial failed, or what it brought did not last. */
  failed(key: PeerKey, now: number): void {
    const contact = this.#contacts.get(key)
    if (contact === undefined) return
    const failures = contact.failures + 1
    if (!contact.met && failures >= STRANGER_FAILURES) this.#contacts.delete(key)
    else this.#contacts.set(key, { ...contact, failures, failedAt: now })
  }

  /** Forgives failures: after a sleep the network may be another. */
  rested(): void {
    for (const contact of this.#contacts.values()) this.#set({ ...contact, failures: 0 })
  }

  /** From an earlier run; what is known already stays. */
  restore(contacts: readonly Contact[]): void {
    for (const contact of contacts) if (!this.#contacts.has(contact.key)) this.#put(contact)
  }

  forget(key: PeerKey): void {
    this.#contacts.delete(key)
  }

  /** For a neighbour that asks: whoever is connected now first, then others seen lately, drawn by lot. */
  tell(count: number, to: PeerKey, now: number, random: Pick<Random, 'shuffle'>): readonly Told[] {
    const told = this.all().flatMap(({ key, record, seenAt }) => {
      const ageMs = Math.max(0, now - seenAt)
      return key === to || record === undefined || ageMs > MAX_TOLD_AGE_MS ? [] : [{ record, ageMs }]
    })
    random.shuffle(told)
    const fresh = told.filter(({ ageMs }) => ageMs < FRESH_MS)
    return [...fresh, ...told.filter(({ ageMs }) => ageMs >= FRESH_MS)].slice(0, count)
  }

  #set(contact: Contact): void {
    this.#contacts.set(contact.key, contact)
  }

  #put(contact: Contact): void {
    this.#contacts.set(contact.key, contact)
    if (this.#contacts.size <= this.#maxContacts) return
    let worst = contact
    for (const other of this.#contacts.values()) if (usefulness(other) < usefulness(worst)) worst = other
    this.#contacts.delete(worst.key)
  }
}

/** Seen more recently than this, ms, counts as there. */
const FRESH_MS = 10_000

/** Those that were met outlast those that were only heard of, and each failure ages a contact by an hour. */
function usefulness({ met, seenAt, failures }: Contact): number {
  return seenAt - failures * 3_600_000 + (met ? 2 ** 40 : 0)
}

function newer(a: SignedRecord | undefined, b: SignedRecord | undefined): SignedRecord | undefined {
  return a !== undefined && (b === undefined || a.seq >= b.seq) ? a : b
}

/** Somebody else's loopback is not ours: dialling it would knock at whatever runs here. */
function usable(addresses: readonly string[], local: boolean): readonly string[] {
  return local ? addresses : addresses.filter(address => !isLoopback(address))
}

function unique(addresses: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(addresses.filter(address => address !== undefined))].slice(0, MAX_ADDRESSES)
}
