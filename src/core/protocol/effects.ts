/** What goes into and comes out of {@link step}. Time, chance and bytes come in; decisions go out. ARCHITECTURE.md. */
import type { Claim } from '../wire/claim.js'
import type { Pulse } from '../wire/pulse.js'
import type { ChainAnswer, RepairRequest } from '../wire/repair.js'
import type { Snapshot } from '../wire/snapshot.js'
import type { Candidate } from './admit.js'
import type { Carried } from './carry.js'
import type { MadeSnapshot } from './snapshot.js'
import type { Verdict } from './verdict.js'

/** A claim whose signature was checked. */
export interface VerifiedClaim {
  /** 64 hex digits. */
  readonly signer: string
  readonly claim: Claim
  readonly envelope: Uint8Array
}

export type Input =
  | { readonly type: 'tick' }
  /** Say goodbye: nobody should wait for this peer. */
  | { readonly type: 'leave' }
  | { readonly type: 'neighbour'; readonly peer: string; readonly connected: boolean }
  /** An update whose signature was checked. `from` is the neighbour that handed it over. */
  | { readonly type: 'update'; readonly candidate: Candidate; readonly from: string; readonly via: 'gossip' | 'repair' }
  /** `claims` are those of the pulse that are new and whose signatures hold; the sender's own comes first in a pulse. */
  | { readonly type: 'pulse'; readonly from: string; readonly pulse: Pulse; readonly claims: readonly VerifiedClaim[] }
  /** Local steps ended; `delta` in grid units. */
  | { readonly type: 'trained'; readonly delta: Int32Array; readonly steps: number; readonly loss: number }
  /** Local steps failed; the reason was told to the user by the shell. */
  | { readonly type: 'train-failed' }
  /** Local steps were broken off, because the peer rests: there is no delta, and they count as discarded. */
  | { readonly type: 'train-aborted'; readonly steps: number }
  /** From now on publish nothing and train nothing, or do so again. A repeated one changes nothing. */
  | { readonly type: 'rest'; readonly resting: boolean }
  /** The own update and the residual were stored together, or else its epoch as signed: it is sent (R5). */
  | { readonly type: 'sealed'; readonly candidate: Candidate }
  /** Nothing could be stored, not even the epoch: the residual goes back to what it was before. */
  | { readonly type: 'seal-failed'; readonly sparse: SealedDelta }
  | {
      readonly type: 'digests'
      readonly from: string
      readonly request: DigestsRequest
      readonly digests: readonly (Uint8Array | null)[]
    }
  /** The updates of an answer were fed in one by one before this. */
  | {
      readonly type: 'missing-done'
      readonly from: string
      readonly request: MissingRequest
      /** How many of them were news. */
      readonly accepted: number
      readonly more: boolean
    }
  /** What a neighbour's history comes to, and which snapshots it serves. */
  | { readonly type: 'chain'; readonly from: string; readonly request: ChainRequest; readonly answer: ChainAnswer }
  /** A question got no answer, or a wrong one. */
  | { readonly type: 'question-failed'; readonly from: string; readonly request: RepairRequest }
  /** The snapshot asked for, whole, its hash checked; `made` is the same as it came. */
  | { readonly type: 'snapshot'; readonly snapshot: Snapshot; readonly made: MadeSnapshot }
  | { readonly type: 'snapshot-failed' }

export type DigestsRequest = RepairRequest & { readonly kind: 'digests' }
export type ChainRequest = RepairRequest & { readonly kind: 'chain' }
export type MissingRequest = RepairRequest & { readonly kind: 'missing' }

/** Coordinates taken out of the residual. */
export interface SealedDelta {
  readonly indices: Uint32Array
  /** Grid units. */
  readonly values: Int32Array
}

export type Effect =
  /** Run the manifest's local steps from these params (length n). */
  | { readonly type: 'train'; readonly params: Float32Array }
  /** Sign the body, store envelope and residual together or at least mark the epoch, answer `sealed` or `seal-failed`. */
  | {
      readonly type: 'seal'
      readonly epoch: number
      readonly drawBits: number
      readonly body: Uint8Array
      readonly sparse: SealedDelta
    }
  | { readonly type: 'gossip'; readonly envelope: Uint8Array }
  /** Sign the claim, put it first and send the pulse to each. */
  | {
      readonly type: 'pulse'
      readonly to: readonly string[]
      readonly claim: Claim
      readonly digests: Omit<Pulse, 'claims'>
      readonly relayed: readonly Uint8Array[]
    }
  | { readonly type: 'ask'; readonly to: string; readonly request: RepairRequest }
  /** Pull the snapshot with this hash from any of these neighbours. */
  | {
      readonly type: 'fetch-snapshot'
      readonly from: readonly string[]
      readonly epoch: number
      readonly hash: Uint8Array
    }
  /** The base moved on to this epoch: its snapshot is to be made (snapshot.ts) and served. */
  | { readonly type: 'folded'; readonly base: number }
  /** This peer follows another history now: set, model, residual and `own.mine` changed together, and are kept together. */
  | { readonly type: 'adopted'; readonly made: MadeSnapshot; readonly carried: Carried }
  | { readonly type: 'penalise'; readonly peer: string }
  /** An epoch closed. */
  | {
      readonly type: 'closed'
      readonly epoch: number
      /** The one that begins: of a jump, where it leads. */
      readonly next: number
      readonly closedBy: 'quorum' | 'deadline' | 'jump'
      readonly updates: number
      readonly expected: number
      readonly durationMs: number
    }
  | { readonly type: 'trained'; readonly epoch: number }
  /** The clock stands still from now on, because all rest; or no longer. */
  | { readonly type: 'still'; readonly epoch: number; readonly still: boolean }
  | { readonly type: 'settled'; readonly setDigest: string }
  | { readonly type: 'warn'; readonly message: string }
  /** Worth a line, but as it should be. */
  | { readonly type: 'note'; readonly message: string }

export interface StepResult {
  readonly effects: readonly Effect[]
  /** The next tick is due at this time, milliseconds; infinity: none until something arrives. */
  readonly wakeAt: number
  /** For an `update`: what became of it. */
  readonly verdict?: Verdict
}
