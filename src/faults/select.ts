/** Who is meant: the choices that a file leaves to the seed. */
import type { Random } from '../core/random.js'
import type { Selection } from './faults.js'

/** How many of `total` a selection wants; never none where it wants any part. */
function wanted(selection: { readonly count: number } | { readonly fraction: number }, total: number): number {
  if ('count' in selection) return selection.count
  return selection.fraction === 0 ? 0 : Math.max(1, Math.round(selection.fraction * total))
}

/**
 * Peers in ascending order. A draw takes them from `eligible` in the order of one shuffle of all peers, so that it stays the
 * same as far as possible when some are not eligible.
 * @param total peers in the run
 */
export function selectPeers(
  selection: Selection,
  total: number,
  eligible: (peer: number) => boolean,
  random: Random
): number[] {
  const all = Array.from({ length: total }, (_, peer) => peer)
  if (selection === 'all') return all.filter(eligible)
  if (!('count' in selection) && !('fraction' in selection))
    return [...new Set(selection)].sort((a, b) => a - b).filter(eligible)
  const drawn = random.shuffle(all).filter(eligible).slice(0, wanted(selection, total))
  return drawn.sort((a, b) => a - b)
}

/**
 * Draws peers that share as few neighbours as can be with each other and with those that `isChosen` already: nobody is promised
 * anything who has more hostile neighbours than honest ones. Anything but a draw is taken as it is.
 */
export function selectApart(
  selection: Selection,
  total: number,
  eligible: (peer: number) => boolean,
  edges: readonly (readonly [number, number])[],
  isChosen: (peer: number) => boolean,
  random: Random
): number[] {
  if (selection === 'all' || !('count' in selection || 'fraction' in selection))
    return selectPeers(selection, total, eligible, random)
  const neighbours: number[][] = Array.from({ length: total }, () => [])
  for (const [a, b] of edges) {
    neighbours[a]!.push(b)
    neighbours[b]!.push(a)
  }
  /** Chosen neighbours of each. */
  const beside = neighbours.map(peers => peers.filter(isChosen).length)
  let left = random.shuffle(Array.from({ length: total }, (_, peer) => peer)).filter(eligible)
  const chosen: number[] = []
  // A square for each neighbour: two beside one peer are worse than one beside each of two.
  const cost = (peer: number) => neighbours[peer]!.reduce((sum, next) => sum + 2 * beside[next]! + 1, 0)
  for (let count = Math.min(wanted(selection, total), left.length); count > 0; count--) {
    const best = left.reduce((least, peer) => (cost(peer) < cost(least) ? peer : least))
    chosen.push(best)
    left = left.filter(peer => peer !== best)
    for (const next of neighbours[best]!) beside[next]!++
  }
  return chosen.sort((a, b) => a - b)
}
