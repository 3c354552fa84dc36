/** How a peer stands, for its user: read from the core's state, changing nothing. */
import { GRID } from '../core/grid.js'
import { liveNow } from '../core/protocol/expect.js'
import type { SwarmState } from '../core/protocol/state.js'
import { setDigest } from '../core/protocol/step.js'
import type { NeighbourStatus, PeerStatus } from './events.js'

/** What the shell knows and the core does not. */
export type ShellStatus = Pick<PeerStatus, 'resting' | 'aloneMs' | 'storing' | 'lastUpdate' | 'lastOwnUpdate'>

export function statusOf(state: SwarmState, shell: ShellStatus): PeerStatus {
  const { clock, trained, still, neighbours, set, counters } = state
  return {
    ...shell,
    epoch: clock.epoch,
    trained,
    still,
    neighbours: neighbours.size,
    liveAuthors: liveNow(state).size,
    updates: set.size,
    keptFrom: set.base,
    payloadBytesReceived: counters.payloadBytesReceived,
    discardedSteps: counters.discardedSteps,
    lostResidual: counters.lostResidual / GRID,
    carriedUpdates: counters.carriedUpdates,
    lostUpdates: counters.lostUpdates,
    setDigest: setDigest(state)
  }
}

export function neighboursOf({ neighbours, clock }: SwarmState): readonly NeighbourStatus[] {
  return [...neighbours].map(([peer, { pulsedAt, observer, comparison }]) => ({
    peer,
    epoch: clock.claims.get(peer)?.epoch ?? null,
    observer,
    heardAtMs: pulsedAt,
    differs: comparison.oldDiffered
  }))
}

/** Coordinates of which something was trained and is not yet sent. Costs time in proportion to n. */
export function unsentOf({ own: { residual } }: SwarmState): number {
  let count = 0
  for (const value of residual) if (value !== 0) count++
  return count
}
