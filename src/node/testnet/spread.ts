/** Which process runs which peers. */
import { createRandom } from '../../core/random.js'
import { components, neighbours } from '../../topology/graph.js'
import type { Topology } from '../../topology/index.js'

/** Shuffles tried beside the three plain orders; each costs a walk over the edges. */
const DRAWS = 60

/**
 * Equal shares (±1) of the peers for each process, chosen so that the peers left when any one process dies stay
 * connected where the topology allows it, and then so that as many neighbours as possible are in different processes.
 * The same arguments give the same shares. @param processes 1 … peers
 */
export function spreadPeers(topology: Topology, processes: number): readonly (readonly number[])[] {
  const { peers } = topology
  const inOrder = Array.from({ length: peers }, (_, peer) => peer)
  const random = createRandom(1)
  const candidates = [deal(inOrder, processes), cut(inOrder, processes), cut(breadthFirst(topology), processes)]
  for (let draw = 0; draw < DRAWS; draw++) candidates.push(cut(random.shuffle([...inOrder]), processes))

  let best = candidates[0]!
  let bestScore = Number.NEGATIVE_INFINITY
  for (const candidate of candidates) {
    const score = rate(topology, candidate)
    if (score > bestScore) {
      best = candidate
      bestScore = score
    }
  }
  return best.map(share => [...share].sort((a, b) => a - b))
}

/** The same, with a process of its own for each peer in `alone`, and `processes` shared ones for the others. */
export function shareProcesses(
  topology: Topology,
  processes: number,
  alone: ReadonlySet<number> = new Set()
): readonly (readonly number[])[] {
  const shared = spreadPeers(topology, processes).map(share => share.filter(peer => !alone.has(peer)))
  return [...shared.filter(share => share.length > 0), ...[...alone].sort((a, b) => a - b).map(peer => [peer])]
}

function rate(topology: Topology, shares: readonly (readonly number[])[]): number {
  const home = new Int32Array(topology.peers)
  shares.forEach((share, process) => {
    for (const peer of share) home[peer] = process
  })
  const crossing = topology.edges.filter(([a, b]) => home[a] !== home[b]).length
  const survivable = shares.length === 1 ? 0 : shares.filter((_, lost) => staysConnected(topology, home, lost)).length
  return survivable * (topology.edges.length + 1) + crossing
}

function staysConnected(topology: Topology, home: Int32Array, lost: number): boolean {
  const edges = topology.edges.filter(([a, b]) => home[a] !== lost && home[b] !== lost)
  return components(topology.peers, edges).filter(part => home[part[0]!] !== lost).length === 1
}

function deal(peers: readonly number[], processes: number): number[][] {
  return Array.from({ length: processes }, (_, process) => peers.filter((_, i) => i % processes === process))
}

function cut(peers: readonly number[], processes: number): number[][] {
  return Array.from({ length: processes }, (_, process) =>
    peers.slice(
      Math.floor((process * peers.length) / processes),
      Math.floor(((process + 1) * peers.length) / processes)
    )
  )
}

function breadthFirst(topology: Topology): number[] {
  const lists = neighbours(topology.peers, topology.edges)
  const order = [0]
  const seen = new Set(order)
  for (let i = 0; i < order.length; i++)
    for (const next of lists[order[i]!]!) {
      if (seen.has(next)) continue
      seen.add(next)
      order.push(next)
    }
  return order
}
