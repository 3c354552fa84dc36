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
