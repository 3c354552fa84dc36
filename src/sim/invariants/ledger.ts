/** The books of one peer, kept from outside over all its lives. I2, PROTOCOL.md section 9. */
import { toHex } from '../../core/bytes.js'
import { digest } from '../../core/digest.js'
import type { SealedDelta } from '../../core/protocol/effects.js'

/** An update that left the residual for good. */
export interface Published extends SealedDelta {
  readonly epoch: number
  /** Content hash in hex. */
  readonly hash: string
  /** Virtual milliseconds. */
  readonly atMs: number
  /** The peer's history holds it, as of now. */
  held: boolean
  /** It was put back into the residual, because the history that the peer went over to does not hold it. */
  carried: boolean
}

export interface Sealing extends SealedDelta {
  readonly epoch: number
  readonly delta: Int32Array
  readonly steps: number
}

export interface Ledger {
  /** What the residual must be, grid units. */
  residual: Int32Array
  /** Finished local steps that are not yet in the residual. */
  latest: { readonly delta: Int32Array; readonly steps: number } | null
  sealing: Sealing | null
  /** Those that a history may still lose, in order. */
  readonly published: Published[]
  /** Digests of the residuals that were written with publications: what a disk that lies can bring back. */
  readonly written: Set<string>
  /** The life began with a residual from before its latest publications; the latest epoch that it knew to be signed. */
  staleSince: number | null
  /** Local steps finished in this life, and those of them that are in the residual. */
  trained: number
  taken: number
  /** Discarded steps that the life began with. */
  discardedBefore: number
  /** Lost residual, as counted by the peer, when it was last looked at. */
  lostBefore: number
  /** When the disk last lost something that was called durable, or could not take what was to be kept. */
  forgotAt: number | null
}

export function createLedger(size: number): Ledger {
  return {
    residual: new Int32Array(size),
    latest: null,
    sealing: null,
    published: [],
    written: new Set(),
    staleSince: null,
    trained: 0,
    taken: 0,
    discardedBefore: 0,
    lostBefore: 0,
    forgotAt: null
  }
}

/** Residuals remembered. */
const WRITTEN = 4096

export function remember(ledger: Ledger): void {
  ledger.written.add(fingerprint(ledger.residual))
  if (ledger.written.size > WRITTEN) ledger.written.delete(ledger.written.keys().next().value!)
}

export function fingerprint(residual: Int32Array): string {
  return toHex(digest(new Uint8Array(residual.buffer, residual.byteOffset, residual.byteLength)))
}

/** First coordinate at which they differ; −1: nowhere. */
export function firstDifference(a: Int32Array, b: Int32Array): number {
  if (a.length !== b.length) return Math.min(a.length, b.length)
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return i
  return -1
}

/** target += sign · sparse */
export function addSparse(target: Int32Array, { indices, values }: SealedDelta, sign: 1 | -1): void {
  for (let j = 0; j < indices.length; j++) {
    const i = indices[j]!
    target[i] = target[i]! + sign * values[j]!
  }
}

/** target += sign · delta */
export function addDelta(target: Int32Array, delta: Int32Array, sign: 1 | -1): void {
  for (let i = 0; i < delta.length; i++) target[i] = target[i]! + sign * delta[i]!
}
