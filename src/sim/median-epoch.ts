/** How far a swarm is: what the timeline of faults and the patience of a run go by. */
import type { Member } from './member.js'

export interface MedianEpoch {
  /** As {@link look} found it last; it never falls. */
  readonly epoch: number
  /** One peer may have moved by an epoch. */
  moved(): void
  /** Who counts may have changed. */
  recount(): void
  /** Lower median of the honest peers that are up. */
  look(honest: readonly Member[]): number
}

export function createMedianEpoch(): MedianEpoch {
  let epoch = 0
  /** Moves so far, and how many it takes at the least to move the median: each is of one peer. */
  let told = 0
  let enough = 0

  function median(honest: readonly Member[]): number {
    let present = 0
    let beyond = 0
    for (const { condition, state } of honest)
      if (condition === 'up' && state) {
        present++
        if (state.clock.epoch > epoch) beyond++
      }
    enough = told + Math.floor(present / 2) + 1 - beyond
    if (told < enough) return epoch
    const epochs = honest.flatMap(({ condition, state }) => (condition === 'up' && state ? [state.clock.epoch] : []))
    return epochs.sort((a, b) => a - b)[Math.ceil(epochs.length / 2) - 1] ?? 0
  }

  return {
    get epoch() {
      return epoch
    },
    moved() {
      told++
    },
    recount() {
      enough = told
    },
    look(honest) {
      if (told >= enough) epoch = Math.max(epoch, median(honest))
      return epoch
    }
  }
}
