/** The graphs that draw lots. The same arguments give the same graph on every machine. */
import { createRandom, type Random } from '../core/random.js'
import { components } from './graph.js'
import { circulant } from './shapes.js'
import type { Edge } from './topology.js'

/** Attempted exchanges per edge; the graph's figures do not change any more beyond about ten. */
const EXCHANGES_PER_EDGE = 20

/** Rewired edges in a hundred of a small world: short paths and still clustered (Watts and Strogatz, 1998, figure 2). */
const REWIRED_PERCENT = 10

const SMALL_WORLD_TRIES = 100

/** Edges by number and by ends. */
class EdgeTable {
  readonly edges: Edge[]
  readonly #keys: Set<number>

  constructor(
    readonly peers: number,
    edges: readonly Edge[]
  ) {
    this.edges = [...edges]
    this.#keys = new Set(edges.map(([a, b]) => this.#key(a, b)))
  }

  has(a: number, b: number): boolean {
    return this.#keys.has(this.#key(a, b))
  }

  replace(index: number, edge: Edge): void {
    const [a, b] = this.edges[index]!
    this.#keys.delete(this.#key(a, b))
    this.#keys.add(this.#key(edge[0], edge[1]))
    this.edges[index] = edge
  }

  #key(a: number, b: number): number {
    return a < b ? a * this.peers + b : b * this.peers + a
  }
}

/**
 * A connected random graph in which every peer has `degree` neighbours: a circulant graph after many random exchanges of
 * two edges' ends, which keep all degrees. Should the exchanges have split it, its parts are joined by further ones.
 * @param peers above degree; peers × degree even @param degree at least 2
 */
export function regular(peers: number, degree: number, seed: number): Edge[] {
  const random = createRandom(seed)
  const offsets = Array.from({ length: Math.floor(degree / 2) }, (_, i) => i + 1)
  if (degree % 2 === 1) offsets.push(peers / 2)
  const table = new EdgeTable(peers, circulant(peers, offsets))
  const count = table.edges.length
  for (let i = 0; i < EXCHANGES_PER_EDGE * count; i++) {
    exchange(table, random.below(count), random.below(count), random.below(2) === 1)
  }
  joinParts(table, random)
  return table.edges
}

/** Edges a–b and c–d become a–c and b–d, or a–d and b–c. @returns whether that left the graph simple and was done */
function exchange(table: EdgeTable, first: number, second: number, crossed: boolean): boolean {
  const [a, b] = table.edges[first]!
  const [c, d] = crossed ? flipped(table.edges[second]!) : table.edges[second]!
  if (a === c || a === d || b === c || b === d || table.has(a, c) || table.has(b, d)) return false
  table.replace(first, [a, c])
  table.replace(second, [b, d])
  return true
}

function flipped([a, b]: Edge): Edge {
  return [b, a]
}

/** Every part has a cycle as all degrees are at least 2; an exchange that takes an edge of a cycle joins two parts. */
function joinParts(table: EdgeTable, random: Random): void {
  let parts = components(table.peers, table.edges)
  while (parts.length > 1) {
    const inFirst = new Set(parts[0])
    const [first, second] = [true, false].map(inside => {
      const among = table.edges.flatMap(([a], index) => (inFirst.has(a) === inside ? [index] : []))
      return among[random.below(among.length)]!
    })
    const before: [Edge, Edge] = [table.edges[first!]!, table.edges[second!]!]
    exchange(table, first!, second!, false)
    const after = components(table.peers, table.edges)
    if (after.length < parts.length) {
      parts = after
    } else {
      table.replace(first!, before[0])
      table.replace(second!, before[1])
    }
  }
}

/**
 * Watts and Strogatz (1998): a ring lattice, each of whose edges keeps its one end and moves the other to a random peer
 * with a probability of a tenth. Drawn again until connected.
 * @param peers above degree @param degree even, at least 4: with 2, hardly any draw of many peers is connected
 * @returns undefined when a hundred draws were not connected
 */
export function smallWorld(peers: number, degree: number, seed: number): Edge[] | undefined {
  const random = createRandom(seed)
  const offsets = Array.from({ length: degree / 2 }, (_, i) => i + 1)
  for (let attempt = 0; attempt < SMALL_WORLD_TRIES; attempt++) {
    const table = new EdgeTable(peers, circulant(peers, offsets))
    for (let index = 0; index < table.edges.length; index++) {
      if (random.below(100) >= REWIRED_PERCENT) continue
      const kept = table.edges[index]![0]
      const other = random.below(peers)
      if (other !== kept && !table.has(kept, other)) table.replace(index, [kept, other])
    }
    if (components(peers, table.edges).length === 1) return table.edges
  }
  return undefined
}
