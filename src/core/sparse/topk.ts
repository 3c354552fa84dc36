/** The k coordinates of largest magnitude, exactly and in linear time. PROTOCOL.md, section 4. */

/** Coordinates looked at to guess a threshold. */
const SAMPLES = 4096
/** Coordinates scanned between two looks at the room that is left for candidates. */
const STRIDE = 4096

// Scratch that lives between calls, because allocating and clearing it costs as much as the selection.
// Nothing of it is ever handed out.
const histogram = new Uint32Array(2048)
let candidates = new Uint32Array(0)
let ranks = new Int32Array(0)

/**
 * Indices of the `k` largest magnitudes, ascending. Lower index wins ties, so equal values give equal bytes. Zeros are
 * never selected: where fewer than `k` values are nonzero, all of those are returned.
 *
 * A sample guesses a threshold that a few more than `k` values reach; one scan collects those; a radix select among them
 * is exact. A guess that was too high costs a second scan, never the result.
 *
 * @param values integers of magnitude ≤ 2^31
 * @param k ≥ 0
 * @returns a fresh array of at most `k` indices
 */
export function topK(values: Int32Array, k: number): Uint32Array {
  if (!Number.isInteger(k) || k < 0) throw new RangeError(`k is an integer from 0, not ${k}`)
  if (k === 0) return new Uint32Array(0)
  const guess = guessThreshold(values, k)
  let found = guess > 1 ? collectAtLeast(values, guess) : collectNonzero(values)
  if (found < k && guess > 1) found = collectNonzero(values)

  if (found > k) {
    if (ranks.length < found) ranks = new Int32Array(candidates.length)
    readRanks(values, candidates, found, ranks)
    const { threshold, ties } = kthLargest(ranks, found, k)
    found = keepLargest(values, candidates, found, threshold, ties)
  }
  return candidates.slice(0, found)
}

/** |value| − 1 for a nonzero value, which fits 31 bits even for −2^31. */
function rank(value: number): number {
  const sign = value >> 31
  return (value ^ sign) - 1 - sign
}

function readRanks(values: Int32Array, indices: Uint32Array, count: number, out: Int32Array): void {
  for (let c = 0; c < count; c++) out[c] = rank(values[indices[c]!]!)
}

/** Moves the indices of ranks above `threshold`, and of the first `ties` equal to it, to the front. @returns how many */
function keepLargest(values: Int32Array, indices: Uint32Array, count: number, threshold: number, ties: number): number {
  let kept = 0
  for (let c = 0; c < count; c++) {
    const index = indices[c]!
    const r = rank(values[index]!)
    indices[kept] = index
    kept += r > threshold ? 1 : 0
    if (r === threshold && ties-- > 0) kept++
  }
  return kept
}

/** A magnitude that likely a few more than `k` values reach, or 1 where guessing does not pay. */
function guessThreshold(values: Int32Array, k: number): number {
  const n = values.length
  if (n < 4 * SAMPLES || k > n / 4) return 1
  if (ranks.length < SAMPLES) ranks = new Int32Array(SAMPLES)
  const stride = Math.floor(n / SAMPLES)
  for (let s = 0; s < SAMPLES; s++) {
    // A fixed jitter, so that no row length of a tensor is in step with the samples.
    const jitter = (Math.imul(s, 0x9e3779b1) >>> 8) % stride
    ranks[s] = Math.max(0, rank(values[s * stride + jitter]!))
  }
  const expected = (k / n) * SAMPLES
  // Four standard deviations of the count in the sample, so that one scan is nearly always enough.
  const place = Math.floor(expected + 4 * Math.sqrt(expected) + 4)
  return kthLargest(ranks, SAMPLES, Math.min(place, SAMPLES)).threshold + 1
}

/** Makes room for `more` candidates after the first `kept`. */
function reserve(kept: number, more: number): void {
  if (kept + more <= candidates.length) return
  const grown = new Uint32Array(Math.max(kept + more, 2 * candidates.length))
  grown.set(candidates.subarray(0, kept))
  candidates = grown
}

/**
 * Every index whose magnitude is ≥ `threshold` > 1, and maybe some with threshold − 1. @returns their number
 *
 * The ones' complement of a negative value is its magnitude less one and costs an instruction less than the magnitude.
 * Four values share one branch; which of them it was is written without a branch.
 */
function collectAtLeast(values: Int32Array, threshold: number): number {
  const n = values.length
  const below = threshold - 2
  let count = 0
  let i = 0
  while (i + 4 <= n) {
    reserve(count, STRIDE + 4)
    const out = candidates
    const end = Math.min(i + STRIDE, n - 3)
    for (; i < end; i += 4) {
      const a = values[i]!
      const b = values[i + 1]!
      const c = values[i + 2]!
      const d = values[i + 3]!
      const overA = below - (a ^ (a >> 31))
      const overB = below - (b ^ (b >> 31))
      const overC = below - (c ^ (c >> 31))
      const overD = below - (d ^ (d >> 31))
      if ((overA | overB | overC | overD) < 0) {
        out[count] = i
        count += overA >>> 31
        out[count] = i + 1
        count += overB >>> 31
        out[count] = i + 2
        count += overC >>> 31
        out[count] = i + 3
        count += overD >>> 31
      }
    }
  }
  reserve(count, 4)
  for (; i < n; i++) if ((values[i]! ^ (values[i]! >> 31)) > below) candidates[count++] = i
  return count
}

function collectNonzero(values: Int32Array): number {
  const n = values.length
  let count = 0
  for (let start = 0; start < n; start += STRIDE) {
    reserve(count, STRIDE)
    const out = candidates
    const end = Math.min(start + STRIDE, n)
    for (let i = start; i < end; i++) {
      out[count] = i
      count += values[i] === 0 ? 0 : 1
    }
  }
  return count
}

/**
 * The k-th largest of `values[0 … count−1]`, none negative, and how many equal to it belong to the k largest: radix
 * select from the highest bit in use, up to 11 bits at a time. Overwrites `values`. Bounds: 1 ≤ k ≤ count.
 */
function kthLargest(values: Int32Array, count: number, k: number): { threshold: number; ties: number } {
  let used = 0
  for (let i = 0; i < count; i++) used |= values[i]!
  let threshold = 0
  let left = k
  let high = 32 - Math.clz32(used)
  while (high > 0) {
    const low = Math.max(0, high - 11)
    const mask = (1 << (high - low)) - 1
    countDigits(values, count, low, mask)
    let digit = mask
    while (histogram[digit]! < left) left -= histogram[digit--]!
    threshold |= digit << low
    if (low > 0) count = keepDigit(values, count, low, mask, digit)
    high = low
  }
  return { threshold, ties: left }
}

function countDigits(values: Int32Array, count: number, low: number, mask: number): void {
  histogram.fill(0)
  for (let i = 0; i < count; i++) histogram[(values[i]! >> low) & mask]!++
}

/** Moves the values with this digit to the front. @returns how many they are */
function keepDigit(values: Int32Array, count: number, low: number, mask: number, digit: number): number {
  let kept = 0
  for (let i = 0; i < count; i++) {
    const value = values[i]!
    if (((value >> low) & mask) === digit) values[kept++] = value
  }
  return kept
}
