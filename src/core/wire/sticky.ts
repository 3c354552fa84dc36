/**
 * A small parameter that mostly stays as it was: one bit 1 for "as before", else a 0 and the new one in PARAMETER_BITS.
 * PROTOCOL.md, section 4.
 */
import type { BitReader, BitWriter } from './bits.js'
import { DecodeError } from './error.js'
import { PARAMETER_BITS } from './limits.js'

export function stickyBits(value: number, previous: number): number {
  return value === previous ? 1 : 1 + PARAMETER_BITS
}

export function writeSticky(out: BitWriter, value: number, previous: number): void {
  if (value === previous) out.write(1, 1)
  else out.write(value, 1 + PARAMETER_BITS)
}

/** @throws {DecodeError} */
export function readSticky(input: BitReader, previous: number): number {
  if (input.read(1) === 1) return previous
  const value = input.read(PARAMETER_BITS)
  if (value === previous) throw new DecodeError('not-canonical', 'a parameter that did not change')
  return value
}
