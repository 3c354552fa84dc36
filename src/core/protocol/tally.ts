/** A bag of numbers that knows its k-th smallest and largest: claims come and go one by one, and are asked about at every input. */

export interface Tally {
  /** Distinct, ascending; a swarm's clocks stand at a few epochs. */
  readonly values: number[]
  /** How often each is in the bag; as long as `values`. */
  readonly counts: number[]
  size: number
}

export function createTally(): Tally {
  return { values: [], counts: [], size: 0 }
}

export function addTo(tally: Tally, value: number): void {
  const i = placeOf(tally, value)
  if (tally.values[i] === value) tally.counts[i]!++
  else {
    tally.values.splice(i, 0, value)
    tally.counts.splice(i, 0, 1)
  }
  tally.size++
}

/** The caller knows that `value` is in the bag. */
export function removeFrom(tally: Tally, value: number): void {
  const i = placeOf(tally, value)
  if (--tally.counts[i]! === 0) {
    tally.values.splice(i, 1)
    tally.counts.splice(i, 1)
  }
  tally.size--
}

/** The k-th smallest, k from 0; infinity when there are fewer. */
export function smallest({ values, counts }: Tally, k: number): number {
  let left = k
  for (let i = 0; i < values.length; i++) {
    left -= counts[i]!
    if (left < 0) return values[i]!
  }
  return Number.POSITIVE_INFINITY
}

/** The k-th largest, k from 0; minus infinity when there are fewer. */
export function largest({ values, counts }: Tally, k: number): number {
  let left = k
  for (let i = values.length - 1; i >= 0; i--) {
    left -= counts[i]!
    if (left < 0) return values[i]!
  }
  return Number.NEGATIVE_INFINITY
}

/** Where `value` is, or would be put. */
function placeOf({ values }: Tally, value: number): number {
  let low = 0
  let high = values.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (values[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}
