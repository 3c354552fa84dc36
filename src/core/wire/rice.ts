/**
 * Golomb–Rice codes of the gaps between indices (Golomb 1966, Rice and Plaunt 1971): within 2 % of the entropy of indices
 * drawn at random, and less where they cluster. PROTOCOL.md, section 4.
 *
 * The section starts with the Rice parameter k in 5 bits and one bit that says whether k may change. If so, every block of
 * GAP_BLOCK gaps but the first starts with a sticky k (see sticky.ts). A gap g = index − previous index − 1 is ⌊g / 2^k⌋ zero
 * bits, a one and the low k bits of g; from GAP_ESCAPE zeros on it is GAP_ESCAPE zeros and g itself, in as many bits as
 * the largest index has.
 */
import { type BitReader, type BitWriter, peekBits } from './bits.js'
import { DecodeError } from './error.js'
import { GAP_BLOCK, GAP_ESCAPE, MAX_RICE, PARAMETER_BITS } from './limits.js'
import { readSticky, stickyBits, writeSticky } from './sticky.js'

export interface GapPlan {
  /** Length of the section. */
  readonly bits: number
  readonly gaps: Int32Array
  /** One Rice parameter for all, or one per block. */
  readonly parameters: Uint8Array
}

/** The cheaper of one parameter for all gaps and one per block. @throws {RangeError} on indices that are not increasing */
export function planGaps(indices: Uint32Array, size: number): GapPlan {
  const gaps = gapsOf(indices, size)
  const escapeBits = GAP_ESCAPE + indexBits(size)
  const head = PARAMETER_BITS + 1
  const single = bestParameter(gaps, 0, gaps.length, escapeBits, -1)
  const blocks = Math.ceil(gaps.length / GAP_BLOCK)
  if (blocks > 1) {
    const parameters = new Uint8Array(blocks)
    let bits = 0
    let previous = -1
    for (let b = 0; b < blocks; b++) {
      const end = Math.min((b + 1) * GAP_BLOCK, gaps.length)
      const best = bestParameter(gaps, b * GAP_BLOCK, end, escapeBits, previous)
      bits += best.bits
      parameters[b] = best.k
      previous = best.k
    }
    if (bits < single.bits) return { bits: head + bits, gaps, parameters }
  }
  return { bits: head + single.bits, gaps, parameters: Uint8Array.of(single.k) }
}

export function writeGaps(out: BitWriter, size: number, plan: GapPlan): void {
  const { gaps, parameters } = plan
  const adaptive = parameters.length > 1
  let k = parameters[0]!
  out.write(k, PARAMETER_BITS)
  out.write(adaptive ? 1 : 0, 1)
  for (let start = 0; start < gaps.length; start += GAP_BLOCK) {
    if (adaptive && start > 0) {
      const next = parameters[start / GAP_BLOCK]!
      writeSticky(out, next, k)
      k = next
    }
    writeBlock(out, gaps, start, Math.min(start + GAP_BLOCK, gaps.length), k, indexBits(size))
  }
}

function writeBlock(out: BitWriter, gaps: Int32Array, start: number, end: number, k: number, rawBits: number): void {
  const low = (1 << k) - 1
  for (let i = start; i < end; i++) {
    const gap = gaps[i]!
    const quotient = gap >>> k
    if (quotient >= GAP_ESCAPE) {
      out.write(0, GAP_ESCAPE)
      out.write(gap, rawBits)
    } else if (quotient + 1 + k <= 32) out.write((1 << k) | (gap & low), quotient + 1 + k)
    else {
      out.write(1, quotient + 1)
      out.write(gap & low, k)
    }
  }
}

/**
 * @param count already checked against what is left to read
 * @throws {DecodeError}
 */
export function readGaps(input: BitReader, count: number, size: number): Uint32Array {
  const indices = new Uint32Array(count)
  let k = input.read(PARAMETER_BITS)
  const adaptive = input.read(1) === 1
  if (adaptive && count <= GAP_BLOCK) throw new DecodeError('not-canonical', 'one block needs one Rice parameter')
  let previous = -1
  for (let start = 0; start < count; start += GAP_BLOCK) {
    if (adaptive && start > 0) k = readSticky(input, k)
    if (k > MAX_RICE) throw new DecodeError('out-of-range', `Rice parameter ${k}`)
    previous = readBlock(input, indices, start, Math.min(start + GAP_BLOCK, count), k, previous, size)
  }
  return indices
}

