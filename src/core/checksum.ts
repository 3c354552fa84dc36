/**
 * xxHash32 (Collet, https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md): finds flipped and missing bytes in
 * what a disk gives back. It runs at gigabytes a second where SHA-256 in JavaScript does fifty megabytes, and is no defence
 * against a forger, who would be writing to the peer's own disk.
 */

const P1 = 0x9e3779b1 | 0
const P2 = 0x85ebca77 | 0
const P3 = 0xc2b2ae3d | 0
const P4 = 0x27d4eb2f | 0
const P5 = 0x165667b1 | 0

const rotate = (x: number, by: number) => (x << by) | (x >>> (32 - by))

/** An unsigned 32-bit integer. Any change within one aligned word of 4 bytes changes it. */
export function checksum(bytes: Uint8Array, seed = 0): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const { length } = bytes
  let at = 0
  let hash = (seed + P5) | 0
  if (length >= 16) {
    let a = (seed + P1 + P2) | 0
    let b = (seed + P2) | 0
    let c = seed | 0
    let d = (seed - P1) | 0
    for (; at + 16 <= length; at += 16) {
      a = Math.imul(rotate((a + Math.imul(view.getInt32(at, true), P2)) | 0, 13), P1)
      b = Math.imul(rotate((b + Math.imul(view.getInt32(at + 4, true), P2)) | 0, 13), P1)
      c = Math.imul(rotate((c + Math.imul(view.getInt32(at + 8, true), P2)) | 0, 13), P1)
      d = Math.imul(rotate((d + Math.imul(view.getInt32(at + 12, true), P2)) | 0, 13), P1)
    }
    hash = (rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18)) | 0
  }
  hash = (hash + length) | 0
  for (; at + 4 <= length; at += 4)
    hash = Math.imul(rotate((hash + Math.imul(view.getInt32(at, true), P3)) | 0, 17), P4)
  for (; at < length; at++) hash = Math.imul(rotate((hash + Math.imul(bytes[at]!, P5)) | 0, 11), P1)
  hash = Math.imul(hash ^ (hash >>> 15), P2)
  hash = Math.imul(hash ^ (hash >>> 13), P3)
  return (hash ^ (hash >>> 16)) >>> 0
}
