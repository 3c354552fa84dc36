/** A claim: a signed statement of a peer's clock. PROTOCOL.md, section 5. */
import { Reader, Writer } from '../bytes.js'
import { DecodeError } from './error.js'
import { MAX_EPOCH } from './limits.js'

export interface Claim {
  /** The signer's current epoch. */
  readonly epoch: number
  /** Grows with every claim its author signs, so that an old claim cannot be replayed as a fresh one. */
  readonly counter: number
  /** The signer is going away; nobody should wait for it. */
  readonly leaving: boolean
  /** The signer publishes nothing in this epoch, because it has no data, listens or rests; nobody should wait for its updates. */
  readonly observer: boolean
}

const VERSION = 1

/** Largest body of a claim, bytes: version, flags and two varints. */
export const MAX_CLAIM_BYTES = 2 + 6 + 8

export function encodeClaim(claim: Claim): Uint8Array {
  return new Writer(16)
    .byte(VERSION)
    .byte((claim.leaving ? 1 : 0) | (claim.observer ? 2 : 0))
    .varint(claim.epoch)
    .varint(claim.counter)
    .finish()
}

/** @throws {DecodeError} */
export function decodeClaim(bytes: Uint8Array): Claim {
  const reader = new Reader(bytes)
  if (reader.byte() !== VERSION) throw new DecodeError('unknown-version')
  const flags = reader.byte()
  if (flags > 3) throw new DecodeError('not-canonical', 'claim flags')
  const epoch = reader.varint(MAX_EPOCH)
  const counter = reader.varint()
  reader.end()
  return { epoch, counter, leaving: (flags & 1) !== 0, observer: (flags & 2) !== 0 }
}
