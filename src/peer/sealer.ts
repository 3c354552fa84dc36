/** Signs what this peer sends. An update exists once it is written down (PROTOCOL.md, R5). */
import { fromHex } from '../core/bytes.js'
import { digest } from '../core/digest.js'
import type { Effect, Input } from '../core/protocol/effects.js'
import type { SwarmState } from '../core/protocol/state.js'
import { encodeClaim } from '../core/wire/claim.js'
import { CLAIM_PAYLOAD, encodeEnvelope, signingBytes, UPDATE_PAYLOAD } from '../core/wire/envelope.js'
import { encodePulse } from '../core/wire/pulse.js'
import type { Identity } from '../interface.js'
import type { Journal } from './journal.js'

export function createSealer(state: SwarmState, identity: Identity, journal: Journal | undefined, domain: string) {
  const author = fromHex(identity.key)

  async function envelope(payloadType: Uint8Array, payload: Uint8Array) {
    const signature = await identity.sign(signingBytes(domain, payloadType, payload))
    return { bytes: encodeEnvelope({ author, payloadType, payload, signature }), signature }
  }

  return {
    async update({
      epoch,
      drawBits,
      body,
      sparse
    }: Effect & { type: 'seal' }): Promise<
      (Input & { type: 'sealed' }) | (Input & { type: 'seal-failed'; reason: string })
    > {
      try {
        const { bytes, signature } = await envelope(UPDATE_PAYLOAD, body)
        const update = {
          author: identity.key,
          epoch,
          weight: state.own.weight,
          drawBits,
          contentHash: digest(body),
          envelope: bytes
        }
        await journal?.publish(update)
        return { type: 'sealed', candidate: { update, coordinates: sparse, author, payload: body, signature } }
      } catch (error) {
        return { type: 'seal-failed', sparse, reason: error instanceof Error ? error.message : String(error) }
      }
    },

    async pulse({ claim, digests, relayed }: Effect & { type: 'pulse' }): Promise<Uint8Array> {
      const { bytes } = await envelope(CLAIM_PAYLOAD, encodeClaim(claim))
      return encodePulse({ ...digests, claims: [bytes, ...relayed] })
    }
  }
}

export type Sealer = ReturnType<typeof createSealer>
