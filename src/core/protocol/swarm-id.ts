/** Swarm ids: the digest of a manifest's canonical bytes as a CID, version 1. PROTOCOL.md, section 3. */
import { CID } from 'multiformats/cid'
import * as Digest from 'multiformats/hashes/digest'

/** DAG-CBOR and SHA-256, as every swarm id has it. */
const CODEC = 0x71
const SHA256 = 0x12

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
