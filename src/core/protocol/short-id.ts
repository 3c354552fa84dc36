/** Swarm ids for people: six words that two of them can compare aloud. PROTOCOL.md, section 15. */
import { wordlist } from '@scure/bip39/wordlists/english.js'
import { CID } from 'multiformats/cid'
import * as Digest from 'multiformats/hashes/digest'

const WORDS = 6
/** There are 2^11 words in the list, which no two begin alike in their first four letters (BIP 39). */
const BITS = 11

/** DAG-CBOR and SHA-256, as every swarm id has it. */
const CODEC = 0x71
const SHA256 = 0x12

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

/** The 32 bytes in a swarm id. @throws {TypeError} when it is no such id */
export function swarmDigest(swarmId: string): Uint8Array {
  let cid: CID
  try {
    cid = CID.parse(swarmId)
  } catch (cause) {
    throw new TypeError(`not a swarm id: ${swarmId.slice(0, 80)}`, { cause })
  }
  if (cid.version !== 1 || cid.code !== CODEC || cid.multihash.code !== SHA256 || cid.multihash.digest.length !== 32)
    throw new TypeError(`not a swarm id: ${swarmId.slice(0, 80)}`)
  return cid.multihash.digest
}

/** The swarm id of 32 bytes. */
export function swarmIdOf(swarm: Uint8Array): string {
  return CID.createV1(CODEC, Digest.create(SHA256, swarm)).toString()
}
