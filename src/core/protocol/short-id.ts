/** Swarm ids for people: six words that two of them can compare aloud. PROTOCOL.md, section 15. */
import { wordlist } from '@scure/bip39/wordlists/english.js'

const WORDS = 6
/** There are 2^11 words in the list, which no two begin alike in their first four letters (BIP 39). */
const BITS = 11

/** The first 66 bits of the digest as words: to find another swarm with the same ones takes 2^66 tries. @param swarm its 32 bytes */
export function shortId(swarm: Uint8Array): readonly string[] {
  return Array.from({ length: WORDS }, (_, i) => wordlist[bitsOf(swarm, i * BITS)]!)
}

/** {@link BITS} bits of the bytes from a bit on, the first bit of a byte being its highest. */
function bitsOf(bytes: Uint8Array, from: number): number {
  const at = from >>> 3
  const window = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!
  return (window >>> (24 - BITS - (from & 7))) & (2 ** BITS - 1)
}
