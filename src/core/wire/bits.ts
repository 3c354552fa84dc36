/** Bits in 32-bit words, the first bit of a byte being its highest. PROTOCOL.md, section 2. */
import { DecodeError } from './error.js'

/** Writes into a buffer whose size is known beforehand. */
export class BitWriter {
  readonly #words: Int32Array
  readonly #length: number
  #at = 0
  #word = 0
  #free = 32

  /** @param bits exactly how many will be written */
  constructor(bits: number) {
    this.#length = bits
    this.#words = new Int32Array(Math.ceil(bits / 32) + 1)
  }

  /** The low `bits` bits of `value`, whose others are zero. Bounds: 1 ≤ bits ≤ 32. */
  write(value: number, bits: number): void {
    const rest = this.#free - bits
    if (rest > 0) {
      this.#word |= value << rest
      this.#free = rest
      return
    }
    this.#words[this.#at++] = this.#word | (value >>> -rest)
    this.#free = 32 + rest
    this.#word = rest === 0 ? 0 : value << (32 + rest)
  }

  /** Into `out` from `offset` on; the last byte is filled with zero bits. */
  finish(out: Uint8Array, offset: number): void {
    const written = 32 * this.#at + 32 - this.#free
    if (written !== this.#length) throw new RangeError(`${written} bits were written, not ${this.#length}`)
    this.#words[this.#at] = this.#word
    copyBytes(this.#words, out.subarray(offset, offset + Math.ceil(written / 8)))
  }
}

function copyBytes(words: Int32Array, out: Uint8Array): void {
  const whole = out.length & ~3
  for (let i = 0; i < whole; i += 4) {
    const word = words[i >> 2]!
    out[i] = word >>> 24
    out[i + 1] = word >>> 16
    out[i + 2] = word >>> 8
    out[i + 3] = word
  }
  for (let i = whole; i < out.length; i++) out[i] = words[i >> 2]! >>> (24 - 8 * (i & 3))
}

/** Zero words behind the last, so that a codeword may be looked at before its end is checked. */
const PADDING_WORDS = 4

/**
 * Reads what {@link BitWriter} wrote. Loops may keep `position` in a local variable and look through {@link peekBits}, which
 * sees zeros a little beyond the end; they call `moveTo` before they trust what they read.
 */
export class BitReader {
  readonly words: Int32Array
  /** In bits. */
  readonly length: number
  position = 0

  constructor(bytes: Uint8Array) {
    this.length = 8 * bytes.length
    this.words = new Int32Array((bytes.length >>> 2) + PADDING_WORDS)
    const { words } = this
    const whole = bytes.length & ~3
    for (let i = 0; i < whole; i += 4)
      words[i >> 2] = (bytes[i]! << 24) | (bytes[i + 1]! << 16) | (bytes[i + 2]! << 8) | bytes[i + 3]!
    for (let i = whole; i < bytes.length; i++) words[i >> 2]! |= bytes[i]! << (24 - 8 * (i & 3))
  }

  get left(): number {
    return this.length - this.position
  }

  /** @throws {DecodeError} */
  moveTo(position: number): void {
    if (position > this.length) throw new DecodeError('truncated')
    this.position = position
  }

  /** Bounds: 1 ≤ bits ≤ 32. @throws {DecodeError} */
  read(bits: number): number {
    const value = peekBits(this.words, this.position) >>> (32 - bits)
    this.moveTo(this.position + bits)
    return value
  }

  /** Nothing but the zero bits that fill the last byte may be left. @throws {DecodeError} */
  end(): void {
    if (this.left >= 8) throw new DecodeError('trailing-bytes')
    if (this.left > 0 && this.read(this.left) !== 0) throw new DecodeError('not-canonical', 'padding bits')
  }
}

/** The 32 bits from `position` on, as a signed integer. */
export function peekBits(words: Int32Array, position: number): number {
  const at = position >>> 5
  const shift = position & 31
  return (words[at]! << shift) | ((words[at + 1]! >>> 1) >>> (31 - shift))
}
