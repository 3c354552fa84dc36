/** Figures of a topology that tell how fast news and averages spread over it. */
import { createRandom } from '../core/random.js'
import { distances, neighbours } from './graph.js'
import type { Topology } from './topology.js'

export interface TopologyStats {
  readonly degree: { readonly min: number; readonly mean: number; readonly max: number }
  /** Most hops between any two peers. */
  readonly diameter: number
  /**
   * 1 − the second-largest absolute eigenvalue of the Metropolis–Hastings mixing matrix, 0 … 1, good to three decimals.
   * Plain neighbour averaging shrinks disagreement by at least this part in each round; 1 for a single peer.
   */
  readonly spectralGap: number
}

/** Takes peers × edges steps: a moment for hundreds of peers, seconds for 10,000 sparsely joined ones. */
export function topologyStats(topology: Topology): TopologyStats {
  const lists = neighbours(topology.peers, topology.edges)
  const degrees = lists.map(list => list.length)
  let diameter = 0
  for (let peer = 0; peer < lists.length; peer++) {
    for (const hops of distances(lists, peer)) if (hops > diameter) diameter = hops
  }
  return {
    degree: {
      min: degrees.reduce((least, degree) => Math.min(least, degree)),
      mean: (2 * topology.edges.length) / topology.peers,
      max: degrees.reduce((most, degree) => Math.max(most, degree))
    },
    diameter,
    spectralGap: 1 - secondEigenvalue(lists)
  }
}

/** Lanczos steps; the error of an extreme eigenvalue falls with their square, below 0.0005 for up to 10,000 peers. */
const MAX_STEPS = 300

/** A remainder this small means that the steps have spanned everything the start vector holds. */
const SPANNED = 1e-10

/**
 * Largest |eigenvalue| of the mixing matrix over vectors of sum zero: Lanczos with full reorthogonalisation from a seeded
 * start, against the constant vector too, whose eigenvalue is 1.
 */
function secondEigenvalue(lists: readonly (readonly number[])[]): number {
  const peers = lists.length
  if (peers === 1) return 0
  const random = createRandom(1)
  const basis: Float64Array[] = [new Float64Array(peers).fill(1 / Math.sqrt(peers))]
  let vector = Float64Array.from({ length: peers }, () => random.unit() - 0.5)
  const diagonal: number[] = []
  const offDiagonal: number[] = []
  while (diagonal.length < Math.min(MAX_STEPS, peers - 1)) {
    const norm = orthogonalise(vector, basis)
    if (norm < SPANNED) break
    if (diagonal.length > 0) offDiagonal.push(norm)
    const unit = vector.map(value => value / norm)
    basis.push(unit)
    vector = mix(lists, unit)
    diagonal.push(dot(vector, unit))
  }
  return largestMagnitude(diagonal, offDiagonal)
}

/** In place, twice as once loses digits. @returns the norm that remains */
function orthogonalise(vector: Float64Array, basis: readonly Float64Array[]): number {
  for (let pass = 0; pass < 2; pass++) {
    for (const unit of basis) {
      const share = dot(vector, unit)
      for (let i = 0; i < vector.length; i++) vector[i]! -= share * unit[i]!
    }
  }
  return Math.sqrt(dot(vector, vector))
}

function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0
  for (let i = 0; i < x.length; i++) sum += x[i]! * y[i]!
  return sum
}

/** One round of averaging with weight 1 / (1 + the larger degree) on each edge, the rest on oneself (Xiao, Boyd, 2004). */
function mix(lists: readonly (readonly number[])[], x: Float64Array): Float64Array<ArrayBuffer> {
  return Float64Array.from(x, (own, peer) => {
    const list = lists[peer]!
    let sum = own
    for (const other of list) sum += (x[other]! - own) / (1 + Math.max(list.length, lists[other]!.length))
    return sum
  })
}

/** Of a symmetric tridiagonal matrix with eigenvalues in −1 … 1, by bisection on Sturm counts. */
function largestMagnitude(diagonal: readonly number[], offDiagonal: readonly number[]): number {
  const below = (x: number): number => {
    let count = 0
    let pivot = 1
    for (let i = 0; i < diagonal.length; i++) {
      const coupling = i === 0 ? 0 : offDiagonal[i - 1]! ** 2
      pivot = diagonal[i]! - x - coupling / (pivot === 0 ? Number.EPSILON : pivot)
      if (pivot < 0) count++
    }
    return count
  }
  let low = 0
  let high = 1
  // 40 halvings leave 1e-12.
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2
    const allInside = below(middle) === diagonal.length && below(-middle) === 0
    if (allInside) high = middle
    else low = middle
  }
  return high
}
