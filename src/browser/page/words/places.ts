/** Where birds are in the picture: forces between them, let run until they are at rest. */
import {
  forceCollide,
  forceLink,
  forceManyBody,
  forceSimulation,
  forceX,
  forceY,
  type SimulationNodeDatum
} from 'd3-force'
import type { PeerView } from '../../engine/session.js'

export interface Place {
  readonly x: number
  readonly y: number
}

interface Node extends SimulationNodeDatum {
  readonly key: string
}

/** Keeps birds and their names inside. */
const RIM = { side: 26, top: 26, bottom: 44 }
/** The forces are at rest after about 300 steps; nobody sees the last ones. */
const STEPS = 150

/**
 * The same peers, links and earlier places give the same places again; a newcomer hardly moves the others.
 * @param known of the picture before; the same object comes back when nothing changed
 */
export function placePeers(
  peers: readonly PeerView[],
  links: readonly (readonly [string, string])[],
  known: ReadonlyMap<string, Place>,
  { width, height }: { readonly width: number; readonly height: number }
): ReadonlyMap<string, Place> {
  if (peers.length === known.size && peers.every(peer => known.has(peer.key))) return known
  const middle = { x: width / 2, y: (height - RIM.bottom + RIM.top) / 2 }
  const nodes: Node[] = peers.map(peer => {
    const before = known.get(peer.key)
    if (peer.self) return { key: peer.key, fx: middle.x, fy: middle.y }
    return before === undefined ? { key: peer.key } : { key: peer.key, x: before.x, y: before.y }
  })
  const keys = new Set(peers.map(peer => peer.key))
  const edges = links.filter(([a, b]) => keys.has(a) && keys.has(b)).map(([source, target]) => ({ source, target }))
  forceSimulation(nodes)
    .force('push', forceManyBody().strength(-320))
    .force(
      'pull',
      forceLink<Node, { source: string; target: string }>(edges)
        .id(node => node.key)
        .distance(112)
    )
    .force('apart', forceCollide(40))
    .force('x', forceX(middle.x).strength(0.03))
    // The picture is wider than it is high.
    .force('y', forceY(middle.y).strength(0.08))
    .stop()
    .tick(STEPS)
  const within = (value: number, least: number, most: number): number =>
    Math.round(Math.min(most, Math.max(least, value)))
  return new Map(
    nodes.map(({ key, x = middle.x, y = middle.y }) => [
      key,
      { x: within(x, RIM.side, width - RIM.side), y: within(y, RIM.top, height - RIM.bottom) }
    ])
  )
}
