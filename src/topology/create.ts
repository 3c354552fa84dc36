/** Makes a topology of a given kind, or says which request would be possible. */
import { regular, smallWorld } from './drawn.js'
import { sortEdges } from './graph.js'
import { complete, exponential, line, ring, star, torus, torusSides, twoCliques } from './shapes.js'
import {
  type Edge,
  MAX_EDGES,
  MAX_PEERS,
  TOPOLOGY_KINDS,
  type Topology,
  TopologyError,
  type TopologyKind
} from './topology.js'

export interface TopologyInit {
  /** 1 … {@link MAX_PEERS}; some kinds need more than one. */
  readonly peers: number
  /** Neighbours of each peer, on average for small-world; only for regular and small-world. @default 4 */
  readonly degree?: number
  /** 0 … 2^53 − 1, only for regular and small-world. @default 1 */
  readonly seed?: number
}

const DEFAULT_DEGREE = 4
const DEFAULT_SEED = 1

/** The same arguments give the same topology. @throws {TopologyError} with fault `usage` that names the flag and a working value */
export function createTopology(kind: TopologyKind, init: TopologyInit): Topology {
  if (!TOPOLOGY_KINDS.includes(kind)) {
    throw usage(`there is no topology "${kind}"`, `the kinds are ${TOPOLOGY_KINDS.join(', ')}`)
  }
  const { peers } = init
  if (!Number.isInteger(peers) || peers < 1 || peers > MAX_PEERS) {
    throw usage(`--peers ${peers}: not a whole number from 1 to ${MAX_PEERS}`, 'try --peers 16')
  }
  if (kind === 'regular' || kind === 'small-world') {
    const degree = init.degree ?? DEFAULT_DEGREE
    const seed = init.seed ?? DEFAULT_SEED
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw usage(`--seed ${seed}: not a whole number from 0 to 2^53 - 1`, 'try --seed 1')
    }
    const edges = kind === 'regular' ? drawRegular(peers, degree, seed) : drawSmallWorld(peers, degree, seed)
    return { topology: 1, kind, peers, seed, degree, edges: sortEdges(edges) }
  }
  if (init.degree !== undefined) {
    throw usage(`--degree: a ${kind} topology has no choice of degree`, 'leave it out, or use regular or small-world')
  }
  if (init.seed !== undefined) {
    throw usage(`--seed: a ${kind} topology draws no lots`, 'leave it out, or use regular or small-world')
  }
  return { topology: 1, kind, peers, edges: sortEdges(shape(kind, peers)) }
}

function shape(kind: Exclude<TopologyKind, 'regular' | 'small-world'>, peers: number): Edge[] {
  switch (kind) {
    case 'line':
      return line(peers)
    case 'ring':
      if (peers < 3) throw usage(`--peers ${peers}: a ring needs at least 3`, 'try --peers 3, or a line')
      return ring(peers)
    case 'star':
      return star(peers)
    case 'exponential':
      return exponential(peers)
    case 'complete':
      checkEdgeCount(kind, peers, (peers * (peers - 1)) / 2, 2000)
      return complete(peers)
    case 'two-cliques':
      if (peers < 2) throw usage(`--peers ${peers}: two cliques need at least 2`, 'try --peers 8')
      checkEdgeCount(kind, peers, peers ** 2 / 4, 2800)
      return twoCliques(peers)
    case 'torus': {
      const sides = torusSides(peers)
      if (sides === undefined) {
        const reason = 'a torus needs a product of two whole numbers that are both at least 3'
        throw usage(`--peers ${peers}: ${reason}`, `try --peers ${nearestTorus(peers)}`)
      }
      return torus(...sides)
    }
  }
}

function drawRegular(peers: number, degree: number, seed: number): Edge[] {
  if (peers === 2 && degree === 1) return line(2)
  checkDegree('regular', peers, degree, 2, peers - 1)
  if ((peers * degree) % 2 === 1) {
    const problem = `--degree ${degree}: with ${peers} peers that would be half an edge too many`
    throw usage(problem, `try --degree ${degree + 1} or --peers ${peers + 1}`)
  }
  return regular(peers, degree, seed)
}

function drawSmallWorld(peers: number, degree: number, seed: number): Edge[] {
  const most = evenFloor(peers - 1)
  if (degree % 2 === 1) {
    const remedy = `try --degree ${Math.max(4, Math.min(degree - 1, most))}`
    throw usage(`--degree ${degree}: a small world is drawn from an even one`, remedy)
  }
  checkDegree('small-world', peers, degree, 4, most)
  const edges = smallWorld(peers, degree, seed)
  if (edges === undefined) {
    throw usage(`--seed ${seed}: gives no connected small world`, `try --seed ${seed + 1} or --degree ${degree + 2}`)
  }
  return edges
}

function checkDegree(kind: TopologyKind, peers: number, degree: number, least: number, most: number): void {
  if (!Number.isInteger(degree) || degree < least) {
    const problem = `--degree ${degree}: a ${kind} topology needs a whole number of at least ${least}`
    throw usage(problem, `try --degree ${least}`)
  }
  if (degree >= peers) {
    const problem = `--degree ${degree}: with --peers ${peers} nobody has so many neighbours`
    throw usage(problem, `try ${most < least ? '' : `--degree ${most} or `}--peers ${degree + 1}`)
  }
  if ((peers * degree) / 2 > MAX_EDGES) {
    const problem = `--degree ${degree}: with ${peers} peers that is more than ${MAX_EDGES} edges`
    throw usage(problem, `try --degree ${evenFloor((2 * MAX_EDGES) / peers)}`)
  }
}

function evenFloor(value: number): number {
  return 2 * Math.floor(value / 2)
}

function checkEdgeCount(kind: TopologyKind, peers: number, edges: number, most: number): void {
  if (edges <= MAX_EDGES) return
  throw usage(`--peers ${peers}: this ${kind} topology has more than ${MAX_EDGES} edges`, `try --peers ${most}`)
}

/** The largest torus below, or the first above. */
function nearestTorus(peers: number): number {
  for (let less = peers - 1; less >= 9; less--) if (torusSides(less) !== undefined) return less
  return 9
}

function usage(problem: string, remedy: string): TopologyError {
  return new TopologyError(`${problem}; ${remedy}`, 'usage')
}
