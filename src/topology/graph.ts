/** Plain graph questions, in time linear in peers and edges. */
import type { Edge } from './topology.js'

/** Neighbours of every peer, in the order of the edges. */
export function neighbours(peers: number, edges: readonly Edge[]): number[][] {
  const lists: number[][] = Array.from({ length: peers }, () => [])
  for (const [a, b] of edges) {
    lists[a]!.push(b)
    lists[b]!.push(a)
  }
  return lists
}

/** Hops from `start` to every peer; −1 where there is no way. */
export function distances(lists: readonly (readonly number[])[], start: number): Int32Array {
  const hops = new Int32Array(lists.length).fill(-1)
  const queue = new Int32Array(lists.length)
  hops[start] = 0
  queue[0] = start
  let tail = 1
  for (let head = 0; head < tail; head++) {
    const peer = queue[head]!
    for (const next of lists[peer]!) {
      if (hops[next]! >= 0) continue
      hops[next] = hops[peer]! + 1
      queue[tail++] = next
    }
  }
  return hops
}

/** The connected components, each ascending, by lowest member. */
export function components(peers: number, edges: readonly Edge[]): number[][] {
  const lists = neighbours(peers, edges)
  const seen = new Uint8Array(peers)
  const found: number[][] = []
  for (let start = 0; start < peers; start++) {
    if (seen[start] === 1) continue
    const members: number[] = [start]
    seen[start] = 1
    for (let head = 0; head < members.length; head++) {
      for (const next of lists[members[head]!]!) {
        if (seen[next] === 1) continue
        seen[next] = 1
        members.push(next)
      }
    }
    found.push(members.sort((a, b) => a - b))
  }
  return found
}

/** Lower peer first, then ascending: equal graphs give equal files. */
export function sortEdges(edges: Iterable<Edge>): Edge[] {
  return Array.from(edges, ([a, b]): Edge => (a < b ? [a, b] : [b, a])).sort((x, y) => x[0] - y[0] || x[1] - y[1])
}
