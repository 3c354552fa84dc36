/**
 * Keeps a peer among others: remembers whom it met, asks neighbours for more, and does what the policy says. It never
 * gives up. PROTOCOL.md, "Neighbours".
 */
import type { IdentifyResult, Libp2p, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { setMaxListeners } from 'main-event'
import type { Random } from '../core/random.js'
import type { Clock, Identity, PeerKey } from '../interface.js'
import { isLoopback, withoutPeer } from './address.js'
import { type Asked, createAsked } from './asked.js'
import { Contacts } from './contacts.js'
import type { Door } from './door.js'
import type { Finder, Found, Need } from './finder.js'
import { createGuests } from './guests.js'
import type { Guard } from './hello.js'
import { keyOfPeerId, peerIdOfKey } from './identity.js'
import { createInquiry, type Inquiry, type Question } from './inquiry.js'
import { createIntroducers, type Introducers } from './introducers.js'
import type { Reachable } from './invite.js'
import { decodeKnownPeers, encodeKnownPeers } from './known-peers.js'
import type { Liveness } from './liveness.js'
import type { Efforts } from './lonely.js'
import { dialableOf, meetingOf } from './meeting.js'
import { createPeerExchange, type PeerExchange, peersProtocol } from './peer-exchange.js'
import { type Degrees, decide, keptDegrees, type Neighbour } from './policy.js'
import { createReach, type Reach } from './reach.js'
import { createSearch, type Search } from './search.js'
import type { Standing } from './standing.js'

export interface NeighbourhoodInit {
  readonly swarmId: string
  /** Absent: the neighbours that were asked for, and others only when half of those it had are lost. */
  readonly degrees?: Degrees | undefined
  /** Between looks at the neighbourhood, ms. @default 1000 */
  readonly lookMs?: number
  /** First wait between questions to neighbours after a change, ms; doubled by each. @default 2000 */
  readonly firstAskMs?: number
  /** How long a neighbour above the bound may stay to learn of others, ms. @default 10_000 */
  readonly graceMs?: number
  /** Whether this peer speaks WebRTC, so that neighbours can introduce it to others. @default false */
  readonly introduced?: boolean
}

export interface NeighbourhoodComponents {
  readonly libp2p: Libp2p
  readonly clock: Clock
  readonly random: Random
  readonly identity: Identity
  readonly standing: Standing
  readonly door: Door
  readonly liveness: Liveness
  readonly hello: Guard
  /** Takes score from a neighbour for what no honest peer sends. */
  readonly penalise: (peer: PeerKey) => void
}

/** A neighbour that stayed less, ms, is not dialled again at once. */
const LASTING_MS = 60_000
/** Neighbours above the bound that may come to ask for others. */
const SLACK = 8
/** Who knows fewer tells neighbours that it has news, so that it runs through a young swarm at once. */
const KNOWS_FEW = 64
/** Whom nobody saw since, ms, is no news: the dead must not keep a swarm asking. */
const NEWS_MS = 60_000
/** Those that are of another swarm, or of none, and their connections; more are not let in. */
const MOST_GUESTS = 64
/** A neighbour that stayed for so many looks counts to those that one has had. */
const SETTLED_LOOKS = 5

export class Neighbourhood {
  readonly #components: NeighbourhoodComponents
  readonly #degrees: Degrees | undefined
  readonly #lookMs: number
  readonly #graceMs: number
  readonly #contacts = new Contacts()
  readonly #introducers: Introducers
  readonly #reach: Reach
  readonly #inquiry: Inquiry
  readonly #neighbours = new Map<PeerKey, { readonly since: number }>()
  readonly #asked: Asked
  readonly #search: Search
  readonly #guests = createGuests()
  readonly #exchange: PeerExchange
  readonly #protocol: string
  readonly #stopping = new AbortController()
  readonly #work = new Set<Promise<void>>()
  readonly #undo: (() => void)[] = []
  #cancelLook = () => {}
  #most = 0
  #probedAt: number

  constructor(
    { swarmId, degrees, lookMs = 1000, firstAskMs = 2000, graceMs = 10_000, introduced = false }: NeighbourhoodInit,
    components: NeighbourhoodComponents
  ) {
    const { libp2p, clock, identity, penalise, random, door, hello } = components
    this.#components = components
    this.#degrees = degrees
    this.#lookMs = lookMs
    this.#graceMs = graceMs
    this.#inquiry = createInquiry(firstAskMs)
    const { signal } = this.#stopping
    this.#search = createSearch({ libp2p, clock, random, contacts: this.#contacts, signal, foundAt: door.foundAt })
    this.#asked = createAsked({
      libp2p,
      clock,
      random,
      foundAt: door.foundAt,
      isContent: () => this.#neighbours.size >= this.#bounds().low,
      tried: this.#search.tried
    })
    this.#introducers = createIntroducers(key => introduced && this.#neighbours.has(key))
    const { waysTo } = this.#introducers
    this.#reach = createReach({ libp2p, clock, contacts: this.#contacts, waysTo, signal, tried: this.#search.tried })
    this.#protocol = peersProtocol(swarmId)
    this.#probedAt = clock.now()
    setMaxListeners(Number.POSITIVE_INFINITY, signal)
    this.#exchange = createPeerExchange(
      {
        swarmId,
        tell: (count, to, news) => {
          this.#seeNeighbours()
          if (news) this.#inquiry.invited(to)
          return this.#contacts.tell(count, to, clock.now(), random)
        },
        known: key => this.#contacts.get(key)?.record,
        penalise
      },
      { libp2p, clock, verify: identity.verify, hello }
    )
    door.open({
      libp2p,
      self: identity.key,
      isNeighbour: key => this.#neighbours.has(key),
      isFull: key => this.#isFull(key),
      hasJustDialled: key => this.#reach.hasJustDialled(key)
    })
  }

  async start(): Promise<void> {
    const { libp2p, liveness } = this.#components
    const onIdentify = ({ detail }: CustomEvent<IdentifyResult>) => this.#run(this.#identified(detail))
    const onGone = ({ detail }: CustomEvent<PeerId>) => this.#gone(detail)
    libp2p.addEventListener('peer:identify', onIdentify)
    libp2p.addEventListener('peer:disconnect', onGone)
    this.#undo.push(
      () => libp2p.removeEventListener('peer:identify', onIdentify),
      () => libp2p.removeEventListener('peer:disconnect', onGone),
      liveness.onWake(() => this.wake())
    )
    await this.#exchange.start()
    this.#look()
  }

  /** Keeps these connected, whatever the bounds say. @param onUnreachable called once per outage */
  dial(addresses: readonly Multiaddr[], onUnreachable?: (address: Multiaddr) => void): void {
    if (!this.#stopping.signal.aborted) this.#asked.dial(addresses, onUnreachable)
  }

  /** Tries these while neighbours are wanted, all at once while there is none, and keeps nobody for having been among them. */
  introduce(addresses: readonly Multiaddr[]): void {
    this.#search.introduce(addresses)
    this.#look()
  }

  /** Looks for peers this way too, until `stop()`, which stops the finder. */
  search(finder: Finder): void {
    this.#search.add(finder)
    this.#look()
  }

  /** Somebody may be of this swarm, says a source that is no neighbour: bounded, and believed when a dial has shown it. */
  heardOf(source: Pick<Finder, 'name' | 'local'>, found: readonly Found[]): void {
    const before = this.#contacts.size
    const { key: self } = this.#components.identity
    this.#search.heardOf(source, found, key => key === self || this.#neighbours.has(key))
    if (this.#contacts.size > before && this.need !== 'none') this.#look()
  }

  /** Whether the user asked for this very peer; others come by, or help to find somebody. */
  isMeant(key: PeerKey): boolean {
    return this.#asked.has(key) || this.#search.isIntroduction(peerIdOfKey(key))
  }

  /** Whether neighbours are wanted. */
  get need(): Need {
    if (this.#neighbours.size === 0) return 'all'
    return this.#neighbours.size < this.#bounds().low ? 'some' : 'none'
  }

  /** Called once in each outage, when nobody has answered for some seconds. @returns undoes it */
  onNobody(listener: (efforts: Efforts) => void): () => void {
    return this.#search.onNobody(listener)
  }

  /** How many peers are in the book, with and without a connection. */
  get contacts(): number {
    return this.#contacts.size
  }

  /** Neighbours that it reached by dialling them, as others may, with the address that worked first. */
  dialable(): readonly Reachable[] {
    return dialableOf(this.#components.libp2p, this.#neighbours.keys(), key => this.#contacts.get(key)?.addresses ?? [])
  }

  /** Addresses of all that it has ever met, in no particular order. */
  met(): readonly string[] {
    return this.#contacts.all().flatMap(({ met, addresses }) => (met ? [...addresses] : []))
  }

  /** Whom this peer met, for {@link restore} in a later run. */
  snapshot(): Uint8Array {
    this.#seeNeighbours()
    return encodeKnownPeers(this.#contacts.all(), Date.now() - this.#components.clock.now())
  }

  /** @throws {KnownPeersError} when the bytes are no snapshot */
  async restore(bytes: Uint8Array): Promise<void> {
    const { clock, identity } = this.#components
    const now = clock.now()
    this.#contacts.restore(await decodeKnownPeers(bytes, identity.verify, Date.now() - now, now))
    this.#contacts.forget(identity.key)
  }

  async stop(): Promise<void> {
    if (this.#stopping.signal.aborted) return
    this.#stopping.abort()
    this.#cancelLook()
    for (const undo of this.#undo) undo()
    await Promise.all([this.#asked.stop(), this.#search.stop(), this.#exchange.stop(), ...this.#work])
  }

  #bounds(): Degrees {
    return this.#degrees ?? keptDegrees(this.#most)
  }

  #isFull(key: PeerKey): boolean {
    if (this.#asked.has(key)) return false
    return this.#neighbours.size >= this.#bounds().high + SLACK || this.#guests.count >= MOST_GUESTS
  }

  async #identified({ peerId, protocols, connection }: IdentifyResult): Promise<void> {
    const { libp2p, clock, identity, hello } = this.#components
    const key = keyOfPeerId(peerId)
    if (key === undefined || connection.status !== 'open') return
    // Whom a relay only introduced is no neighbour yet.
    if (connection.limits !== undefined) return
    if (!protocols.includes(this.#protocol)) {
      // It took part in another swarm's stead at that address; what came from a book goes out of it.
      if (this.#neighbours.delete(key)) this.#inquiry.went(key, clock.now())
      this.#contacts.forget(key)
      if (this.#reach.forget(key)) await connection.close()
      else this.#guests.came(peerId, clock.now())
      return
    }
    this.#guests.went(peerId)
    if (!(await hello.welcomed(connection)) || connection.status !== 'open') return this.#missed(key)
    if (!this.#neighbours.has(key)) {
      this.#neighbours.set(key, { since: clock.now() })
      this.#inquiry.came(key, clock.now())
    }
    const meeting = await meetingOf(connection, libp2p, identity.verify, known => this.#contacts.get(known)?.record)
    const isNew = this.#contacts.get(key)?.record === undefined
    this.#contacts.met(key, meeting, clock.now())
    if (isNew) this.#news(key)
  }

  /** Somebody is in the book that was not there. @param from who knows */
  #news(from: PeerKey): void {
    if (this.#contacts.size < KNOWS_FEW) this.#inquiry.news(from, this.#components.clock.now())
  }

  #gone(peerId: PeerId): void {
    this.#guests.went(peerId)
    const key = keyOfPeerId(peerId)
    const neighbour = key === undefined ? undefined : this.#neighbours.get(key)
    if (key === undefined) return
    if (neighbour === undefined) {
      this.#missed(key)
      return
    }
    const now = this.#components.clock.now()
    this.#neighbours.delete(key)
    this.#reach.forget(key)
    this.#contacts.seen(key, now)
    if (now - neighbour.since < LASTING_MS) this.#contacts.failed(key, now)
    if (this.#neighbours.size === 0) this.#asked.wake()
    this.#inquiry.went(key, now)
  }

  /** Somebody that was reached did not become a neighbour. */
  #missed(key: PeerKey): void {
    if (this.#reach.forget(key)) this.#contacts.failed(key, this.#components.clock.now())
  }

  #seeNeighbours(): void {
    const now = this.#components.clock.now()
    for (const key of this.#neighbours.keys()) this.#contacts.seen(key, now)
  }

  /** Whoever is missed is dialled at once: after a sleep, or when the network is back. */
  wake(): void {
    this.#contacts.rested()
    this.#search.wake()
    this.#asked.wake()
    this.#inquiry.soon(this.#components.clock.now())
    this.#look()
  }

  #look(): void {
    this.#cancelLook()
    if (this.#stopping.signal.aborted) return
    const { clock, random, standing, door } = this.#components
    this.#cancelLook = clock.after(this.#lookMs, () => this.#look())
    const now = clock.now()
    this.#seeNeighbours()
    const neighbours: Neighbour[] = [...this.#neighbours].map(([key, { since }]) => ({
      key,
      since,
      asked: this.#asked.has(key)
    }))
    const settled = neighbours.filter(({ since }) => now - since >= SETTLED_LOOKS * this.#lookMs).length
    this.#most = Math.max(this.#most, settled)
    const { dial, drop, probe } = decide(
      {
        now,
        neighbours,
        dialling: this.#reach.dialling,
        contacts: this.#contacts.all(),
        degrees: this.#bounds(),
        graceMs: this.#graceMs,
        probedAt: this.#probedAt,
        allowed: key => !standing.isBarred(peerIdOfKey(key)) && !door.isBlocked(key)
      },
      random
    )
    if (probe) this.#probedAt = now
    for (const key of drop) this.#run(this.#close(peerIdOfKey(key)))
    for (const key of dial) {
      const contact = this.#contacts.get(key)
      if (contact !== undefined) this.#run(this.#reach.dial(contact))
    }
    const company = { need: this.need, neighbours: neighbours.length, guests: this.#guests.count }
    for (const dialled of this.#search.look(company, (finder, found) => this.heardOf(finder, found))) this.#run(dialled)
    for (const peer of this.#guests.look(now)) this.#run(this.#close(peer))
    const seeking = neighbours.length < this.#bounds().low
    for (const question of this.#inquiry.look(seeking, now)) this.#run(this.#ask(question))
  }

  async #close(peer: PeerId): Promise<void> {
    await Promise.all(this.#components.libp2p.getConnections(peer).map(connection => connection.close()))
  }

  async #ask({ to: from, count, news }: Question): Promise<void> {
    const { libp2p, clock, identity } = this.#components
    const told = await this.#exchange.ask(from, count, news)
    const [connection] = libp2p.getConnections(peerIdOfKey(from))
    if (connection === undefined) return
    const local = isLoopback(withoutPeer(connection.remoteAddr))
    let isNews = false
    for (const item of told) {
      const { key } = item.record
      if (key === identity.key) continue
      const isKnown = this.#contacts.get(key) !== undefined
      this.#introducers.told(key, from, item.ageMs)
      this.#contacts.heard(item, from, local, clock.now(), this.#introducers.waysTo(key))
      isNews ||= !isKnown && item.ageMs <= NEWS_MS && this.#contacts.get(key) !== undefined
    }
    if (isNews) this.#news(from)
  }

  /** Whatever goes wrong with one neighbour is seen in its absence. */
  #run(promise: Promise<void>): void {
    const work: Promise<void> = promise.catch(() => {}).finally(() => this.#work.delete(work))
    this.#work.add(work)
  }
}
