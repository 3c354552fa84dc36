/** Genuine signatures under whatever one likes to say: what hostile peers send. */
import { fromHex } from '../../core/bytes.js'
import { parameterCount } from '../../core/protocol/init.js'
import { type Manifest, swarmId } from '../../core/protocol/manifest.js'
import { chunkCount, type SparseUpdate } from '../../core/sparse/update.js'
import { type Claim, encodeClaim } from '../../core/wire/claim.js'
import {
  CLAIM_PAYLOAD,
  encodeEnvelope,
  envelopeDomain,
  signingBytes,
  UPDATE_PAYLOAD
} from '../../core/wire/envelope.js'
import { CHUNK_BITS } from '../../core/wire/limits.js'
import { encodePulse, type Pulse, ROOT_BYTES } from '../../core/wire/pulse.js'
import { encodeBody } from '../../core/wire/update.js'
import type { Identity } from '../../interface.js'

/** Reckoning a swarm's id anew costs more than the signature. */
const domains = new WeakMap<Manifest, string>()

function domainOf(manifest: Manifest) {
  const known = domains.get(manifest)
  if (known !== undefined) return known
  const domain = envelopeDomain(swarmId(manifest))
  domains.set(manifest, domain)
  return domain
}

export async function signedEnvelope(
  identity: Identity,
  manifest: Manifest,
  payloadType: Uint8Array,
  payload: Uint8Array
): Promise<Uint8Array> {
  const signature = await identity.sign(signingBytes(domainOf(manifest), payloadType, payload))
  return encodeEnvelope({ author: fromHex(identity.key), payloadType, payload, signature })
}

export interface SignedUpdate {
  readonly epoch: number
  /** @default 1 */
  readonly weight?: number
  /** @default 0 */
  readonly drawBits?: number
  /** index → level, at `shift` */
  readonly levels: Readonly<Record<number, number>>
  /** @default 10 */
  readonly shift?: number
}

/** A genuine update of `identity`. */
export function signedUpdate(
  identity: Identity,
  manifest: Manifest,
  { epoch, weight = 1, drawBits = 0, levels, shift = 10 }: SignedUpdate
): Promise<Uint8Array> {
  const size = parameterCount(manifest.params.tensors)
  const indices = Uint32Array.from(Object.keys(levels).map(Number)).sort()
  const shifts = new Uint8Array(chunkCount(size))
  for (const index of indices) shifts[index >>> CHUNK_BITS] = shift
  const delta: SparseUpdate = {
    valueBits: 4,
    size,
    indices,
    levels: Int16Array.from(indices, i => levels[i]!),
    shifts
  }
  return signedEnvelope(identity, manifest, UPDATE_PAYLOAD, encodeBody({ epoch, weight, drawBits, delta }))
}

export function signedClaim(identity: Identity, manifest: Manifest, claim: Claim): Promise<Uint8Array> {
  return signedEnvelope(identity, manifest, CLAIM_PAYLOAD, encodeClaim(claim))
}

export interface SignedPulse extends Partial<Omit<Pulse, 'claims'>> {
  readonly epoch: number
  readonly counter: number
  readonly leaving?: boolean
  /** Claims of others, as signed. */
  readonly relayed?: readonly Uint8Array[]
}

/** A pulse whose digests are made up unless given. */
export async function signedPulse(
  identity: Identity,
  manifest: Manifest,
  { epoch, counter, leaving = false, relayed = [], ...digests }: SignedPulse
): Promise<Uint8Array> {
  const claim = await signedClaim(identity, manifest, { epoch, counter, leaving, observer: false })
  const madeUp = { intervalMs: 500, base: 0, rootEnd: 0, root: new Uint8Array(ROOT_BYTES).fill(7), recent: [] }
  return encodePulse({ ...madeUp, ...digests, claims: [claim, ...relayed] })
}
