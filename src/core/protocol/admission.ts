/** The key of a private swarm: how a manifest tells it, and a peer proves that it has it, without giving it away. PROTOCOL.md, sections 3 and 14. */
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { ascii, concatBytes, toHex } from '../bytes.js'
import { digest } from '../digest.js'
import type { Admission } from './manifest.js'

/** A key is drawn by chance, so its hash tells nothing about it. */
export const SWARM_KEY_BYTES = 32

const KEY_DOMAIN = ascii('starlings/1/key')

/** What the manifest of a private swarm holds of its key: 64 hex digits. @throws {RangeError} when it has another length */
export function keyCheck(key: Uint8Array): string {
  if (key.length !== SWARM_KEY_BYTES) throw new RangeError(`a key has ${SWARM_KEY_BYTES} bytes, not ${key.length}`)
  return toHex(digest(KEY_DOMAIN, key))
}

/** Whether this key opens that swarm; swarms without one take none. */
export function fitsKey(admission: Admission, key: Uint8Array | undefined): boolean {
  if (admission.rule !== 'key') return key === undefined
  return key?.length === SWARM_KEY_BYTES && keyCheck(key) === admission.check
}

const PROOF_DOMAIN = ascii('starlings/1/hello')

/** Who proves what to whom in a hello; all 32 bytes but the nonces, which are 16. */
export interface ProofContext {
  readonly swarm: Uint8Array
  /** Public key of the one that proves, and its part in the connection. */
  readonly prover: Uint8Array
  readonly role: 'dialler' | 'listener'
  /** Public key of the one that is to believe it. */
  readonly verifier: Uint8Array
  readonly diallerNonce: Uint8Array
  readonly listenerNonce: Uint8Array
}

/** 32 bytes that only who has the key can make, of use to this verifier on this connection alone. HMAC, RFC 2104. */
export function keyProof(key: Uint8Array, context: ProofContext): Uint8Array {
  const { swarm, prover, role, verifier, diallerNonce, listenerNonce } = context
  const isDialler = Uint8Array.of(role === 'dialler' ? 0 : 1)
  const message = concatBytes(PROOF_DOMAIN, isDialler, swarm, prover, verifier, diallerNonce, listenerNonce)
  return hmac(sha256, key, message)
}

/** In a time that does not tell where they differ. */
export function isSameProof(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ (b[i] ?? 0)
  return difference === 0
}
