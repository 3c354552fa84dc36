/** Going from epoch to epoch: what the clock decides, done. PROTOCOL.md, section 5. */
import { forgetMine, keepMine } from './carry.js'
import { decide, enter, goBack } from './clock.js'
import type { Effect } from './effects.js'
import { attendance, countReachable, isListening, ownDone, reachable, standsStill } from './expect.js'
import { listen, listensUntil } from './listening.js'
import { fold, followSet, forgetBefore } from './model.js'
import { dropWork } from './publish.js'
import { forgetEqual, makePulse } from './pulsing.js'
import type { SwarmState } from './state.js'

/** Bases are multiples of this, so that neighbours mostly share one and can confirm each other's snapshots. */
const BASE_STEP = 32
/** Epochs that folding waits for neighbours whose old epochs differ; then they may be making it up. */
const FOLD_PATIENCE = 2 * BASE_STEP

interface Driven {
  readonly moved: boolean
  readonly effects: readonly Effect[]
  /** When to look again, milliseconds. */
  readonly wakeAt: number
}

/** Advances or jumps as far as the clock says. @returns also whether the clock stands still, where it has not moved */
export function driveClock(state: SwarmState, now: number): Driven & { readonly still: boolean } {
  if (state.trained) return { moved: false, effects: [], wakeAt: Number.POSITIVE_INFINITY, still: false }
  const { clock, manifest, options } = state
  if (clock.firstNeighbourAt === null && state.neighbours.size > 0) clock.firstNeighbourAt = now
  const seen = attendance(state, now)
  const view = {
    updates: seen.updates,
    expected: seen.expected,
    ownDone: ownDone(state),
    reachable: countReachable(state, now)
  }
  const still = standsStill(state, now, seen)
  const decision = decide(clock, manifest.clock, view, options.pulseMs, now)
  if (decision.kind === 'wait') return { moved: false, effects: [], wakeAt: decision.until, still }
  if (decision.kind === 'back') return { ...returnTo(state, decision.to, now), still }
  // Who does not know whom to wait for must not set the pace: it follows the others' claims only.
  if (decision.kind === 'advance' && isListening(state))
    return { moved: false, effects: [], wakeAt: listensUntil(state) + 1, still }
  if (decision.kind === 'advance' && still)
    return { moved: false, effects: [], wakeAt: Number.POSITIVE_INFINITY, still }

  const end = manifest.stop.epochs ?? Number.POSITIVE_INFINITY
  const to = Math.min(end, decision.kind === 'jump' ? decision.to : clock.epoch + 1)
  const effects: Effect[] = [
    {
      type: 'closed',
      epoch: clock.epoch,
      next: to,
      closedBy: decision.kind === 'jump' ? 'jump' : decision.closedBy,
      updates: seen.updates,
      expected: seen.expected,
      durationMs: now - clock.enteredAt
    }
  ]
  if (to - clock.epoch > manifest.clock.stalenessBound) {
    // A far jump: this peer was not there. It first learns what happened, then takes part from the next epoch on.
    state.own.watchUntil = to + 1
    listen(state, now)
    state.own.missedFrom ??= clock.epoch
  }
  const { liveWindow } = manifest.aggregation
  // Who trains follows anyway. The others do it once a window, while they still have its updates decoded: done at every epoch,
  // each update that comes late would take its epoch out and put it in again.
  if (Math.floor(to / liveWindow) > Math.floor(clock.epoch / liveWindow)) followSet(state.model, state.set)
  enter(clock, to, now)
  forgetBefore(state.model, to - liveWindow)
  effects.push(...foldOld(state, now))
  if (to >= end) {
    state.trained = true
    forgetEqual(state)
    effects.push({ type: 'trained', epoch: to }, ...makePulse(state, now))
  } else if (to - state.toldEpoch > Math.max(1, manifest.clock.stalenessBound / 4)) {
    // No own update told the others of this clock lately.
    effects.push(...makePulse(state, now))
  }
  return { moved: true, effects, wakeAt: now, still }
}

/**
 * This peer has been ahead of everybody for long: it was dragged there while it knew too few to tell, or its clock ran
 * alone. It goes back and follows. What it signed there stays signed: it publishes again when the swarm has come past it.
 */
function returnTo(state: SwarmState, to: number, now: number): Driven {
  const { clock, own, set } = state
  const from = clock.epoch
  const lead = `this peer is at epoch ${from} and all the others it hears are at ${to} or before`
  if (set.base > to) {
    // Its params hold updates of epochs that the others have not reached, and cannot give them up.
    clock.heldSince = now
    const effects: Effect[] = state.warned.has(AHEAD) ? [] : [{ type: 'warn', message: `${lead}; it waits for them` }]
    state.warned.add(AHEAD)
    return { moved: false, effects, wakeAt: now + state.manifest.clock.maxEpochMs }
  }
  goBack(clock, to, now)
  dropWork(state)
  own.doneEpoch = Math.min(own.doneEpoch, to - 1)
  own.failedEpoch = Math.min(own.failedEpoch, to - 1)
  own.watchUntil = to + 1
  // It was not with the others on their way to where they are.
  listen(state, now)
  own.missedFrom = Math.min(own.missedFrom ?? to, to)
  state.toldEpoch = -1
  forgetEqual(state)
  const after = own.signedEpoch >= to ? `, and publishes after epoch ${own.signedEpoch}` : ''
  return {
    moved: true,
    effects: [{ type: 'warn', message: `${lead}; it goes back and follows them${after}` }, ...makePulse(state, now)],
    wakeAt: now
  }
}

/** Told about once. */
const AHEAD = 'ahead'

/** Keeps the raw updates of the retention, within its bytes, and never less than late updates can still change. */
function foldOld(state: SwarmState, now: number): Effect[] {
  const { set, clock, manifest } = state
  const { retentionEpochs, retentionBytes } = manifest.limits
  const effects: Effect[] = []
  const foldTo = (base: number) => {
    keepMine(state, base)
    fold(state.model, set, base)
    forgetMine(state)
    effects.push({ type: 'folded', base })
  }
  const aligned = (epoch: number) => Math.max(0, Math.floor(epoch / BASE_STEP) * BASE_STEP)
  const wanted = aligned(clock.epoch - retentionEpochs - (isUnmerged(state, now) ? FOLD_PATIENCE : 0))
  if (wanted > set.base && state.own.missedFrom === null) foldTo(wanted)
  const least = clock.epoch - manifest.clock.stalenessBound - manifest.aggregation.liveWindow
  while (set.bytes > retentionBytes && set.base + BASE_STEP <= least) foldTo(set.base + BASE_STEP)
  return effects
}

/** A neighbour's old epochs differ: what is folded before they are one again is two histories for good. */
function isUnmerged(state: SwarmState, now: number): boolean {
  return reachable(state, now).some(peer => state.neighbours.get(peer)!.comparison.oldDiffered)
}
