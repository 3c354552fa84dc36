/** Byte helpers that every codec shares: hex, comparison, and a bounded reader and writer. PROTOCOL.md, section 2. */
import { DecodeError } from './wire/error.js'

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Lower-case hex of `bytes`. */
export function toHex(bytes: Uint8Array): string {
  let out = ''
  for (const byte of bytes) out += HEX[byte]
  return out
}

/** Bytes of a lower-case hex string. @throws {TypeError} when it is not hex. */
export function fromHex(hex: string): Uint8Array {
  const out = new Uint8Array(hex.length >>> 1)
  let valid = hex.length % 2 === 0
  for (let i = 0; i < out.length; i++) {
    const high = hexDigit(hex.charCodeAt(2 * i))
    const low = hexDigit(hex.charCodeAt(2 * i + 1))
    if (high < 0 || low < 0) valid = false
    out[i] = (high << 4) | low
  }
  if (!valid) throw new TypeError(`not lower-case hex: ${hex.slice(0, 80)}`)
  return out
}

/** −1 for anything but 0 … 9 and a … f. */
function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48
  return code >= 97 && code <= 102 ? code - 87 : -1
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** Lexicographic order of byte strings. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const n = Math.min(a.length, b.length)
  for (let i = 0; i < n; i++) {
    const difference = a[i]! - b[i]!
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let offset = 0
  for (const part of parts) {
    out.set(part, offset)
    offset += part.length
  }
  return out
}

/** ASCII text as bytes; the core has no TextEncoder. @throws {TypeError} on anything outside ASCII. */
export function ascii(text: string): Uint8Array {
  const out = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 127) throw new TypeError('not ASCII')
    out[i] = code
  }
  return out
}

/** Bytes of an unsigned LEB128 varint. Bounds: 0 ≤ value ≤ 2^53 − 1. */
export function varintLength(value: number): number {
  let length = 1
  while (value >= 128) {
    value = Math.floor(value / 128)
    length++
  }
  return length
}

/** Grows as it is written to; for messages of a few kilobytes. */
export class Writer {
  #bytes: Uint8Array
  #length = 0

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity)
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more))
    grown.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = grown
  }

  byte(value: number): this {
    this.#reserve(1)
    this.#bytes[this.#length++] = value
    return this
  }

  varint(value: number): this {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`a varint holds 0 to 2^53 - 1, not ${value}`)
    this.#reserve(8)
    while (value >= 128) {
      this.#bytes[this.#length++] = (value % 128) + 128
      value = Math.floor(value / 128)
    }
    this.#bytes[this.#length++] = value
    return this
  }

  raw(bytes: Uint8Array): this {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
    return this
  }

  /** A varint length, then the bytes. */
  block(bytes: Uint8Array): this {
    return this.varint(bytes.length).raw(bytes)
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }
}

/** Reads what {@link Writer} wrote; every length is checked against what is left before anything is sliced. */
export class Reader {
  readonly #bytes: Uint8Array
  #offset = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get left(): number {
    return this.#bytes.length - this.#offset
  }

  byte(): number {
    const value = this.#bytes[this.#offset]
    if (value === undefined) throw new DecodeError('truncated')
    this.#offset++
    return value
  }

  /** Minimal encodings only, at most `max`. */
  varint(max: number = Number.MAX_SAFE_INTEGER): number {
    let value = 0
    let scale = 1
    for (let i = 0; ; i++) {
      const byte = this.byte()
      if (i === 7 && byte > 15) throw new DecodeError('out-of-range', 'varint above 2^53 - 1')
      value += (byte % 128) * scale
      if (byte < 128) {
        if (byte === 0 && i > 0) throw new DecodeError('not-canonical', 'varint with trailing zeros')
        break
      }
      scale *= 128
    }
    if (value > max) throw new DecodeError('out-of-range', `${value} above ${max}`)
    return value
  }

  /** A view, not a copy. */
  raw(length: number): Uint8Array {
    if (length > this.left) throw new DecodeError('truncated')
    const out = this.#bytes.subarray(this.#offset, this.#offset + length)
    this.#offset += length
    return out
  }

  block(maxBytes: number): Uint8Array {
    return this.raw(this.varint(maxBytes))
  }

  end(): void {
    if (this.left > 0) throw new DecodeError('trailing-bytes', `${this.left} bytes`)
  }
}
