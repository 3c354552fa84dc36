/**
 * Resting: a peer that for now publishes nothing and lets nobody wait for it, follows all the same, and serves repair. What it
 * trained and has not sent stays in its residual, exactly. PROTOCOL.md, rule C8.
 */
import { dropWork } from './publish.js'
import { pulseSoon } from './pulsing.js'
import type { SwarmState } from './state.js'

/** Begins or ends to rest. An update that is being signed is sent (R5); work that only waits is dropped. */
export function setResting(state: SwarmState, resting: boolean, now: number): void {
  const { own } = state
  if (own.resting === resting) return
  own.resting = resting
  if (resting) dropWork(state)
  // So that nobody waits for it, or everybody does again.
  pulseSoon(state, now, 0)
}

/** Local steps were broken off: they are gone, and may begin anew in the same epoch. */
export function abortWork(state: SwarmState, steps: number): void {
  state.own.training = false
  state.counters.discardedSteps += steps
}