/** @returns the last index of the block */
function readBlock(
  input: BitReader,
  indices: Uint32Array,
  start: number,
  end: number,
  k: number,
  previous: number,
  size: number
): number {
  const { words, length } = input
  let position = input.position
  for (let i = start; i < end; i++) {
    const window = peekBits(words, position)
    const quotient = Math.clz32(window)
    let gap = 0
    if (quotient >= GAP_ESCAPE) {
      const bits = indexBits(size)
      gap = peekBits(words, position + GAP_ESCAPE) >>> (32 - bits)
      position += GAP_ESCAPE + bits
      if (gap >>> k < GAP_ESCAPE && position <= length) throw new DecodeError('not-canonical', 'escaped a small gap')
    } else {
      const unary = quotient + 1
      // Twice, because a shift by 32 would be a shift by 0.
      const low =
        unary + k <= 32
          ? ((window << unary) >>> 1) >>> (31 - k)
          : (peekBits(words, position + unary) >>> 1) >>> (31 - k)
      gap = (quotient << k) + low
      position += unary + k
    }
    if (position > length) throw new DecodeError('truncated')
    previous += gap + 1
    if (previous >= size) throw new DecodeError('out-of-range', `index ${previous} of ${size}`)
    indices[i] = previous
  }
  input.moveTo(position)
  return previous
}

function gapsOf(indices: Uint32Array, size: number): Int32Array {
  const gaps = new Int32Array(indices.length)
  let previous = -1
  for (let i = 0; i < gaps.length; i++) {
    const index = indices[i]!
    if (index <= previous || index >= size) throw new RangeError(`index ${index} after ${previous}, of ${size}`)
    gaps[i] = index - previous - 1
    previous = index
  }
  return gaps
}

/** Bits of the largest index. */
function indexBits(size: number): number {
  return Math.max(1, 32 - Math.clz32(size - 1))
}

interface Choice {
  readonly k: number
  /** With the cost of naming k after `previous`. */
  readonly bits: number
}

/** @param previous parameter of the block before, −1 when naming k is paid for already */
function bestParameter(gaps: Int32Array, start: number, end: number, escapeBits: number, previous: number): Choice {
  // The best k has 2^k near ln 2 times the mean gap (Gallager and van Voorhis 1975); its neighbours are tried too.
  const scale = Math.floor(((sumOf(gaps, start, end) / Math.max(1, end - start)) * 45_426) / 65_536)
  const middle = scale < 1 ? 0 : 31 - Math.clz32(scale)
  const naming = (k: number): number => (previous < 0 ? 0 : stickyBits(k, previous))
  const least = Math.max(0, Math.min(middle - 1, MAX_RICE - 2))
  countThree(gaps, start, end, least, escapeBits)
  let k = least
  for (const other of [least + 1, least + 2])
    if (three[other - least]! + naming(other) < three[k - least]! + naming(k)) k = other
  let bits = three[k - least]! + naming(k)
  if (previous >= 0 && (previous < least || previous > least + 2)) {
    const same = gapBits(gaps, start, end, previous, escapeBits) + naming(previous)
    if (same < bits) {
      bits = same
      k = previous
    }
  }
  return { k, bits }
}

function sumOf(gaps: Int32Array, start: number, end: number): number {
  let sum = 0
  for (let i = start; i < end; i++) sum += gaps[i]!
  return sum
}

function gapBits(gaps: Int32Array, start: number, end: number, k: number, escapeBits: number): number {
  let bits = (end - start) * (k + 1)
  for (let i = start; i < end; i++) {
    const quotient = gaps[i]! >>> k
    bits += quotient < GAP_ESCAPE ? quotient : escapeBits - k - 1
  }
  return bits
}

/** Scratch of {@link countThree}, at once overwritten and read. */
const three = new Float64Array(3)

/** {@link gapBits} for k, k + 1 and k + 2 in one pass. */
function countThree(gaps: Int32Array, start: number, end: number, k: number, escapeBits: number): void {
  let a = 0
  let b = 0
  let c = 0
  for (let i = start; i < end; i++) {
    const quotient = gaps[i]! >> k
    const half = quotient >> 1
    const quarter = quotient >> 2
    if (quotient < GAP_ESCAPE) {
      a += quotient
      b += half
      c += quarter
    } else {
      a += escapeBits - k - 1
      b += half < GAP_ESCAPE ? half : escapeBits - k - 2
      c += quarter < GAP_ESCAPE ? quarter : escapeBits - k - 3
    }
  }
  const count = end - start
  three[0] = a + count * (k + 1)
  three[1] = b + count * (k + 2)
  three[2] = c + count * (k + 3)
}
