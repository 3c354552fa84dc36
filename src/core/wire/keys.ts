/**
 * Which Ed25519 keys and signatures are looked at at all. Implementations disagree about the odd ones, and a swarm whose
 * peers disagree about a signature no longer has one set. Chalkias, Garillot, Nikolaenko, "Taming the many EdDSAs" (2020).
 * PROTOCOL.md, section 2.
 */
import { fromHex } from '../bytes.js'
import { KEY_BYTES, SIGNATURE_BYTES } from './limits.js'

/** 2^255 − 19, little-endian. */
const FIELD = fromHex('edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f')
/** Order of the base point, 2^252 + 27742317777372353535851937790883648493, little-endian. */
const ORDER = fromHex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010')

/** The y of all points whose order divides 8, little-endian; either sign of x. */
const SMALL_ORDER_Y = [
  '0000000000000000000000000000000000000000000000000000000000000000', // order 4
  '0100000000000000000000000000000000000000000000000000000000000000', // order 1
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f', // order 2
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05', // order 8
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a' // order 8
].map(fromHex)

/**
 * Whether a point is encoded in the one canonical way and is not of small order, which nobody generates by chance and
 * which would make a signature valid for many messages. Whether it is on the curve is left to the verifier.
 */
export function isSafeKey(publicKey: Uint8Array): boolean {
  if (publicKey.length !== KEY_BYTES) return false
  const y = Uint8Array.from(publicKey) // a Buffer's slice would be a view
  y[31]! &= 0x7f // the top bit is the sign of x
  return isBelow(y, FIELD) && !SMALL_ORDER_Y.some(small => small.every((byte, i) => byte === y[i]))
}

/** Whether S is below the group order, so that nobody can turn one signature into another, and R is a safe point. */
export function isCanonicalSignature(signature: Uint8Array): boolean {
  if (signature.length !== SIGNATURE_BYTES) return false
  return isSafeKey(signature.subarray(0, 32)) && isBelow(signature.subarray(32), ORDER)
}

/** Little-endian, equal lengths. */
function isBelow(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = a.length - 1; i >= 0; i--) if (a[i] !== b[i]) return a[i]! < b[i]!
  return false
}
