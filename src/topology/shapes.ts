/** The graphs that need no lots. Edges may come in any order and direction, but each only once. */
import type { Edge } from './topology.js'

export function line(peers: number): Edge[] {
  return Array.from({ length: peers - 1 }, (_, i): Edge => [i, i + 1])
}

/** @param peers at least 3 */
export function ring(peers: number): Edge[] {
  return [...line(peers), [0, peers - 1]]
}

/** Peer 0 is the centre. */
export function star(peers: number): Edge[] {
  return Array.from({ length: peers - 1 }, (_, i): Edge => [0, i + 1])
}

export function complete(peers: number, first = 0): Edge[] {
  const edges: Edge[] = []
  for (let a = 0; a < peers; a++) for (let b = a + 1; b < peers; b++) edges.push([first + a, first + b])
  return edges
}

/** Two complete halves joined by one edge: the worst bottleneck there is. @param peers at least 2 */
export function twoCliques(peers: number): Edge[] {
  const half = Math.ceil(peers / 2)
  return [...complete(half), ...complete(peers - half, half), [half - 1, half]]
}

/**
 * Peer i is joined to i ± d (mod peers) for every offset d.
 * @param offsets distinct, each from 1 to peers / 2, so that no edge comes twice
 */
export function circulant(peers: number, offsets: readonly number[]): Edge[] {
  const edges: Edge[] = []
  for (const offset of offsets) {
    // The offset of half the peers meets itself on the way back.
    const starts = 2 * offset === peers ? offset : peers
    for (let i = 0; i < starts; i++) edges.push([i, (i + offset) % peers])
  }
  return edges
}

/** Offsets 1, 2, 4, … up to half the peers: any peer is reached in about log2(peers) hops (Ying et al., 2021). */
export function exponential(peers: number): Edge[] {
  const offsets: number[] = []
  for (let offset = 1; 2 * offset <= peers; offset *= 2) offsets.push(offset)
  return circulant(peers, offsets)
}

/** The sides of the squarest torus of `peers`, both at least 3 as a shorter one folds edges together; else undefined. */
export function torusSides(peers: number): readonly [number, number] | undefined {
  for (let rows = Math.floor(Math.sqrt(peers)); rows >= 3; rows--) if (peers % rows === 0) return [rows, peers / rows]
  return undefined
}

/** A grid whose opposite sides are joined; peers are numbered row by row. */
export function torus(rows: number, columns: number): Edge[] {
  const edges: Edge[] = []
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const peer = row * columns + column
      edges.push([peer, row * columns + ((column + 1) % columns)], [peer, ((row + 1) % rows) * columns + column])
    }
  }
  return edges
}
