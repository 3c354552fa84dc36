/** SHA-256, the one hash of the protocol. */
import { sha256 } from '@noble/hashes/sha2.js'

/** 32 bytes. */
export function digest(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = sha256.create()
  for (const part of parts) hash.update(part)
  return hash.digest()
}
