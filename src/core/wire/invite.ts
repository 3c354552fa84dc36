/** An invite: which swarm, where its peers can be reached, and the key of a private one. PROTOCOL.md, section 15. */
import { concatBytes, equalBytes, Reader, varintLength, Writer } from '../bytes.js'
import { digest } from '../digest.js'
import { SWARM_KEY_BYTES } from '../protocol/admission.js'
import { DecodeError } from './error.js'
import { isSafeKey } from './keys.js'
import { KEY_BYTES } from './limits.js'

export interface InvitePeer {
  /** Ed25519 public key. */
  readonly key: Uint8Array
  /** Binary multiaddrs without `/p2p/<own id>`, the likeliest first; may be of kinds that a reader does not know. */
  readonly addresses: readonly Uint8Array[]
}

export interface Invite {
  /** SHA-256 of the manifest's canonical bytes: the swarm id without its prefix. */
  readonly swarm: Uint8Array
  /** Of a private swarm: a secret, and so is the whole invite. */
  readonly key: Uint8Array | null
  /** Days since 1 January 1970, UTC, from which on addresses may be dead because a certificate was renewed; 0: none will be. */
  readonly staleDay: number
  readonly peers: readonly InvitePeer[]
}

const VERSION = 1
const HAS_KEY = 1
const SWARM_BYTES = 32

/** A link of 1,400 characters still goes through every mail program, and into a QR code. */
export const MAX_INVITE_BYTES = 1024
/** Those that are tried at once. */
export const MAX_INVITE_PEERS = 8
/** One of each kind on two networks. */
export const MAX_INVITE_ADDRESSES = 6
/** A relay's address with its certificate and id, and the way on from there, with room to spare. */
export const MAX_INVITE_ADDRESS_BYTES = 192
/** Past the year 4700. */
const MAX_DAY = 1_000_000
/** Against slips of the hand: one changed character in 4 billion goes unnoticed. */
const CHECKSUM_BYTES = 4

/** @throws {RangeError} when it has more of something than an invite holds */
export function encodeInvite({ swarm, key, staleDay, peers }: Invite): Uint8Array {
  if (swarm.length !== SWARM_BYTES) throw new RangeError(`a swarm digest has ${SWARM_BYTES} bytes`)
  if (key !== null && key.length !== SWARM_KEY_BYTES) throw new RangeError(`a key has ${SWARM_KEY_BYTES} bytes`)
  if (staleDay > MAX_DAY) throw new RangeError(`a day is at most ${MAX_DAY}`)
  if (peers.length > MAX_INVITE_PEERS) throw new RangeError(`an invite names at most ${MAX_INVITE_PEERS} peers`)
  const writer = new Writer(256)
    .byte(VERSION)
    .byte(key === null ? 0 : HAS_KEY)
    .raw(swarm)
    .raw(key ?? new Uint8Array(0))
    .varint(staleDay)
    .varint(peers.length)
  for (const peer of peers) {
    if (peer.key.length !== KEY_BYTES) throw new RangeError(`a peer's key has ${KEY_BYTES} bytes`)
    if (peer.addresses.length > MAX_INVITE_ADDRESSES)
      throw new RangeError(`an invite holds at most ${MAX_INVITE_ADDRESSES} addresses of a peer`)
    writer.raw(peer.key).varint(peer.addresses.length)
    for (const address of peer.addresses) {
      if (address.length > MAX_INVITE_ADDRESS_BYTES)
        throw new RangeError(`an address in an invite has at most ${MAX_INVITE_ADDRESS_BYTES} bytes`)
      writer.block(address)
    }
  }
  const body = writer.finish()
  const bytes = concatBytes(body, digest(body).subarray(0, CHECKSUM_BYTES))
  if (bytes.length > MAX_INVITE_BYTES)
    throw new RangeError(`an invite has at most ${MAX_INVITE_BYTES} bytes, not ${bytes.length}`)
  return bytes
}

/** How long it is in bytes, whatever may be too many in it. */
export function inviteBytes({ key, staleDay, peers }: Invite): number {
  const head = 2 + SWARM_BYTES + (key?.length ?? 0) + varintLength(staleDay) + varintLength(peers.length)
  const tail = peers.reduce(
    (sum, { addresses }) =>
      addresses.reduce((all, { length }) => all + varintLength(length) + length, sum + KEY_BYTES + 1),
    CHECKSUM_BYTES
  )
  return head + tail
}

/** @throws {DecodeError}, of which `not-canonical` with the detail `checksum` says that it was garbled on its way */
export function decodeInvite(bytes: Uint8Array): Invite {
  if (bytes.length > MAX_INVITE_BYTES) throw new DecodeError('oversized', 'invite')
  const reader = new Reader(bytes)
  if (reader.byte() !== VERSION) throw new DecodeError('unknown-version')
  // What is cut off is told apart from what is garbled, although lengths in garbled bytes often promise more than is there.
  const flags = reader.byte()
  if (flags > HAS_KEY) throw new DecodeError('out-of-range', 'flags')
  const swarm = reader.raw(SWARM_BYTES)
  const key = flags === HAS_KEY ? reader.raw(SWARM_KEY_BYTES) : null
  const staleDay = reader.varint(MAX_DAY)
  const count = reader.varint(MAX_INVITE_PEERS)
  const peers = Array.from({ length: count }, () => ({
    key: reader.raw(KEY_BYTES),
    addresses: Array.from({ length: reader.varint(MAX_INVITE_ADDRESSES) }, () => reader.block(MAX_INVITE_ADDRESS_BYTES))
  }))
  const body = bytes.subarray(0, bytes.length - reader.left)
  const checksum = reader.raw(CHECKSUM_BYTES)
  reader.end()
  if (!equalBytes(checksum, digest(body).subarray(0, CHECKSUM_BYTES)))
    throw new DecodeError('not-canonical', 'checksum')
  if (!peers.every(peer => isSafeKey(peer.key))) throw new DecodeError('unsafe-key')
  return { swarm, key, staleDay, peers }
}
