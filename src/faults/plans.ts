/** What a peer is for a whole run. */
import type { Draws } from './draws.js'
import { type Faults, FaultsError, type HostileKind, placeOf } from './faults.js'
import { selectApart, selectPeers } from './select.js'

export interface PeerPlan {
  /** Its work takes so many times as long, at least 1. */
  readonly slowdown: number
  /** Its clock runs so much too fast; negative: too slow. */
  readonly clockSkewPercent: number
  /** Null: honest. */
  readonly hostile: HostileKind | null
  /** Whether it is there from the start, or comes with an event. */
  readonly late: boolean
}

export interface PeerPlans {
  readonly plans: readonly PeerPlan[]
  /** Who comes with the event of this index; empty for other events. */
  readonly joiners: readonly (readonly number[])[]
}

/** @throws {FaultsError} for demands that contradict each other */
export function planPeers(
  faults: Faults,
  peers: number,
  edges: readonly (readonly [number, number])[],
  draws: Draws
): PeerPlans {
  const plans = Array.from({ length: peers }, () => ({
    slowdown: 1,
    clockSkewPercent: 0,
    hostile: null as HostileKind | null,
    late: false
  }))
  faults.peers?.forEach(({ peers: selection, slowdown, clockSkewPercent, hostile }, i) => {
    // Somebody can be slow and wrong about the time, but not hostile in two ways.
    const free = (peer: number) => hostile === undefined || plans[peer]!.hostile === null
    const isHostile = (peer: number) => plans[peer]!.hostile !== null
    const chosen =
      hostile === undefined
        ? selectPeers(selection, peers, free, draws('peers', i))
        : selectApart(selection, peers, free, edges, isHostile, draws('peers', i))
    for (const peer of chosen) {
      const plan = plans[peer]!
      plan.slowdown = slowdown ?? plan.slowdown
      plan.clockSkewPercent = clockSkewPercent ?? plan.clockSkewPercent
      plan.hostile = hostile ?? plan.hostile
    }
  })
  if (plans.every(({ hostile }) => hostile !== null))
    throw new FaultsError('every peer is hostile; leave an honest one')
  const joiners = (faults.events ?? []).map((event, i) => {
    if ('peers' in event && Array.isArray(event.peers))
      for (const peer of event.peers)
        if (plans[peer]!.hostile !== null)
          throw new FaultsError(`${placeOf(['events', i, 'peers'])} names peer ${peer}, which is hostile; name others`)
    if (event.do !== 'join') return []
    const free = (peer: number) => plans[peer]!.hostile === null && !plans[peer]!.late
    const chosen = selectPeers(event.peers, peers, free, draws('events', i))
    for (const peer of chosen) plans[peer]!.late = true
    return chosen
  })
  if (plans.every(({ hostile, late }) => hostile !== null || late))
    throw new FaultsError('no honest peer is there at the start; let fewer join late')
  return { plans, joiners }
}
