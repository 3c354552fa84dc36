/** A given x0 as a file, and how it is asked for. PROTOCOL.md, section 14. */
import { Reader, Writer } from '../bytes.js'
import { DecodeError } from './error.js'
import { MAX_PARAM_BYTES, PARAMS_SLICE, readParams, writeParams } from './params.js'

const VERSION = 1

/** A range of it is asked for and answered at once, as of a snapshot. */
export const START_RANGE_BYTES = 262_144

/** Upper bound for n parameters, bytes. */
export function maxStartBytes(n: number): number {
  return 1 + MAX_PARAM_BYTES * n
}

/** @param x0 grid units below 2^52, length n; equal ones give equal bytes @throws {RangeError} */
export function encodeStart(x0: Float64Array): Uint8Array {
  const out = new Uint8Array(maxStartBytes(x0.length))
  out[0] = VERSION
  return out.slice(0, writeParams(out, 1, x0, new Float64Array(x0.length), 0, x0.length))
}

/** @param n of the manifest @throws {DecodeError} */
export function decodeStart(bytes: Uint8Array, n: number): Float64Array {
  const steps = decodingStart(bytes, n)
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
  }
}

/** The same in slices of {@link PARAMS_SLICE} params. @throws {DecodeError} */
function* decodingStart(bytes: Uint8Array, n: number): Generator<undefined, Float64Array> {
  if (bytes[0] !== VERSION) throw new DecodeError(bytes.length === 0 ? 'truncated' : 'unknown-version')
  if (bytes.length - 1 < n) throw new DecodeError('truncated', 'fewer params than the manifest has')
  if (bytes.length > maxStartBytes(n)) throw new DecodeError('oversized', `${bytes.length} bytes`)
  const x0 = new Float64Array(n)
  const zeros = new Float64Array(n)
  let at = 1
  for (let from = 0; from < n; from += PARAMS_SLICE) {
    if (from > 0) yield undefined
    at = readParams(bytes, at, x0, zeros, from, Math.min(n, from + PARAMS_SLICE))
  }
  if (at < bytes.length) throw new DecodeError('trailing-bytes', `${bytes.length - at} bytes`)
  return x0
}

/** A question for the bytes from `offset` on; answered as a range of a snapshot is. */
export function encodeStartRequest(offset: number): Uint8Array {
  return new Writer(8).varint(offset).finish()
}

/** @throws {DecodeError} */
export function decodeStartRequest(bytes: Uint8Array): number {
  const reader = new Reader(bytes)
  const offset = reader.varint()
  reader.end()
  return offset
}
