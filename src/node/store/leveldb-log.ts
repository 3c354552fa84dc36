/**
 * Looks through LevelDB's logs before LevelDB does: it skips what is damaged and applies what comes after, which is no state
 * that ever was. Cutting a log where the damage begins leaves the last whole state before.
 * The format is in LevelDB's doc/log_format.md.
 */

const BLOCK_BYTES = 32_768
/** CRC-32C of type and payload, masked, u32; length, u16; type, u8: all little-endian. */
const HEADER_BYTES = 7
const FULL = 1
const FIRST = 2
const MIDDLE = 3
const LAST = 4

export interface LogCheck {
  /** Where the last whole batch ends. */
  readonly sound: number
  /**
   * Whether anything follows but the beginning of a batch that the process did not live to finish, which LevelDB leaves
   * out by itself.
   */
  readonly damaged: boolean
}

export function checkLog(bytes: Uint8Array): LogCheck {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let at = 0
  let sound = 0
  let inside = false
  for (;;) {
    const blockLeft = BLOCK_BYTES - (at % BLOCK_BYTES)
    if (blockLeft < HEADER_BYTES) at += blockLeft
    if (at + HEADER_BYTES > bytes.length) return { sound, damaged: false }
    const length = view.getUint16(at + 4, true)
    const type = view.getUint8(at + 6)
    const end = at + HEADER_BYTES + length
    // A file that was made longer before it was filled ends with zeros.
    if (type === 0 && length === 0 && isZero(bytes.subarray(at))) return { sound, damaged: false }
    if (end > at - (at % BLOCK_BYTES) + BLOCK_BYTES) return { sound, damaged: true }
    if (end > bytes.length) return { sound, damaged: false }
    const begins = type === FULL || type === FIRST
    const known = begins || type === MIDDLE || type === LAST
    if (!known || begins === inside) return { sound, damaged: true }
    if (masked(crc32c(bytes.subarray(at + 6, end))) !== view.getUint32(at, true)) return { sound, damaged: true }
    inside = type === FIRST || type === MIDDLE
    at = end
    if (!inside) sound = end
  }
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every(byte => byte === 0)
}

function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}

/** Castagnoli's polynomial, reversed; zlib has the other one. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  return crc
})

function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ TABLE[(crc ^ bytes[i]!) & 0xff]!
  return ~crc >>> 0
}
