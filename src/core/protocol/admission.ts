/** The key of a private swarm, and how a manifest tells it without giving it away. PROTOCOL.md, section 3. */
import { ascii, toHex } from '../bytes.js'
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
