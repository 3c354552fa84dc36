/** Multiaddrs as people type them and as peers tell them, checked at the door. PROTOCOL.md, "Neighbours". */

import type { PeerId } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import {
  CODE_CERTHASH,
  CODE_DNS,
  CODE_DNS4,
  CODE_DNS6,
  CODE_IP4,
  CODE_IP6,
  CODE_P2P,
  CODE_P2P_CIRCUIT,
  CODE_SNI,
  CODE_TCP,
  CODE_TLS,
  CODE_UDP,
  CODE_WEBRTC,
  CODE_WEBRTC_DIRECT,
  CODE_WS,
  CODE_WSS,
  type Component,
  type Multiaddr,
  multiaddr
} from '@multiformats/multiaddr'
import { keyOfPeerId } from './identity.js'

/** How a connection travels. `webrtc` was introduced by a relay and is direct; `relayed` sends every byte through one. */
export type AddressKind = 'tcp' | 'websocket' | 'webrtc-direct' | 'webrtc' | 'relayed' | 'unknown'

/** A record may name an address for which nothing speaks but the word of its signer, so no names: looking them up is work for others. */
const NUMBERS = [CODE_IP4, CODE_IP6]
const HOSTS = [CODE_IP4, CODE_IP6, CODE_DNS, CODE_DNS4, CODE_DNS6]
const KINDS =
  'it looks like /ip4/192.0.2.7/tcp/4001, /ip4/192.0.2.7/tcp/4002/ws or /ip4/192.0.2.7/udp/4001/webrtc-direct'

/**
 * Of an address that came over the network: the longest that is of use, through a relay that is changing its certificate, has
 * 260, and a hash of any length may stand in one.
 */
export const MAX_ADDRESS_CHARS = 512

/** What may follow host and port, as codes; each with the kind of transport that it means. */
const TRANSPORTS: readonly (readonly [kind: AddressKind, port: number, rest: readonly number[]])[] = [
  ['tcp', CODE_TCP, []],
  ['websocket', CODE_TCP, [CODE_WS]],
  ['websocket', CODE_TCP, [CODE_WSS]],
  ['websocket', CODE_TCP, [CODE_TLS, CODE_WS]],
  ['websocket', CODE_TCP, [CODE_TLS, CODE_SNI, CODE_WS]],
  ['webrtc-direct', CODE_UDP, [CODE_WEBRTC_DIRECT, CODE_CERTHASH]],
  // During a change of certificates both are told.
  ['webrtc-direct', CODE_UDP, [CODE_WEBRTC_DIRECT, CODE_CERTHASH, CODE_CERTHASH]]
]
const LISTENABLE: readonly (readonly [port: number, rest: readonly number[]])[] = [
  [CODE_TCP, []],
  [CODE_TCP, [CODE_WS]],
  [CODE_UDP, [CODE_WEBRTC_DIRECT]]
]

interface Parts {
  /** Of the peer itself, or of the relay before it: host, port and what follows, without `/p2p`. */
  readonly base: readonly Component[]
  /** Who listens there. */
  readonly at: string | undefined
  readonly relayed: boolean
  /** Introduced by the relay and then direct. */
  readonly webrtc: boolean
  /** Who is behind the relay. */
  readonly behind: string | undefined
}

/** `<base>[/p2p/<id>]` or `[<base>]/p2p/<relay>/p2p-circuit[/webrtc][/p2p/<id>]`; undefined for anything else. */
function split(address: Multiaddr): Parts | undefined {
  const components = address.getComponents()
  const end = components.findIndex(({ code }) => code === CODE_P2P || code === CODE_P2P_CIRCUIT)
  const base = end < 0 ? components : components.slice(0, end)
  const rest = end < 0 ? [] : components.slice(end)
  let next = rest.shift()
  const at = next?.code === CODE_P2P ? next.value : undefined
  if (next?.code === CODE_P2P) next = rest.shift()
  const relayed = next?.code === CODE_P2P_CIRCUIT
  if (relayed) next = rest.shift()
  const webrtc = relayed && next?.code === CODE_WEBRTC
  if (webrtc) next = rest.shift()
  const behind = relayed && next?.code === CODE_P2P ? next.value : undefined
  if (behind !== undefined) next = rest.shift()
  // A relay without a name could be anybody.
  if (next !== undefined || (relayed && at === undefined)) return undefined
  return { base, at, relayed, webrtc, behind }
}

function transportOf([host, port, ...rest]: readonly Component[], hosts: readonly number[]): AddressKind | undefined {
  if (host === undefined || !hosts.includes(host.code)) return undefined
  return TRANSPORTS.find(
    ([, code, codes]) =>
      port?.code === code && codes.length === rest.length && codes.every((code, i) => rest[i]?.code === code)
  )?.[0]
}

function parse(text: string): Multiaddr | undefined {
  try {
    return text === '' ? undefined : multiaddr(text)
  } catch {
    return undefined // said by the caller, with an example
  }
}

