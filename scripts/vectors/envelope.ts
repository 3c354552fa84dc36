import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { toHex } from '#src/core/bytes.js'
import { CLAIM_PAYLOAD, encodeEnvelope, envelopeDomain, signingBytes, UPDATE_PAYLOAD } from '#src/core/wire/envelope.js'
import type { Json } from './index.js'

const SWARM = 'bafyreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku'

/** Ed25519 signatures are deterministic (RFC 8032), so envelopes are too. */
export function envelopeVectors(): Promise<Json[]> {
  const cases: [number, Uint8Array, Uint8Array][] = [
    [1, UPDATE_PAYLOAD, Uint8Array.of(1, 2, 3, 0, 100, 0)],
    [2, UPDATE_PAYLOAD, new Uint8Array(200).fill(0xa5)],
    [1, CLAIM_PAYLOAD, Uint8Array.of(7)]
  ]
  return Promise.all(
    cases.map(async ([seed, payloadType, payload]) => {
      const key = await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(seed))
      const signed = signingBytes(envelopeDomain(SWARM), payloadType, payload)
      const signature = await key.sign(signed)
      return {
        keySeedByte: seed,
        swarm: SWARM,
        payloadType: toHex(payloadType),
        payload: toHex(payload),
        signed: toHex(signed),
        envelope: toHex(encodeEnvelope({ author: key.publicKey.raw, payloadType, payload, signature }))
      }
    })
  )
}
