/** I4: honest connected peers end with equal digests, soon after faults and training have ended. */
import { setDigest } from '../../core/protocol/step.js'
import type { RunObserver, RunView } from '../observer.js'
import { honestComponents, isUp } from './graph.js'
import type { Report } from './violation.js'

/** Pulses until all are equal: so many, and so many more for each link of the overlay's diameter. */
const CONVERGENCE_PULSES = 24
const CONVERGENCE_PULSES_PER_HOP = 8

/** Milliseconds in which connected honest peers become equal once faults and training have ended. */
function convergenceMs(run: RunView, diameter: number): number {
  const listening = 2 * run.manifest.clock.maxEpochMs
  return (CONVERGENCE_PULSES + CONVERGENCE_PULSES_PER_HOP * diameter) * run.pulseMs + listening
}

export function createConvergence(report: Report): RunObserver {
  /** Since when there are no more faults and everybody is through; null: not yet. Milliseconds. */
  let calmSince: number | null = null
  let done = false

  function check(run: RunView, late: (ms: number, diameter: number) => boolean): void {
    for (const { peers, diameter } of honestComponents(run)) {
      if (!late(run.now() - (calmSince ?? run.now()), diameter)) continue
      const digests = new Map<string, number[]>()
      for (const { peer, state } of peers) {
        const found = setDigest(state!)
        digests.set(found, [...(digests.get(found) ?? []), peer])
      }
      if (digests.size === 1) continue
      done = true
      const groups = [...digests].map(([found, members]) => `${found.slice(0, 8)} of ${members.join(', ')}`)
      report('I4', null, `${Math.round(run.now() - (calmSince ?? run.now()))} ms after the end: ${groups.join('; ')}`)
    }
  }

  return {
    onSecond(run) {
      const through = run.faultsEndedAt() !== null && run.peers.every(peer => !isUp(peer) || peer.state!.trained)
      if (!through) calmSince = null
      else calmSince ??= run.now()
      if (through && !done) check(run, (ms, diameter) => ms > convergenceMs(run, diameter))
    },
    onEnd(run, { settled }) {
      if (!done) check(run, (ms, diameter) => settled || ms > convergenceMs(run, diameter))
    }
  }
}
