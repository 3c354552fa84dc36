/** Which of many addresses are told to others, and in which order they are dialled. */
import type { Multiaddr } from '@multiformats/multiaddr'
import { type AddressKind, hostOf, isLoopback, isPrivate, kindOf } from './address.js'
import { MAX_ADDRESSES } from './peer-record.js'

/** Of them, those that lead through relays. */
const MAX_RELAYED = 6
/** At one relay: more say the same. */
const MAX_AT_RELAY = 3

const KINDS: readonly AddressKind[] = ['tcp', 'websocket', 'webrtc-direct', 'webrtc', 'relayed', 'unknown']

/**
 * What a peer tells others about where it is: at most {@link MAX_ADDRESSES}, the farthest reaching first, one of each
 * kind before a second of any, this machine's own loopback last.
 */
export function announced(addresses: readonly Multiaddr[]): Multiaddr[] {
  const rows = addresses
    .map(address => ({ address, text: address.toString(), kind: kindOf(address) }))
    // Link-local IPv6 means nothing without the interface, which differs from machine to machine.
    .filter(({ text }) => !/^\/ip6\/fe[89ab]/i.test(text))
  const direct = rows.filter(({ kind }) => !isRelayed(kind))
  const relayed = rows.filter(({ kind }) => isRelayed(kind))
  const told = oneByOne(
    relayed.filter(
      ({ text }, i) => relayed.slice(0, i).filter(row => relayIn(row.text) === relayIn(text)).length < MAX_AT_RELAY
    )
  ).slice(0, MAX_RELAYED)
  const reachable = (prefix: (text: string) => boolean) => oneByOne(direct.filter(({ text }) => prefix(text)))
  const far = reachable(text => !isPrivate(text))
  const near = reachable(text => isPrivate(text) && !isLoopback(text))
  const here = reachable(isLoopback)
  const own = [...far, ...near].slice(0, MAX_ADDRESSES - told.length)
  return [...own, ...told, ...here].slice(0, MAX_ADDRESSES).map(({ address }) => address)
}

interface Row {
  readonly address: Multiaddr
  readonly text: string
  readonly kind: AddressKind
}

function relayIn(text: string): string {
  return /\/p2p\/([^/]+)\/p2p-circuit/.exec(text)?.[1] ?? ''
}

/** One of each kind, then a second of each, and so on. */
function oneByOne(rows: readonly Row[]): readonly Row[] {
  const turn = new Map<Row, number>()
  const counts = new Map<AddressKind, number>()
  for (const row of rows) {
    const count = counts.get(row.kind) ?? 0
    turn.set(row, count)
    counts.set(row.kind, count + 1)
  }
  return [...rows].sort(
    (a, b) => (turn.get(a) ?? 0) - (turn.get(b) ?? 0) || KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind)
  )
}

function isRelayed(kind: AddressKind): boolean {
  return kind === 'webrtc' || kind === 'relayed'
}

/**
 * For sorting the addresses of one peer before they are tried one after the other. A private address of another network
 * than ours is some other machine's, or nobody's, and takes the longest to say so: it comes last. An introduction comes
 * before a relay that would carry everything.
 * @param own where we listen, as texts
 */
export function dialOrder(own: readonly string[]): (a: Multiaddr, b: Multiaddr) => -1 | 0 | 1 {
  const networks = new Set(own.map(networkOf))
  function rank(address: Multiaddr): number {
    const text = address.toString()
    const kind = kindOf(address)
    const near = !isPrivate(text) || isLoopback(text) || networks.has(networkOf(text))
    if (isRelayed(kind)) return kind === 'webrtc' ? 3 : 4
    if (!near) return 5
    if (isLoopback(text)) return 2
    return isPrivate(text) ? 1 : 0
  }
  return (a, b) => sign(rank(a) - rank(b) || KINDS.indexOf(kindOf(a)) - KINDS.indexOf(kindOf(b)))
}

/** The first 24 bits of an IPv4 address, 64 of an IPv6 one: as local networks are cut, mostly. */
function networkOf(text: string): string {
  const host = hostOf(text)
  return text.startsWith('/ip6/') ? host.split(':').slice(0, 4).join(':') : host.split('.').slice(0, 3).join('.')
}

function sign(value: number): -1 | 0 | 1 {
  return value < 0 ? -1 : value > 0 ? 1 : 0
}
