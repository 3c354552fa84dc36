/**
 * Params on the wire: zigzag varints of their difference to x0, in slices, so that a model of millions of parameters never
 * holds up the thread that serves it. PROTOCOL.md, section 8.
 */
import { DecodeError } from './error.js'

/** Params coded between two pauses: a few milliseconds. */
export const PARAMS_SLICE = 2 ** 18
/** Bytes of one, at most: a varint holds 2^53 − 1. */
export const MAX_PARAM_BYTES = 8

/** From here on shifts of 32-bit integers no longer do. */
const SMALL = 2 ** 28

/**
 * Writes params[from … to − 1] to `out` at `at`; the caller has seen to it that MAX_PARAM_BYTES each fit.
 * @returns where it ended @throws {RangeError} when a difference is no integer below 2^52
 */
export function writeParams(
  out: Uint8Array,
  at: number,
  params: Float64Array,
  x0: Float64Array,
  from: number,
  to: number
): number {
  for (let i = from; i < to; i++) {
    const difference = params[i]! - x0[i]!
    let zigzag = difference < 0 ? -2 * difference - 1 : 2 * difference
    if (zigzag >= SMALL) {
      if (!Number.isSafeInteger(zigzag)) throw new RangeError(`a parameter moved by ${difference}`)
      while (zigzag >= SMALL) {
        out[at++] = (zigzag % 128) + 128
        zigzag = Math.floor(zigzag / 128)
      }
    }
    let rest = zigzag | 0
    if (rest !== zigzag) throw new RangeError(`a parameter moved by ${difference}`)
    while (rest >= 128) {
      out[at++] = (rest & 127) | 128
      rest >>>= 7
    }
    out[at++] = rest
  }
  return at
}

/** Reads params[from … to − 1] from `bytes` at `at`. @returns where they ended @throws {DecodeError} */
export function readParams(
  bytes: Uint8Array,
  at: number,
  params: Float64Array,
  x0: Float64Array,
  from: number,
  to: number
): number {
  for (let i = from; i < to; i++) {
    const first = at
    let byte = bytes[at++]!
    let low = byte & 127
    // Four bytes fit into a 32-bit integer, which most params do; the rest goes on in doubles.
    for (let shift = 7; byte >= 128 && shift < 28; shift += 7) {
      byte = bytes[at++]!
      low |= (byte & 127) << shift
    }
    if (byte < 128) params[i] = x0[i]! + ((low >>> 1) ^ -(low & 1))
    else {
      let zigzag = low
      for (let scale = SMALL; byte >= 128; scale *= 128) {
        byte = bytes[at++]!
        // The eighth byte holds the top four of 53 bits.
        if (at - first === MAX_PARAM_BYTES && byte > 15) throw new DecodeError('out-of-range', 'varint above 2^53 - 1')
        zigzag += (byte & 127) * scale
      }
      params[i] = x0[i]! + (zigzag % 2 === 1 ? -(zigzag + 1) / 2 : zigzag / 2)
    }
    if (byte === 0 && at - first > 1) throw new DecodeError('not-canonical', 'varint with trailing zeros')
    // Past the end there is only undefined, which ends the loops above, though not with a number.
    if (at > bytes.length) throw new DecodeError('truncated')
  }
  return at
}
