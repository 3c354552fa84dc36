/** I5 and I9: liars neither drag nor stop an epoch clock, and honest peers stay together. */
import { claimLifeMs, standing } from '../../core/protocol/clock.js'
import { isListening } from '../../core/protocol/expect.js'
import type { SwarmState } from '../../core/protocol/state.js'
import type { RunObserver, RunPeer, RunView } from '../observer.js'
import { type Component, honestComponents, isUp } from './graph.js'
import type { Report } from './violation.js'

/** An epoch lasts at most so many times maxEpochMs, local steps and listening apart. */
export const SLOWEST_EPOCHS = 6
/** How long an overlay must have been as it is for its clocks to be together, in maxEpochMs. */
export const CALM_EPOCHS = 4

interface Progress {
  epoch: number
  /** Since when it could have gone on. */
  since: number
  told: boolean
}

export function createClocks(report: Report): RunObserver {
  let run: RunView
  let honest: ReadonlySet<string> = new Set()
  /** The latest epoch that any honest peer has reached. */
  let reached = 0
  const progress: Progress[] = []
  /** Since when a part of the overlay is as it is, by its members. */
  let calm = new Map<string, number>()

  /** Strangers that claim more than anybody honest has reached, and the liars that are allowed for. */
  function liarsOf(state: SwarmState): { found: number; allowed: number } {
    const { clock, manifest, options } = state
    const now = run.now()
    const life = claimLifeMs(clock, manifest.clock, options.pulseMs)
    let found = 0
    for (const [signer, claim] of clock.claims)
      if (!honest.has(signer) && !claim.leaving && now - claim.heardAt <= life && claim.epoch > reached) found++
    return { found, allowed: standing(clock, manifest.clock, options.pulseMs, now).liars }
  }

  function look(peer: RunPeer): void {
    const state = peer.state as SwarmState
    const { clock, own, manifest } = state
    const known = progress[peer.peer]
    const free = isUp(peer) && !state.trained && !own.training && !own.sealing && !isListening(state)
    if (known === undefined || known.epoch !== clock.epoch || !free) {
      progress[peer.peer] = { epoch: clock.epoch, since: run.now(), told: false }
      return
    }
    const { maxEpochMs, graceMs, aloneGraceMs } = manifest.clock
    const slowest = SLOWEST_EPOCHS * maxEpochMs + graceMs + aloneGraceMs
    if (known.told || run.now() - known.since <= slowest) return
    known.told = true
    report('I5', peer.peer, `no further than epoch ${clock.epoch} for ${Math.round(run.now() - known.since)} ms`)
  }

  function skew({ peers, diameter }: Component): void {
    const epochs = peers.map(({ state }) => state!.clock.epoch)
    const bound = run.manifest.clock.stalenessBound * Math.max(1, diameter)
    const [least, most] = [Math.min(...epochs), Math.max(...epochs)]
    if (most - least > bound) {
      const slowest = peers[epochs.indexOf(least)]!
      report('I9', slowest.peer, `at epoch ${least} while others are at ${most}; ${bound} are allowed for`)
    }
  }

  return {
    onBegin(view) {
      run = view
      honest = new Set(view.peers.filter(({ hostile }) => hostile === null).map(({ key }) => key))
    },
    onStart({ state }) {
      reached = Math.max(reached, state!.clock.epoch)
    },
    onStep(peer, { effects }) {
      if (!effects.some(({ type }) => type === 'closed')) return
      const state = peer.state as SwarmState
      const { epoch } = state.clock
      if (epoch > reached + 1) {
        const { found, allowed } = liarsOf(state)
        if (found <= allowed) report('I5', peer.peer, `dragged to epoch ${epoch}; nobody honest was beyond ${reached}`)
      }
      reached = Math.max(reached, epoch)
    },
    onSecond(view) {
      for (const peer of view.peers) if (peer.hostile === null && peer.state !== undefined) look(peer)
      const parts = new Map<string, number>()
      for (const component of honestComponents(view)) {
        const key = component.peers.map(({ peer, life }) => `${peer}.${life}`).join(' ')
        const since = calm.get(key) ?? view.now()
        parts.set(key, since)
        const { maxEpochMs } = view.manifest.clock
        const together = component.peers.every(({ state }) => !isListening(state as SwarmState))
        if (together && view.now() - since > CALM_EPOCHS * maxEpochMs) skew(component)
      }
      calm = parts
    }
  }
}
