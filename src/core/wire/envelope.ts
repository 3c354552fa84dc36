/**
 * libp2p's signed envelope (libp2p specs, RFC 0002), Ed25519 only and in one encoding only, so that equal contents are
 * equal bytes. PROTOCOL.md, section 2.
 *
 *     0a 24  08 01 12 20  public key, 32 bytes
 *     12     length       payload type
 *     1a     length       payload
 *     2a 40  signature, 64 bytes
 */
import { ascii, equalBytes, Reader, varintLength, Writer } from '../bytes.js'
import { DecodeError } from './error.js'
import { isCanonicalSignature, isSafeKey } from './keys.js'
import { KEY_BYTES, MAX_PAYLOAD_TYPE_BYTES, SIGNATURE_BYTES } from './limits.js'

/** What an envelope says. */
export interface Envelope {
  /** Raw Ed25519 public key, 32 bytes. */
  readonly author: Uint8Array
  readonly payload: Uint8Array
  /** 64 bytes. */
  readonly signature: Uint8Array
}

/** The varint of 0x300001, from the range that the multicodec table leaves to private use: the body of an update. */
export const UPDATE_PAYLOAD: Uint8Array = Uint8Array.of(0x81, 0x80, 0xc0, 0x01)
/** The varint of 0x300002: a claim. */
export const CLAIM_PAYLOAD: Uint8Array = Uint8Array.of(0x82, 0x80, 0xc0, 0x01)

/** Field 1, a length, and a libp2p PublicKey of type 1 (Ed25519) with 32 bytes. */
const AUTHOR_HEAD = Uint8Array.of(0x0a, 4 + KEY_BYTES, 0x08, 0x01, 0x12, KEY_BYTES)
const TYPE_TAG = 0x12
const PAYLOAD_TAG = 0x1a
const SIGNATURE_HEAD = Uint8Array.of(0x2a, SIGNATURE_BYTES)

/** Bytes of an envelope around a payload. */
export function envelopeOverhead(payloadBytes: number, payloadType: Uint8Array = UPDATE_PAYLOAD): number {
  const author = AUTHOR_HEAD.length + KEY_BYTES
  const signature = SIGNATURE_HEAD.length + SIGNATURE_BYTES
  return author + 2 + payloadType.length + 1 + varintLength(payloadBytes) + signature
}

/** The most that an envelope adds to the body of an update, which is below 2^28 bytes. */
export const ENVELOPE_OVERHEAD_BYTES = envelopeOverhead(2 ** 28 - 1)

/** The swarm's id is signed and not sent: a signature holds in one swarm only and costs no byte for it. */
export function envelopeDomain(swarmId: string): string {
  return `starlings/1/${swarmId}`
}

/** What is signed: domain, payload type and payload, each after its length as a varint. @throws {TypeError} not ASCII */
export function signingBytes(domain: string, payloadType: Uint8Array, payload: Uint8Array): Uint8Array {
  const head = signingHead(domain, payloadType)
  return new Writer(head.length + payload.length + 8).raw(head).block(payload).finish()
}

/** Domain and payload type of the last messages: a process is in few swarms, and signs and checks all the time. */
const heads = new Map<string, Map<Uint8Array, Uint8Array>>()
const MAX_DOMAINS = 16

function signingHead(domain: string, payloadType: Uint8Array): Uint8Array {
  let ofDomain = heads.get(domain)
  if (ofDomain === undefined) {
    if (heads.size === MAX_DOMAINS) heads.clear()
    ofDomain = new Map()
    heads.set(domain, ofDomain)
  }
  // By identity: payload types are constants.
  let head = ofDomain.get(payloadType)
  if (head === undefined) {
    head = new Writer().block(ascii(domain)).block(payloadType).finish()
    if (ofDomain.size === MAX_DOMAINS) ofDomain.clear()
    ofDomain.set(payloadType, head)
  }
  return head
}

/** @throws {RangeError} when a part has a length that no decoder takes */
export function encodeEnvelope(envelope: Envelope & { readonly payloadType: Uint8Array }): Uint8Array {
  const { author, payloadType, payload, signature } = envelope
  if (author.length !== KEY_BYTES) throw new RangeError(`a key has ${KEY_BYTES} bytes, not ${author.length}`)
  if (signature.length !== SIGNATURE_BYTES)
    throw new RangeError(`a signature has ${SIGNATURE_BYTES} bytes, not ${signature.length}`)
  if (payloadType.length === 0 || payloadType.length > MAX_PAYLOAD_TYPE_BYTES)
    throw new RangeError(`a payload type of ${payloadType.length} bytes`)
  if (payload.length === 0) throw new RangeError('an envelope around nothing')
  return new Writer(payload.length + envelopeOverhead(payload.length, payloadType))
    .raw(AUTHOR_HEAD)
    .raw(author)
    .byte(TYPE_TAG)
    .block(payloadType)
    .byte(PAYLOAD_TAG)
    .block(payload)
    .raw(SIGNATURE_HEAD)
    .raw(signature)
    .finish()
}

/**
 * The signature is not verified, only looked at: see keys.ts.
 *
 * @param limits.maxBytes of the whole envelope @param limits.payloadType the only one taken
 * @returns views of `bytes`
 * @throws {DecodeError}
 */
export function decodeEnvelope(
  bytes: Uint8Array,
  limits: { readonly maxBytes: number; readonly payloadType: Uint8Array }
): Envelope {
  if (bytes.length > limits.maxBytes) throw new DecodeError('oversized', `${bytes.length} bytes`)
  const reader = new Reader(bytes)
  expect(reader, AUTHOR_HEAD, 'an Ed25519 public key')
  const author = reader.raw(KEY_BYTES)
  expect(reader, Uint8Array.of(TYPE_TAG), 'a payload type')
  if (!equalBytes(reader.block(MAX_PAYLOAD_TYPE_BYTES), limits.payloadType))
    throw new DecodeError('not-an-envelope', 'another payload type')
  expect(reader, Uint8Array.of(PAYLOAD_TAG), 'a payload')
  const payload = reader.block(limits.maxBytes)
  if (payload.length === 0) throw new DecodeError('not-canonical', 'an empty payload')
  expect(reader, SIGNATURE_HEAD, 'a signature of 64 bytes')
  const signature = reader.raw(SIGNATURE_BYTES)
  reader.end()
  if (!isSafeKey(author)) throw new DecodeError('unsafe-key')
  if (!isCanonicalSignature(signature)) throw new DecodeError('not-canonical', 'signature')
  return { author, payload, signature }
}

function expect(reader: Reader, head: Uint8Array, what: string): void {
  if (!equalBytes(reader.raw(head.length), head)) throw new DecodeError('not-an-envelope', `expected ${what}`)
}
