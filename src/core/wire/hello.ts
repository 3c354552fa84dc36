/** What two peers say to each other before anything else. PROTOCOL.md, section 14. */
import { ascii, Reader, Writer } from '../bytes.js'
import { DecodeError } from './error.js'

/** Of the protocol, as in the manifest. */
export const HELLO_VERSION = 1
export const SWARM_BYTES = 32
export const NONCE_BYTES = 16
export const PROOF_BYTES = 32
/** A name and a version. */
const MAX_SOFTWARE_BYTES = 32

/** Of what a later version may put behind the fields of this one. */
export const MAX_HELLO_BYTES = 256

export interface HelloMessage {
  readonly version: number
  /** Digest of the manifest. */
  readonly swarm: Uint8Array
  /** Fresh for each connection. */
  readonly nonce: Uint8Array
  /** 1 … {@link MAX_SOFTWARE_BYTES} printable ASCII characters without spaces; tells people what to update. */
  readonly software: string
}

/** Why a peer is not welcome; the place in the list is its code. */
export const REFUSALS = ['wrong-version', 'wrong-swarm', 'wrong-key', 'not-a-member', 'blocked'] as const
export type Refusal = (typeof REFUSALS)[number]
export type HelloVerdict = 'welcome' | Refusal

const PRINTABLE = /^[!-~]{1,32}$/

/** @throws {RangeError} when a field has a length that no decoder takes */
export function encodeHello({ version, swarm, nonce, software }: HelloMessage): Uint8Array {
  if (swarm.length !== SWARM_BYTES || nonce.length !== NONCE_BYTES) throw new RangeError('a hello of another size')
  if (!PRINTABLE.test(software)) throw new RangeError(`not the name of a program: ${JSON.stringify(software)}`)
  return new Writer(128).byte(version).raw(swarm).raw(nonce).block(ascii(software)).finish()
}

/** Later versions begin alike, so that they can be told. @returns copies @throws {DecodeError} */
export function decodeHello(bytes: Uint8Array): HelloMessage {
  if (bytes.length > MAX_HELLO_BYTES) throw new DecodeError('oversized', `${bytes.length} bytes`)
  const reader = new Reader(bytes)
  const version = reader.byte()
  if (version === 0) throw new DecodeError('out-of-range', 'version 0')
  const swarm = reader.raw(SWARM_BYTES).slice()
  const nonce = reader.raw(NONCE_BYTES).slice()
  const software = String.fromCharCode(...reader.block(MAX_SOFTWARE_BYTES))
  if (!PRINTABLE.test(software)) throw new DecodeError('out-of-range', 'the name of a program')
  if (version === HELLO_VERSION) reader.end()
  return { version, swarm, nonce, software }
}

/** One byte: 0 for welcome, else the place of the refusal, from 1. */
export function encodeVerdict(verdict: HelloVerdict): Uint8Array {
  return Uint8Array.of(verdict === 'welcome' ? 0 : REFUSALS.indexOf(verdict) + 1)
}

/** @throws {DecodeError} */
export function decodeVerdict(bytes: Uint8Array): HelloVerdict {
  const reader = new Reader(bytes)
  const code = reader.byte()
  reader.end()
  const verdict = code === 0 ? 'welcome' : REFUSALS[code - 1]
  if (verdict === undefined) throw new DecodeError('out-of-range', `verdict ${code}`)
  return verdict
}
