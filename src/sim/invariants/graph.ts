/** Who can hear whom: the honest peers that are up, and the links between them. */
import type { RunPeer, RunView } from '../observer.js'

export interface Component {
  /** In the order of the topology. */
  readonly peers: readonly RunPeer[]
  /** Longest of the shortest paths, in links; 0 for one peer. Of more than 64 peers an upper bound. */
  readonly diameter: number
}

/** Honest, running, and not among more hostile neighbours than it can stand. */
export function isUp(peer: RunPeer): boolean {
  return peer.hostile === null && !peer.besieged && peer.condition === 'up' && peer.state !== undefined
}

/** Connected parts of the overlay of honest peers that are up. */
export function honestComponents(run: RunView): Component[] {
  const links = new Map<number, number[]>()
  for (const peer of run.peers) if (isUp(peer)) links.set(peer.peer, [])
  for (const [a, b] of run.edges) {
    const [ofA, ofB] = [links.get(a), links.get(b)]
    if (ofA === undefined || ofB === undefined || !run.connected(a, b)) continue
    ofA.push(b)
    ofB.push(a)
  }
  const out: Component[] = []
  const seen = new Set<number>()
  for (const start of links.keys()) {
    if (seen.has(start)) continue
    const members = [...distances(links, start).keys()].sort((a, b) => a - b)
    for (const member of members) seen.add(member)
    out.push({ peers: members.map(member => run.peers[member]!), diameter: diameterOf(links, members) })
  }
  return out
}

/** Beyond this the diameter is bounded by twice the distance from one peer instead of found. */
const EXACT = 64

function diameterOf(links: ReadonlyMap<number, readonly number[]>, members: readonly number[]): number {
  const farthest = (from: number) => Math.max(...distances(links, from).values())
  if (members.length > EXACT) return 2 * farthest(members[0]!)
  return Math.max(...members.map(farthest))
}

function distances(links: ReadonlyMap<number, readonly number[]>, start: number): Map<number, number> {
  const out = new Map([[start, 0]])
  for (const [at, distance] of out)
    for (const next of links.get(at) ?? []) if (!out.has(next)) out.set(next, distance + 1)
  return out
}
