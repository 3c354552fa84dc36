/** Bytes from neighbours on their way to the core: decode, verify, hand in. PROTOCOL.md, section 6. */
import { toHex } from '../core/bytes.js'
import { type Candidate, examine, isMember } from '../core/protocol/admit.js'
import type { VerifiedClaim } from '../core/protocol/effects.js'
import { isNews } from '../core/protocol/pulsing.js'
import type { SwarmState } from '../core/protocol/state.js'
import type { Verdict } from '../core/protocol/verdict.js'
import { decodeClaim, MAX_CLAIM_BYTES } from '../core/wire/claim.js'
import { CLAIM_PAYLOAD, decodeEnvelope, signingBytes, UPDATE_PAYLOAD } from '../core/wire/envelope.js'
import { DecodeError } from '../core/wire/error.js'
import { decodePulse, MAX_CLAIM_ENVELOPE_BYTES, type Pulse } from '../core/wire/pulse.js'
import type { Identity } from '../interface.js'

/** Signature checks under way at once; past this, updates are ignored and come again by repair. */
const MAX_PENDING = 512

/** What an author signed, by candidate: the peers of one process share those that they judge. */
const messages = new WeakMap<Candidate, { readonly domain: string; readonly bytes: Uint8Array }>()

function messageOf(candidate: Candidate, domain: string): Uint8Array {
  const known = messages.get(candidate)
  if (known?.domain === domain) return known.bytes
  const bytes = signingBytes(domain, UPDATE_PAYLOAD, candidate.payload)
  messages.set(candidate, { domain, bytes })
  return bytes
}

export function createIncoming(state: SwarmState, identity: Identity, domain: string) {
  let pending = 0

  /** @returns the candidate when everything including the signature holds, else the verdict */
  async function check(bytes: Uint8Array, via: 'gossip' | 'repair'): Promise<Candidate | Verdict> {
    if (pending >= MAX_PENDING) return { kind: 'ignore', reason: 'busy' }
    const { stalenessBound } = state.manifest.clock
    const examination = examine(bytes, state.membership, {
      set: state.set,
      epoch: state.clock.epoch,
      behind: via === 'gossip' ? stalenessBound : Number.POSITIVE_INFINITY,
      // The core does not take it either, but hears from it how far its author is.
      ahead: via === 'gossip' ? Number.POSITIVE_INFINITY : stalenessBound,
      leastBits: via === 'gossip' ? state.lots.bits - 1 : 0
    })
    if (examination.kind === 'verdict') return examination.verdict
    const { candidate } = examination
    pending++
    try {
      const message = messageOf(candidate, domain)
      if (await identity.verify(candidate.author, message, candidate.signature)) return candidate
      return { kind: 'reject', reason: 'bad-signature' }
    } finally {
      pending--
    }
  }

  /** @returns the pulse with its new, genuine claims; undefined when the sender cannot be honest */
  async function checkPulse(
    bytes: Uint8Array,
    from: string
  ): Promise<{ pulse: Pulse; claims: VerifiedClaim[] } | undefined> {
    try {
      const pulse = decodePulse(bytes)
      const claims: VerifiedClaim[] = []
      for (const [i, envelope] of pulse.claims.entries()) {
        const { author, payload, signature } = decodeEnvelope(envelope, {
          maxBytes: MAX_CLAIM_ENVELOPE_BYTES,
          payloadType: CLAIM_PAYLOAD
        })
        if (payload.length > MAX_CLAIM_BYTES) return undefined
        const claim = decodeClaim(payload)
        const signer = toHex(author)
        if (i === 0 && signer !== from) return undefined
        // Nobody honest passes on the claims of strangers to a list, and the clock counts signers.
        if (!isMember(state.membership, signer)) return undefined
        if (!isNews(state, signer, claim)) continue
        if (!(await identity.verify(author, signingBytes(domain, CLAIM_PAYLOAD, payload), signature))) return undefined
        claims.push({ signer, claim, envelope })
      }
      return { pulse, claims }
    } catch (error) {
      if (error instanceof DecodeError) return undefined
      throw error
    }
  }

  return { check, checkPulse }
}
