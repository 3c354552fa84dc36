/** Which addresses go into an invite, and which come out of one. PROTOCOL.md, section 15. */
import { multiaddr } from '@multiformats/multiaddr'
import { fromHex, toHex } from '../core/bytes.js'
import { swarmDigest } from '../core/protocol/swarm-id.js'
import {
  type Invite,
  type InvitePeer,
  inviteBytes,
  MAX_INVITE_ADDRESS_BYTES,
  MAX_INVITE_ADDRESSES,
  MAX_INVITE_BYTES,
  MAX_INVITE_PEERS
} from '../core/wire/invite.js'
import { isSafeKey } from '../core/wire/keys.js'
import type { PeerKey } from '../interface.js'
import { isLoopback, isPrivate, parsePeerAddress, withoutPeer } from './address.js'
import { peerIdOfKey } from './identity.js'

/** How far away somebody may be who dials an address: on the internet, in the same network, or on this machine. */
export type Width = 'anywhere' | 'network' | 'machine'

/** @param address a multiaddr as text */
export function widthOf(address: string): Width {
  if (isLoopback(address) || /^\/dns[46]?\/localhost\//.test(address)) return 'machine'
  return isPrivate(address) ? 'network' : 'anywhere'
}

/** How far an invite reaches by the widest of its addresses; undefined when it has none. */
export function widthOfInvite(invite: Invite): Width | undefined {
  const widths = peersOf(invite).flatMap(({ addresses }) => addresses.map(widthOf))
  return (['anywhere', 'network', 'machine'] as const).find(width => widths.includes(width))
}

/** Kinds of addresses by what is behind the host: of those that fit, the last counts. */
const KINDS = [/^\/tcp\/\d+$/, /\/webrtc-direct\/certhash\//, /\/ws$/, /\/(tls\/ws|wss)$/, /\/p2p-circuit/] as const
/** By number of kind. Pages cannot dial TCP, and those that came by https no `ws`. */
const FOR_NODES = [0, 1, 3, 2, 4]
const FOR_PAGES = [1, 3, 2, 4, 0]

export interface Reachable {
  readonly key: PeerKey
  /** Multiaddrs, with or without its own `/p2p/…`, the best first. */
  readonly addresses: readonly string[]
}

export interface ChooseOptions {
  /** @default 6 */
  readonly max?: number
  /** Who reads the invite first. @default nodes */
  readonly forPages?: boolean
}

/**
 * The likeliest addresses of one peer: one of each kind, those that anybody can dial before those of its own network, and
 * its own machine's only when there is nothing else.
 * @returns multiaddrs without the peer's own `/p2p/…`
 */
export function chooseAddresses(
  { key, addresses }: Reachable,
  { max = MAX_INVITE_ADDRESSES, forPages = false }: ChooseOptions = {}
): readonly string[] {
  const order = forPages ? FOR_PAGES : FOR_NODES
  const known = [...new Set(addresses.map(withoutPeer))].flatMap(address => {
    const kind = dialableKind(address, key)
    return kind === undefined || !fits(address) ? [] : [{ address, rank: order.indexOf(kind), width: widthOf(address) }]
  })
  const beyond = known.some(({ width }) => width !== 'machine')
  const usable = known.filter(({ width }) => !beyond || width !== 'machine').sort((a, b) => a.rank - b.rank)
  const firsts = (['anywhere', 'network', 'machine'] as const).flatMap(width => {
    const those = usable.filter(one => one.width === width)
    return those.filter((one, i) => those.findIndex(other => other.rank === one.rank) === i)
  })
  // A second network card, or the other family of addresses.
  const others = usable.filter(one => !firsts.includes(one))
  return [...firsts, ...others].slice(0, max).map(({ address }) => address)
}

/** @returns its place in {@link KINDS}, undefined for what nobody can dial */
function dialableKind(address: string, key: PeerKey): number | undefined {
  try {
    parsePeerAddress(`${address}/p2p/${peerIdOfKey(key)}`)
  } catch {
    return undefined
  }
  if (/^\/(ip4\/0\.0\.0\.0|ip6\/::)\/|^\/[^/]+\/[^/]+\/(tcp|udp)\/0\b/.test(address)) return undefined
  const behind = address.replace(/^\/[^/]+\/[^/]+/, '')
  // Only neighbours of a relay that listens nowhere get through it, and a newcomer is nobody's neighbour.
  if (address.startsWith('/p2p/')) return undefined
  const kind = KINDS.findLastIndex(pattern => pattern.test(behind))
  return kind < 0 ? undefined : kind
}

function fits(address: string): boolean {
  return multiaddr(address).bytes.length <= MAX_INVITE_ADDRESS_BYTES
}

export interface MakeInviteInit {
  readonly swarmId: string
  /** Of a private swarm. */
  readonly key?: Uint8Array | undefined
  /** When the first certificate in the addresses is renewed, ms since 1970. @default never */
  readonly staleAt?: number | undefined
  /** The peer that invites first, then others that it knows to be reachable. */
  readonly peers: readonly Reachable[]
  /** A QR code is small. @default 1024, the most that there can be */
  readonly maxBytes?: number
  /** @default false */
  readonly forPages?: boolean
}

const DAY_MS = 86_400_000
/** Of those that do not invite themselves: enough to try. */
const OTHERS_ADDRESSES = 3

/** An invite with as many of the peers and addresses as have room, the first ones first. */
export function makeInvite({ swarmId, key, staleAt, peers, maxBytes, forPages = false }: MakeInviteInit): Invite {
  const empty: Invite = {
    swarm: swarmDigest(swarmId),
    key: key ?? null,
    staleDay: staleAt === undefined ? 0 : Math.floor(staleAt / DAY_MS),
    peers: []
  }
  let room = Math.min(maxBytes ?? MAX_INVITE_BYTES, MAX_INVITE_BYTES) - inviteBytes(empty)
  const taken: InvitePeer[] = []
  for (const [i, peer] of peers.entries()) {
    if (taken.length === MAX_INVITE_PEERS) break
    const max = i === 0 ? MAX_INVITE_ADDRESSES : OTHERS_ADDRESSES
    const raw = fromHex(peer.key)
    if (!isSafeKey(raw)) continue
    const named: Uint8Array[] = []
    room -= PEER_BYTES
    for (const address of chooseAddresses(peer, { max, forPages })) {
      const { bytes } = multiaddr(address)
      if (bytes.length + LENGTH_BYTES > room) continue
      room -= bytes.length + LENGTH_BYTES
      named.push(bytes)
    }
    if (named.length > 0) taken.push({ key: raw, addresses: named })
    else room += PEER_BYTES
  }
  return { ...empty, peers: taken }
}

/** A key and a count. */
const PEER_BYTES = 33
/** Of an address of 128 bytes or more, and nearly all are less. */
const LENGTH_BYTES = 2

/** Whom an invite names and where, as far as this program can dial there; addresses end with `/p2p/<id>`. */
export function peersOf({ peers }: Invite): readonly Reachable[] {
  return peers.map(({ key, addresses }) => {
    const id = peerIdOfKey(toHex(key)).toString()
    const known = addresses.flatMap(bytes => {
      try {
        return [parsePeerAddress(`${withoutPeer(multiaddr(bytes))}/p2p/${id}`).toString()]
      } catch {
        return [] // of a later kind
      }
    })
    return { key: toHex(key), addresses: known }
  })
}

/** From when on addresses in it may be dead. */
export function staleFrom({ staleDay }: Invite): Date | null {
  return staleDay === 0 ? null : new Date(staleDay * DAY_MS)
}
