/** Ed25519 identities and their three names: raw key in hex inside, peer id in libp2p, 32 bytes in envelopes. */
import { generateKeyPair, publicKeyFromRaw } from '@libp2p/crypto/keys'
import type { Ed25519PrivateKey, PeerId } from '@libp2p/interface'
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import { fromHex, toHex } from '../core/bytes.js'
import type { Identity, PeerKey } from '../interface.js'

const PUBLIC_KEY_BYTES = 32
const SIGNATURE_BYTES = 64

/** The key pair of a peer. Signing and verifying use the platform's fast path where there is one (RFC 8032). */
export function createIdentity(privateKey: Ed25519PrivateKey): Identity {
  return {
    key: toHex(privateKey.publicKey.raw),
    async sign(message) {
      // Node.js signs into a Buffer, whose `slice` is a view; callers expect a plain array.
      return new Uint8Array(await privateKey.sign(message))
    },
    async verify(publicKey, message, signature) {
      // The length also tells Ed25519 from the other curves that the parser knows.
      if (publicKey.length !== PUBLIC_KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false
      try {
        return await publicKeyFromRaw(publicKey).verify(message, signature)
      } catch {
        return false
      }
    }
  }
}

/** A new identity from the platform's entropy, with the private key that its libp2p node needs. */
export async function generateIdentity(): Promise<{
  readonly identity: Identity
  readonly privateKey: Ed25519PrivateKey
}> {
  const privateKey = await generateKeyPair('Ed25519')
  return { identity: createIdentity(privateKey), privateKey }
}

/** @returns undefined for a peer that is not Ed25519; no such peer takes part in a swarm */
export function keyOfPeerId(peerId: PeerId): PeerKey | undefined {
  return peerId.type === 'Ed25519' ? toHex(peerId.publicKey.raw) : undefined
}

/** @throws {TypeError} when `key` is not 64 lower-case hex digits */
export function peerIdOfKey(key: PeerKey): PeerId {
  const raw = fromHex(key)
  const publicKey = raw.length === PUBLIC_KEY_BYTES ? publicKeyFromRaw(raw) : undefined
  if (publicKey?.type !== 'Ed25519')
    throw new TypeError(`a peer key has ${2 * PUBLIC_KEY_BYTES} hex digits: ${key.slice(0, 80)}`)
  return peerIdFromPublicKey(publicKey)
}