/** An address to listen on; port 0 takes a free one. @throws {TypeError} that quotes a malformed one */
export function parseListenAddress(text: string): Multiaddr {
  const address = parse(text)
  const [host, port, ...rest] = address?.getComponents() ?? []
  const codes = rest.map(({ code }) => code)
  if (address === undefined || host === undefined || !HOSTS.includes(host.code))
    throw new TypeError(`not an address to listen on: ${text.slice(0, 200)} (${KINDS})`)
  if (port?.code === CODE_UDP && !NUMBERS.includes(host.code))
    throw new TypeError(`webrtc-direct listens on an IP address, not on a name: ${text.slice(0, 200)}`)
  if (codes.includes(CODE_TLS) || codes.includes(CODE_WSS))
    throw new TypeError(
      `a peer has no certificate for tls: listen on …/ws behind a proxy that has one: ${text.slice(0, 200)}`
    )
  const known = LISTENABLE.some(([code, follow]) => code === port?.code && follow.join() === codes.join())
  if (known) return address
  if (port?.code === CODE_TCP || codes.includes(CODE_WEBRTC_DIRECT))
    throw new TypeError(`nothing more may follow in a listen address: ${text.slice(0, 200)} (${KINDS})`)
  throw new TypeError(`not an address to listen on: ${text.slice(0, 200)} (${KINDS})`)
}

/**
 * A peer's address: TCP, WebSocket, WebRTC-direct with its certificate's hash, or one of these of a relay and then
 * `/p2p-circuit[/webrtc]`. Its last `/p2p/…` part is optional but behind a relay, and must name an Ed25519 peer.
 * @throws {TypeError} that quotes a malformed one
 */
export function parsePeerAddress(text: string): Multiaddr {
  const shown = text.slice(0, 200)
  const address = parse(text)
  const parts = address && split(address)
  if (
    address === undefined ||
    parts === undefined ||
    (transportOf(parts.base, HOSTS) === undefined && !isBare(parts))
  ) {
    const direct = address?.getComponents().some(({ code }) => code === CODE_WEBRTC_DIRECT) === true
    const certified = address?.getComponents().some(({ code }) => code === CODE_CERTHASH) === true
    if (direct && !certified)
      throw new TypeError(`a webrtc-direct address needs its /certhash/…, as the peer prints it: ${shown}`)
    throw new TypeError(`not a peer's address: ${shown} (${KINDS})`)
  }
  if (parts.base[1]?.value === '0') throw new TypeError(`port 0 cannot be dialled: ${shown}`)
  if (parts.relayed && parts.behind === undefined)
    throw new TypeError(`an address through a relay ends with /p2p/… of the peer behind it: ${shown}`)
  for (const id of [parts.at, parts.behind])
    if (id !== undefined && !isEd25519(id)) throw new TypeError(`not an Ed25519 peer: ${shown}`)
  return address
}

/**
 * Whether an address that came over the network is one that we dial: one host's IP address and a port, or such a one of
 * a relay that is named. The last `/p2p/…` does not count.
 */
export function isDialable(address: Multiaddr): boolean {
  const parts = split(address)
  if (parts === undefined || withoutPeer(address).length > MAX_ADDRESS_CHARS) return false
  if (parts.relayed && !isEd25519(parts.at ?? '')) return false
  if (isBare(parts)) return true
  if (transportOf(parts.base, NUMBERS) === undefined) return false
  const [host, port] = parts.base
  return port?.value !== '0' && !/^(0\.|22[4-9]\.|2[345]\d\.|::$|ff)/i.test(host?.value ?? '')
}

/** A page that relays listens nowhere: only who is connected to it gets through. */
function isBare({ base, relayed }: Parts): boolean {
  return relayed && base.length === 0
}

function isEd25519(id: string): boolean {
  try {
    return keyOfPeerId(peerIdFromString(id)) !== undefined
  } catch {
    return false
  }
}

/** How whoever is at this address is connected; a connection's `remoteAddr` says so, too. */
export function kindOf(address: Multiaddr): AddressKind {
  const components = address.getComponents()
  const has = (code: number) => components.some(component => component.code === code)
  if (has(CODE_WEBRTC)) return 'webrtc'
  if (has(CODE_P2P_CIRCUIT)) return 'relayed'
  if (has(CODE_WEBRTC_DIRECT)) return 'webrtc-direct'
  if (has(CODE_WS) || has(CODE_WSS)) return 'websocket'
  return has(CODE_TCP) ? 'tcp' : 'unknown'
}

/** The relay that an address leads through, as a peer id in text; undefined for a direct one. */
export function relayOf(address: Multiaddr): string | undefined {
  const components = address.getComponents()
  const circuit = components.findIndex(({ code }) => code === CODE_P2P_CIRCUIT)
  return circuit < 0 ? undefined : components.slice(0, circuit).findLast(({ code }) => code === CODE_P2P)?.value
}

/** Whether it leads through a relay, at least at first. @param address as text */
export function isRelayed(address: string): boolean {
  return address.includes('/p2p-circuit')
}

/** Whether it means this machine, whoever says it. @param address a multiaddr as text */
export function isLoopback(address: string): boolean {
  return /^\/(ip4\/127\.|ip6\/::1\/)/.test(address)
}

/** Addresses that mean something in one network only: RFC 1918, RFC 6598, link-local, unique local. @param address as text */
export function isPrivate(address: string): boolean {
  return (
    isLoopback(address) ||
    /^\/ip4\/(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/.test(
      address
    ) ||
    /^\/ip6\/(f[cd]|fe[89ab])/i.test(address)
  )
}

/** Whom an address names at its end, behind a relay or not; undefined when it names nobody. */
export function peerIn(address: Multiaddr): PeerId | undefined {
  const last = address.getComponents().at(-1)
  return last?.code === CODE_P2P && last.value !== undefined ? peerIdFromString(last.value) : undefined
}

/** The host of a multiaddr as text, as it is written there; of a relayed one the relay's. */
export function hostOf(address: string): string {
  return address.split('/')[2] ?? ''
}

/** The same address without the `/p2p/…` at its end. */
export function withoutPeer(address: Multiaddr | string): string {
  return address.toString().replace(/\/p2p\/[^/]+$/, '')
}
