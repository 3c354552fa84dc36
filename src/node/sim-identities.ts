/** Key pairs for simulated peers: genuine Ed25519 from the run's seed, signed and checked at once, so that time stays virtual. */
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import { equalBytes, fromHex, toHex } from '../core/bytes.js'
import { createRandom } from '../core/random.js'
import type { Identity } from '../interface.js'

/** PKCS #8 and SubjectPublicKeyInfo of Ed25519 (RFC 8410) before the 32 bytes of the key. */
const PRIVATE_PREFIX = fromHex('302e020100300506032b657004220420')
const PUBLIC_PREFIX = fromHex('302a300506032b6570032100')
/** Results remembered; more are forgotten all at once. */
const MAX_REMEMBERED = 100_000
const STREAM = 77

interface Checked {
  readonly publicKey: Uint8Array
  readonly message: Uint8Array
  readonly signature: Uint8Array
  readonly holds: boolean
}

/**
 * Equal seeds give equal keys. A signature is checked once in the process, and not at all when it was made there: else half of a
 * run's time would go into checking what the same process has signed.
 */
export function createSimIdentities(count: number, seed: number): Identity[] {
  const random = createRandom(seed, STREAM)
  const checked = new Map<number, Checked>()
  /** The first 48 bits of S, which are as good as random. */
  const keyOf = (signature: Uint8Array) => {
    let key = 0
    for (let i = 32; i < 38; i++) key = 256 * key + signature[i]!
    return key
  }
  const remember = (result: Checked) => {
    if (checked.size >= MAX_REMEMBERED) checked.clear()
    checked.set(keyOf(result.signature), result)
    return result.holds
  }
  return Array.from({ length: count }, () => {
    const secret = Uint8Array.from({ length: 32 }, () => random.below(256))
    const privateKey = createPrivateKey({ key: Buffer.concat([PRIVATE_PREFIX, secret]), format: 'der', type: 'pkcs8' })
    const own = new Uint8Array(createPublicKey(privateKey).export({ format: 'der', type: 'spki' })).subarray(-32)
    return {
      key: toHex(own),
      async sign(message) {
        const signature = new Uint8Array(sign(null, message, privateKey))
        remember({ publicKey: own, message: message.slice(), signature, holds: true })
        return signature
      },
      async verify(publicKey, message, signature) {
        if (publicKey.length !== 32 || signature.length !== 64) return false
        const known = checked.get(keyOf(signature))
        if (
          known !== undefined &&
          equalBytes(known.signature, signature) &&
          equalBytes(known.publicKey, publicKey) &&
          equalBytes(known.message, message)
        )
          return known.holds
        return remember({
          publicKey: publicKey.slice(),
          message: message.slice(),
          signature: signature.slice(),
          holds: check(publicKey, message, signature)
        })
      }
    }
  })
}

function check(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    const key = createPublicKey({ key: Buffer.concat([PUBLIC_PREFIX, publicKey]), format: 'der', type: 'spki' })
    return verify(null, message, key, signature)
  } catch {
    return false
  }
}
