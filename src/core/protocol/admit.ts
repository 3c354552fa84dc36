/** Is this update valid, and is it wanted now? Everything short of the signature. PROTOCOL.md, section 6. */
import { equalBytes, toHex } from '../bytes.js'
import { digest } from '../digest.js'
import { GRID } from '../grid.js'
import { norm, updateValues } from '../sparse/quantise.js'
import { decodeEnvelope, UPDATE_PAYLOAD } from '../wire/envelope.js'
import { DecodeError } from '../wire/error.js'
import { decodeBody, peekBody } from '../wire/update.js'
import { parameterCount } from './init.js'
import type { Manifest } from './manifest.js'
import type { Coordinates } from './model.js'
import { entryOf, type UpdateRecord, type UpdateSet } from './set.js'
import type { RejectReason, Verdict } from './verdict.js'

/** What membership of the set depends on: the manifest, and nothing of the peer's own (R1). */
export interface Membership {
  readonly manifest: Manifest
  readonly size: number
  /** Canonical bytes' digest, seeds the lots. */
  readonly swarm: Uint8Array
}

export function createMembership(manifest: Manifest, swarm: Uint8Array): Membership {
  return { manifest, size: parameterCount(manifest.params.tensors), swarm }
}

/** An update that is valid if its signature is. */
export interface Candidate {
  readonly update: UpdateRecord
  readonly coordinates: Coordinates
  readonly author: Uint8Array
  readonly payload: Uint8Array
  readonly signature: Uint8Array
}

/** Where the receiver stands; it may delay an update, never exclude it. */
export interface Window {
  readonly set: UpdateSet
  readonly epoch: number
  /** Epochs behind that are taken: the staleness bound from gossip, anything from repair. */
  readonly behind: number
  readonly ahead: number
}

export type Examination =
  | { readonly kind: 'candidate'; readonly candidate: Candidate }
  | { readonly kind: 'verdict'; readonly verdict: Verdict }

const reject = (reason: RejectReason): Examination => ({ kind: 'verdict', verdict: { kind: 'reject', reason } })

/** Checks an envelope from the network, cheapest first. Never throws. */
export function examine(bytes: Uint8Array, membership: Membership, window: Window): Examination {
  const { manifest, size, swarm } = membership
  const { limits, lots } = manifest
  try {
    const envelope = decodeEnvelope(bytes, { maxBytes: limits.maxUpdateBytes, payloadType: UPDATE_PAYLOAD })
    const { epoch, weight, drawBits } = peekBody(envelope.payload)
    if (manifest.stop.epochs !== null && epoch >= manifest.stop.epochs) return reject('after-the-end')
    const timing = timingOf(epoch, window)
    if (timing !== undefined) return { kind: 'verdict', verdict: { kind: 'ignore', reason: timing } }

    const author = toHex(envelope.author)
    const contentHash = digest(envelope.payload)
    const known = entryOf(window.set, epoch, author)
    if (known !== undefined && (known.kind === 'conflict' || equalBytes(known.update.contentHash, contentHash)))
      return { kind: 'verdict', verdict: { kind: 'ignore', reason: 'duplicate' } }

    const maxWeight = manifest.aggregation.weighting === 'equal' ? 1 : limits.maxWeight
    if (weight < 1 || weight > maxWeight) return reject('weight-out-of-range')
    if (drawBits < lots.minBits || drawBits > lots.maxBits || !isDrawn(swarm, epoch, envelope.author, drawBits))
      return reject('not-drawn')
    const { delta } = decodeBody(envelope.payload, { size, maxBytes: limits.maxUpdateBytes })
    const values = updateValues(delta)
    const cap = 2 ** limits.maxValueBits
    for (let i = 0; i < values.length; i++) if (Math.abs(values[i]!) >= cap) return reject('value-out-of-range')
    if (norm(delta) > limits.maxNorm * GRID) return reject('norm-too-large')
    return {
      kind: 'candidate',
      candidate: {
        update: { author, epoch, weight, drawBits, contentHash, envelope: bytes },
        coordinates: { indices: delta.indices, values },
        author: envelope.author,
        payload: envelope.payload,
        signature: envelope.signature
      }
    }
  } catch (error) {
    if (error instanceof DecodeError) return reject(error.reason)
    throw error
  }
}

function timingOf(epoch: number, { set, epoch: own, behind, ahead }: Window) {
  if (epoch < set.base) return 'before-base' as const
  if (epoch < own - behind) return 'stale' as const
  if (epoch > own + ahead) return 'far-future' as const
  return undefined
}

/** The lot: true when the top `drawBits` bits of SHA-256(swarm digest, epoch as uint64 little-endian, author) are 0. */
export function isDrawn(swarm: Uint8Array, epoch: number, author: Uint8Array, drawBits: number): boolean {
  if (drawBits === 0) return true
  const where = new Uint8Array(8)
  new DataView(where.buffer).setBigUint64(0, BigInt(epoch), true)
  const hash = digest(swarm, where, author)
  const top = ((hash[0]! << 24) | (hash[1]! << 16) | (hash[2]! << 8) | hash[3]!) >>> 0
  return top >>> (32 - drawBits) === 0
}

/** Decodes an update that is in the set. */
export function decodeMember(membership: Membership, update: UpdateRecord): Coordinates {
  const { limits } = membership.manifest
  const envelope = decodeEnvelope(update.envelope, { maxBytes: limits.maxUpdateBytes, payloadType: UPDATE_PAYLOAD })
  const { delta } = decodeBody(envelope.payload, { size: membership.size, maxBytes: limits.maxUpdateBytes })
  return { indices: delta.indices, values: updateValues(delta) }
}
