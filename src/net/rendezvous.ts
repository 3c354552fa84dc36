/**
 * The names by which peers of one swarm look for each other among strangers. They tell nobody the swarm's id, and of a
 * swarm with a key not even those who know the id. PROTOCOL.md, "Neighbours".
 */
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { create as createDigest } from 'multiformats/hashes/digest'
import { toHex } from '../core/bytes.js'
import { digest } from '../core/digest.js'

/** Which swarm is looked for. */
export interface Wanted {
  /** As text, a CIDv1 of SHA-256. */
  readonly swarmId: string
  /** 32 bytes, of a swarm that has one. */
  readonly key?: Uint8Array | undefined
}

const SHA2_256 = 0x12
const text = new TextEncoder()
/** Hex digits of the tag: a DNS label has 63 characters, and chance brings no two swarms of one network together. */
const TAG_DIGITS = 32

/** The service name for mDNS, such as `_starlings-0123….` `_udp.local`. */
export function mdnsTag(wanted: Wanted): string {
  return `_starlings-${toHex(secretName('starlings/1/mdns', wanted)).slice(0, TAG_DIGITS)}._udp.local`
}

/** What is provided and looked for in a DHT. */
export function rendezvousCid(wanted: Wanted): CID {
  return CID.createV1(raw.code, createDigest(SHA2_256, secretName('starlings/1/rendezvous', wanted)))
}

function secretName(domain: string, { swarmId, key }: Wanted): Uint8Array {
  const words = [text.encode(domain), CID.parse(swarmId).multihash.digest]
  if (key === undefined) return digest(...words)
  const mac = hmac.create(sha256, key)
  for (const word of words) mac.update(word)
  return mac.digest()
}
