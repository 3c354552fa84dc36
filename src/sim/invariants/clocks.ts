/** I5 and I9: liars neither drag nor stop an epoch clock, and honest peers stay together. */
import { claimLifeMs } from '../../core/protocol/claims.js'
import type { Effect, Input } from '../../core/protocol/effects.js'
import { isListening, standsStill } from '../../core/protocol/expect.js'
import type { SwarmState } from '../../core/protocol/state.js'
import type { RunObserver, RunPeer, RunView } from '../observer.js'
import { type Component, honestComponents, isUp } from './graph.js'
import type { Report } from './violation.js'

/** An epoch lasts at most so many times maxEpochMs, local steps and listening apart. */
const SLOWEST_EPOCHS = 6
/** How long an overlay must have been as it is for its clocks to be together, in maxEpochMs. */
const CALM_EPOCHS = 4

interface Progress {
  readonly epoch: number
  /** Since when it could have gone on. */
  readonly since: number
  told: boolean
}

/** How long the local steps of a peer take, milliseconds. */
interface Training {
  /** Null: none are running. */
  since: number | null
  longest: number
}

export function createClocks(report: Report): RunObserver {
  let run: RunView
  let honest: ReadonlySet<string> = new Set()
  /** The latest epoch that any honest peer has reached. */
  let reached = 0
  const progress: Progress[] = []
  const training: Training[] = []
  /** Since when a part of the overlay is as it is, by its members. */
  let calm = new Map<string, number>()

  /** Strangers that claim more than anybody honest has reached, and the liars f' that are allowed for. */
  function liarsOf({ clock, manifest, options }: SwarmState): { found: number; allowed: number } {
    const life = claimLifeMs(clock, manifest.clock, options.pulseMs)
    const now = clock.enteredAt // by its own clock, which may be wrong
    let found = 0
    let fresh = 0
    for (const [signer, claim] of clock.claims) {
      if (claim.leaving || now - claim.heardAt > life) continue
      fresh++
      if (!honest.has(signer) && claim.epoch > reached) found++
    }
    return { found, allowed: Math.min(manifest.clock.liars, Math.floor(fresh / 2)) }
  }

  function look(peer: RunPeer): void {
    const state = peer.state as SwarmState
    const { clock, own, manifest } = state
    const known = progress[peer.peer]
    const free = isUp(peer) && !state.trained && !own.sealing && !isListening(state) && !standsStill(state, run.now())
    if (known === undefined || known.epoch !== clock.epoch || !free) {
      progress[peer.peer] = { epoch: clock.epoch, since: run.now(), told: false }
      return
    }
    const { maxEpochMs, graceMs, aloneGraceMs } = manifest.clock
    const { since, longest } = training[peer.peer] ?? { since: null, longest: 0 }
    const steps = Math.max(longest, since === null ? 0 : run.now() - since)
    const slowest = SLOWEST_EPOCHS * maxEpochMs + graceMs + aloneGraceMs + steps
    if (known.told || run.now() - known.since <= slowest) return
    known.told = true
    report('I5', peer.peer, `no further than epoch ${clock.epoch} for ${Math.round(run.now() - known.since)} ms`)
  }

  function follow(peer: number, input: Input['type'], effects: readonly Effect[]): void {
    const of = training[peer]
    if (of === undefined) return
    if ((input === 'trained' || input === 'train-failed' || input === 'train-aborted') && of.since !== null) {
      of.longest = Math.max(of.longest, run.now() - of.since)
      of.since = null
    }
    if (effects.some(({ type }) => type === 'train')) of.since = run.now()
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
    onStart({ peer, state }) {
      training[peer] = { since: null, longest: training[peer]?.longest ?? 0 }
      reached = Math.max(reached, state!.clock.epoch)
    },
    onStep(peer, { input, effects }) {
      follow(peer.peer, input.type, effects)
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
