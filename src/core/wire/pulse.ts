/** A pulse: what neighbours tell each other every few seconds. PROTOCOL.md, section 5. */
import { Reader, Writer } from '../bytes.js'
import { DecodeError } from './error.js'
import { MAX_EPOCH } from './limits.js'

export interface Pulse {
  /** Signed envelopes of claims: the sender's own first, then some it relays. */
  readonly claims: readonly Uint8Array[]
  /** The sender's next pulse comes within this, milliseconds. {@link MIN_INTERVAL_MS} … {@link MAX_INTERVAL_MS} */
  readonly intervalMs: number
  /** Epochs below this are folded into the sender's params. */
  readonly base: number
  /** Exclusive end of the epochs under `root`. */
  readonly rootEnd: number
  /** First {@link ROOT_BYTES} bytes of the chain digest of all epochs before `rootEnd`. */
  readonly root: Uint8Array
  /** First {@link SHORT_DIGEST_BYTES} bytes of the digests of epochs rootEnd, rootEnd + 1, … */
  readonly recent: readonly Uint8Array[]
}

const VERSION = 1

/** 128 bits: a forged root must be a second preimage. */
export const ROOT_BYTES = 16
/** 64 bits: chance misses 1 difference in 2^64, and the root catches that one later. */
export const SHORT_DIGEST_BYTES = 8
/** One own claim and 31 relayed: about 4 KB. */
export const MAX_PULSE_CLAIMS = 32
/** More than any staleness window in use. */
export const MAX_RECENT = 256
/** Envelope of a claim with room to spare. */
export const MAX_CLAIM_ENVELOPE_BYTES = 160
/** Bound for the stream that carries pulses, bytes. */
export const MAX_PULSE_BYTES = 16_384

/** A pulse ten times a second is more than any epoch needs. */
export const MIN_INTERVAL_MS = 100
/** Longer than that, and a neighbour that is gone would be missed too late. */
export const MAX_INTERVAL_MS = 120_000

export function encodePulse(pulse: Pulse): Uint8Array {
  const writer = new Writer(512)
    .byte(VERSION)
    .varint(pulse.intervalMs)
    .varint(pulse.base)
    .varint(pulse.rootEnd)
    .raw(pulse.root)
  writer.varint(pulse.recent.length)
  for (const short of pulse.recent) writer.raw(short)
  writer.varint(pulse.claims.length)
  for (const claim of pulse.claims) writer.block(claim)
  return writer.finish()
}

/** @throws {DecodeError} */
export function decodePulse(bytes: Uint8Array): Pulse {
  if (bytes.length > MAX_PULSE_BYTES) throw new DecodeError('oversized', 'pulse')
  const reader = new Reader(bytes)
  if (reader.byte() !== VERSION) throw new DecodeError('unknown-version')
  const intervalMs = reader.varint(MAX_INTERVAL_MS)
  if (intervalMs < MIN_INTERVAL_MS) throw new DecodeError('out-of-range', `an interval of ${intervalMs} ms`)
  const base = reader.varint(MAX_EPOCH)
  const rootEnd = reader.varint(MAX_EPOCH)
  if (rootEnd < base) throw new DecodeError('out-of-range', 'rootEnd below base')
  const root = reader.raw(ROOT_BYTES)
  const recent = Array.from({ length: reader.varint(MAX_RECENT) }, () => reader.raw(SHORT_DIGEST_BYTES))
  const count = reader.varint(MAX_PULSE_CLAIMS)
  if (count === 0) throw new DecodeError('out-of-range', 'a pulse without a claim')
  const claims = Array.from({ length: count }, () => reader.block(MAX_CLAIM_ENVELOPE_BYTES))
  reader.end()
  return { claims, intervalMs, base, rootEnd, root, recent }
}
