/** What a newcomer is told about a swarm: its manifest, and how things stand. PROTOCOL.md, section 14. */
import { Reader, Writer } from '../bytes.js'
import { DecodeError } from './error.js'
import { MAX_EPOCH } from './limits.js'

/** More take part nowhere. */
const MAX_PARTICIPANTS = 2 ** 32

/** Largest manifest, DAG-CBOR. */
const MAX_MANIFEST = 2 ** 20

export interface About {
  /** How many take part, as the one that is asked estimates; nobody can check it. */
  readonly participants: number
  /** Its clock's. */
  readonly epoch: number
  /** Canonical bytes of the manifest. */
  readonly manifest: Uint8Array
}

export const MAX_ABOUT_BYTES = 5 + 6 + 3 + MAX_MANIFEST

/** More participants than can be told are told as {@link MAX_PARTICIPANTS}. @returns at most {@link MAX_ABOUT_BYTES} */
export function encodeAbout({ participants, epoch, manifest }: About): Uint8Array {
  return new Writer(manifest.length + 16)
    .varint(Math.min(participants, MAX_PARTICIPANTS))
    .varint(epoch)
    .block(manifest)
    .finish()
}

/** @returns views of `bytes` @throws {DecodeError} */
export function decodeAbout(bytes: Uint8Array): About {
  if (bytes.length > MAX_ABOUT_BYTES) throw new DecodeError('oversized', `${bytes.length} bytes`)
  const reader = new Reader(bytes)
  const about = {
    participants: reader.varint(MAX_PARTICIPANTS),
    epoch: reader.varint(MAX_EPOCH),
    manifest: reader.block(MAX_MANIFEST)
  }
  reader.end()
  return about
}
