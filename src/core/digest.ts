/** SHA-256, the one hash of the protocol. */
import { sha256 } from '@noble/hashes/sha2.js'

/** 32 bytes. */
export function digest(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = sha256.create()
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** Bytes hashed between two pauses: a few milliseconds. */
const SLICE = 2 ** 20

/** The same of one large array, in slices. */
export function* digesting(bytes: Uint8Array): Generator<undefined, Uint8Array> {
  const hash = sha256.create()
  for (let at = 0; at < bytes.length; at += SLICE) {
    if (at > 0) yield undefined
    hash.update(bytes.subarray(at, at + SLICE))
  }
  return hash.digest()
}
