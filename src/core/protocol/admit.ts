/** Is this update valid, and is it wanted now? Everything short of the signature. PROTOCOL.md, section 6. */
import { equalBytes, toHex } from '../bytes.js'
import { digest } from '../digest.js'
import { GRID } from '../grid.js'
import { norm, updateValues } from '../sparse/quantise.js'
import { decodeEnvelope, UPDATE_PAYLOAD } from '../wire/envelope.js'
import { DecodeError } from '../wire/error.js'
import { decodeBody, peekBody } from '../wire/update.js'
import { parameterCount } from './init.js'
import { createDraws, type Draws, isDrawn } from './lots.js'
import { type Manifest, manifestBytes } from './manifest.js'
import type { Coordinates } from './model.js'
import { entryOf, type UpdateRecord, type UpdateSet } from './set.js'
import type { IgnoreReason, RejectReason, Verdict } from './verdict.js'

/** What membership of the set depends on: the manifest, and nothing of the peer's own (R1). */
export interface Membership {
  readonly manifest: Manifest
  readonly size: number
  /** Who may publish at all; undefined: everybody. */
  readonly members: ReadonlySet<string> | undefined
  /** Canonical bytes' digest, seeds the lots. */
  readonly swarm: Uint8Array
  readonly draws: Draws
  /** What was judged lately, so that peers of one process judge it once. */
  readonly judged: Judged
}

const memberships = new WeakMap<Manifest, Membership>()

/** Reckoned once per manifest: the peers of one process share it, and what it remembers of their lots. */
export function membershipOf(manifest: Manifest): Membership {
  let membership = memberships.get(manifest)
  if (membership === undefined) {
    const swarm = digest(manifestBytes(manifest))
    membership = {
      manifest,
      size: parameterCount(manifest.params.tensors),
      members: manifest.admission.rule === 'list' ? new Set(manifest.admission.members) : undefined,
      swarm,
      draws: createDraws(swarm),
      judged: createJudged()
    }
    memberships.set(manifest, membership)
  }
  return membership
}

/** Whether this swarm takes what a peer signs. @param author 64 hex digits */
export function isMember({ members }: Membership, author: string): boolean {
  return members === undefined || members.has(author)
}

/** Candidates remembered, and the largest: 6 MB with what they decode to. Two or three epochs of a large swarm. */
const MAX_JUDGED = 128
const MAX_JUDGED_BYTES = 8192

export interface Judged {
  /** @param bytes the very same array, which nobody writes to */
  get(bytes: Uint8Array): Candidate | undefined
  add(bytes: Uint8Array, candidate: Candidate): void
}

function createJudged(): Judged {
  const candidates = new Map<Uint8Array, Candidate>()
  return {
    get: bytes => candidates.get(bytes),
    add(bytes, candidate) {
      if (bytes.length > MAX_JUDGED_BYTES) return
      candidates.set(bytes, candidate)
      if (candidates.size > MAX_JUDGED) candidates.delete(candidates.keys().next().value!)
    }
  }
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
  /** Least s of the draw rate that is taken: from gossip one below the own, anything from repair. @default 0 */
  readonly leastBits?: number
}

export type Examination =
  | { readonly kind: 'candidate'; readonly candidate: Candidate }
  | { readonly kind: 'verdict'; readonly verdict: Verdict }

const reject = (reason: RejectReason): Examination => ({ kind: 'verdict', verdict: { kind: 'reject', reason } })
const ignore = (reason: IgnoreReason): Examination => ({ kind: 'verdict', verdict: { kind: 'ignore', reason } })

/** Checks an envelope from the network, cheapest first. Never throws. */
export function examine(bytes: Uint8Array, membership: Membership, window: Window): Examination {
  const { manifest, size, swarm } = membership
  const { limits, lots } = manifest
  try {
    const judged = membership.judged.get(bytes)
    if (judged !== undefined) return delayOf(judged.update, window) ?? { kind: 'candidate', candidate: judged }

    const envelope = decodeEnvelope(bytes, { maxBytes: limits.maxUpdateBytes, payloadType: UPDATE_PAYLOAD })
    const author = toHex(envelope.author)
    if (!isMember(membership, author)) return reject('not-a-member')
    const { epoch, weight, drawBits } = peekBody(envelope.payload)
    if (manifest.stop.epochs !== null && epoch >= manifest.stop.epochs) return reject('after-the-end')
    const timing = timingOf(epoch, window)
    if (timing !== undefined) return ignore(timing)

    const update = { author, epoch, weight, drawBits, contentHash: digest(envelope.payload), envelope: bytes }
    const delay = delayOf(update, window)
    if (delay !== undefined) return delay

    const maxWeight = manifest.aggregation.weighting === 'equal' ? 1 : limits.maxWeight
    if (weight < 1 || weight > maxWeight) return reject('weight-out-of-range')
    if (drawBits < lots.minBits || drawBits > lots.maxBits || !isDrawn(swarm, epoch, envelope.author, drawBits))
      return reject('not-drawn')
    const { delta } = decodeBody(envelope.payload, { size, maxBytes: limits.maxUpdateBytes })
    const values = updateValues(delta)
    const cap = 2 ** limits.maxValueBits
    for (let i = 0; i < values.length; i++) if (Math.abs(values[i]!) >= cap) return reject('value-out-of-range')
    if (norm(delta) > limits.maxNorm * GRID) return reject('norm-too-large')
    const candidate = {
      update,
      coordinates: { indices: delta.indices, values },
      author: envelope.author,
      payload: envelope.payload,
      signature: envelope.signature
    }
    membership.judged.add(bytes, candidate)
    return { kind: 'candidate', candidate }
  } catch (error) {
    if (error instanceof DecodeError) return reject(error.reason)
    throw error
  }
}

/** What the receiver knows besides; it delays, and never excludes. */
function delayOf(update: UpdateRecord, window: Window): Examination | undefined {
  const timing = timingOf(update.epoch, window)
  if (timing !== undefined) return ignore(timing)
  const known = entryOf(window.set, update.epoch, update.author)
  if (known !== undefined && (known.kind === 'conflict' || equalBytes(known.update.contentHash, update.contentHash)))
    return ignore('duplicate')
  return update.drawBits < (window.leastBits ?? 0) ? ignore('draw-rate') : undefined
}

function timingOf(epoch: number, { set, epoch: own, behind, ahead }: Window) {
  if (epoch < set.base) return 'before-base' as const
  if (epoch < own - behind) return 'stale' as const
  if (epoch > own + ahead) return 'far-future' as const
  return undefined
}

/** Decodes an update that is in the set. */
export function decodeMember(membership: Membership, update: UpdateRecord): Coordinates {
  const { limits } = membership.manifest
  const envelope = decodeEnvelope(update.envelope, { maxBytes: limits.maxUpdateBytes, payloadType: UPDATE_PAYLOAD })
  const { delta } = decodeBody(envelope.payload, { size: membership.size, maxBytes: limits.maxUpdateBytes })
  return { indices: delta.indices, values: updateValues(delta) }
}
