/** As much of `node:crypto` as the tests of the core use. */
import { sha256 } from '@noble/hashes/sha2.js'
import { concatBytes, toHex } from '#src/core/bytes.js'

interface Hash {
  update(bytes: Uint8Array): Hash
  digest(): Uint8Array
  digest(encoding: 'hex'): string
}

export function createHash(algorithm: 'sha256'): Hash {
  if (algorithm !== 'sha256') throw new RangeError(`no ${algorithm} here`)
  const parts: Uint8Array[] = []
  function digest(): Uint8Array
  function digest(encoding: 'hex'): string
  function digest(encoding?: 'hex'): Uint8Array | string {
    const bytes = sha256(concatBytes(...parts))
    return encoding === 'hex' ? toHex(bytes) : bytes
  }
  const hash: Hash = {
    update: bytes => {
      parts.push(bytes)
      return hash
    },
    digest
  }
  return hash
}
