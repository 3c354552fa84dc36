/**
 * Where a peer can be dialled, in its own words and with its own signature: libp2p's peer records (libp2p specs, RFC 0003),
 * as identify brings them and neighbours hand them on. PROTOCOL.md, "Neighbours".
 */
import { PeerRecord } from '@libp2p/peer-record'
import { equalBytes, toHex } from '../core/bytes.js'
import { decodeEnvelope, type Envelope, signingBytes } from '../core/wire/envelope.js'
import { DecodeError } from '../core/wire/error.js'
import type { Identity, PeerKey } from '../interface.js'
import { isDialable } from './address.js'
import { keyOfPeerId } from './identity.js'

/** Of one signed record, bytes: a dozen addresses through relays, with certificates, have room. */
export const MAX_RECORD_BYTES = 2048
/** Addresses of one peer that are kept; the first ones. */
export const MAX_ADDRESSES = 12

/** libp2p's own: the record is about a peer, whatever swarms it takes part in. */
const DOMAIN = 'libp2p-peer-record'
const PAYLOAD_TYPE = Uint8Array.of(3, 1)

export interface SignedRecord {
  readonly key: PeerKey
  /** Grows with every record of its signer. */
  readonly seq: bigint
  /** What we would dial, without `/p2p`, at most {@link MAX_ADDRESSES}; may be none. */
  readonly addresses: readonly string[]
  /** The bytes that were signed and their signature, to be handed on as they are. */
  readonly bytes: Uint8Array
}

/** Forged is what an honest peer, who checks it as we do, would not hand on; unreadable what its signer may mean well. */
export type OpenedPeerRecord = SignedRecord | 'forged' | 'unreadable'

/** @param known a record of the same signer that was opened before: equal bytes need no second look */
export async function openPeerRecord(
  bytes: Uint8Array,
  verify: Identity['verify'],
  known: (key: PeerKey) => SignedRecord | undefined = () => undefined
): Promise<OpenedPeerRecord> {
  const envelope = parseEnvelope(bytes)
  if (envelope === undefined) return 'forged'
  const { author, payload, signature } = envelope
  const before = known(toHex(author))
  if (before !== undefined && equalBytes(before.bytes, bytes)) return before
  if (!(await verify(author, signingBytes(DOMAIN, PAYLOAD_TYPE, payload), signature))) return 'forged'
  const record = parseRecord(payload)
  if (record === undefined) return 'unreadable'
  const key = toHex(author)
  if (keyOfPeerId(record.peerId) !== key) return 'forged' // about somebody else
  const addresses = record.multiaddrs.filter(isDialable).map(address => address.toString())
  return {
    key,
    seq: record.seqNumber,
    addresses: [...new Set(addresses)].slice(0, MAX_ADDRESSES),
    bytes: bytes.slice()
  }
}

function parseEnvelope(bytes: Uint8Array): Envelope | undefined {
  try {
    return decodeEnvelope(bytes, { maxBytes: MAX_RECORD_BYTES, payloadType: PAYLOAD_TYPE })
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}

/** An address of a kind that we do not know makes the whole record unreadable. */
function parseRecord(payload: Uint8Array): PeerRecord | undefined {
  try {
    return PeerRecord.createFromProtobuf(payload)
  } catch {
    return undefined
  }
}
