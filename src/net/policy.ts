/**
 * Whom to dial and whom to let go: a pure function of what a peer knows about its neighbourhood. PROTOCOL.md,
 * "Neighbours".
 */
import type { Random } from '../core/random.js'
import type { PeerKey } from '../interface.js'
import type { Contact } from './contacts.js'

/** Numbers of neighbours. */
export interface Degrees {
  /** Below it, neighbours are looked for. */
  readonly low: number
  /** As many are then looked for. */
  readonly target: number
  /** Above it, the latest comers are let go. */
  readonly high: number
}

/** For a peer that was started by hand: enough that a swarm stays in one piece, few enough for a phone. */
export const DEFAULT_DEGREES: Degrees = { low: 4, target: 6, high: 12 }

/**
 * For a peer that somebody gave its place in a topology: it keeps what it was given, and looks for more only when it has
 * lost half of what it had. Three at least then, because graphs with two random links a peer fall apart.
 * @param most neighbours that it has had at once
 */
export function keptDegrees(most: number): Degrees {
  return { low: Math.floor(most / 2) + 1, target: Math.max(3, most), high: Number.POSITIVE_INFINITY }
}

export interface Neighbour {
  readonly key: PeerKey
  /** When it came. */
  readonly since: number
  /** Somebody asked for this very neighbour: it is never let go. */
  readonly asked: boolean
}

export interface Surroundings {
  /** Milliseconds on the clock of all times here. */
  readonly now: number
  readonly neighbours: readonly Neighbour[]
  /** Being dialled now. */
  readonly dialling: ReadonlySet<PeerKey>
  readonly contacts: readonly Contact[]
  readonly degrees: Degrees
  /** A neighbour above the bound has this long to learn of others before it is let go, ms. */
  readonly graceMs: number
  /** When a contact was last dialled just to see whether it is there. */
  readonly probedAt: number
  /** False for those that are barred. */
  allowed(key: PeerKey): boolean
}

export interface Moves {
  /** The best first. */
  readonly dial: readonly PeerKey[]
  readonly drop: readonly PeerKey[]
  /** Whether `dial` is a probe. */
  readonly probe: boolean
}

/** Dials under way at once. */
const MAX_DIALS = 4
/** First wait after a failure, ms, and the longest, with neighbours and without. */
const FIRST_RETRY_MS = 1000
const MAX_RETRY_MS = 10 * 60_000
const MAX_RETRY_ALONE_MS = 30_000
/** A contact that nobody has seen for this long, ms, is gone or on the other side of a split that nobody else notices. */
const UNSEEN_MS = 10 * 60_000
const PROBE_MS = 60_000

export function decide(surroundings: Surroundings, random: Pick<Random, 'unit'>): Moves {
  const { now, neighbours, dialling, degrees, graceMs, probedAt } = surroundings
  const { low, target, high } = degrees
  const drop = surplus(neighbours, high, now - graceMs)
  const company = neighbours.length + dialling.size
  const free = MAX_DIALS - dialling.size
  if (free <= 0) return { dial: [], drop, probe: false }
  if (company < low) return { dial: due(surroundings, random, Math.min(free, target - company)), drop, probe: false }
  if (company >= high || now - probedAt < PROBE_MS) return { dial: [], drop, probe: false }
  const unseen = due(surroundings, random, 1, contact => now - contact.seenAt >= UNSEEN_MS)
  return { dial: unseen, drop, probe: unseen.length > 0 }
}

/** The latest comers beyond `high`, asked ones and those since `before` excepted. */
function surplus(neighbours: readonly Neighbour[], high: number, before: number): PeerKey[] {
  if (neighbours.length <= high) return []
  return neighbours
    .filter(({ asked, since }) => !asked && since <= before)
    .sort((a, b) => b.since - a.since || order(a.key, b.key))
    .slice(0, neighbours.length - high)
    .map(({ key }) => key)
}

/** Up to `count` contacts whose wait is over; those that failed least first, then those that somebody saw lately, then by lot. */
function due(
  { now, neighbours, dialling, contacts, allowed }: Surroundings,
  random: Pick<Random, 'unit'>,
  count: number,
  wanted: (contact: Contact) => boolean = () => true
): PeerKey[] {
  const taken = new Set([...neighbours.map(({ key }) => key), ...dialling])
  const longest = neighbours.length === 0 ? MAX_RETRY_ALONE_MS : MAX_RETRY_MS
  const sorted = contacts
    .filter(contact => !taken.has(contact.key) && wanted(contact))
    .filter(
      ({ failures, failedAt }) =>
        failures === 0 || now - failedAt >= Math.min(longest, FIRST_RETRY_MS * 2 ** (failures - 1))
    )
    .sort((a, b) => order(a.key, b.key))
    .map(contact => ({ contact, lot: random.unit(), unseen: Number(now - contact.seenAt >= UNSEEN_MS) }))
    .sort((a, b) => a.contact.failures - b.contact.failures || a.unseen - b.unseen || a.lot - b.lot)
  // Whether one is allowed costs more than all the rest, and a full book has hundreds.
  const chosen: PeerKey[] = []
  for (const { contact } of sorted) {
    if (chosen.length >= count) break
    if (allowed(contact.key)) chosen.push(contact.key)
  }
  return chosen
}

function order(a: PeerKey, b: PeerKey): number {
  return a < b ? -1 : Number(a > b)
}
