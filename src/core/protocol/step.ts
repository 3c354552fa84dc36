/**
 * One peer of a swarm as a function: (state, input, now) → effects. It owns and mutates its state and touches nothing
 * else; the shell runs the effects, and the simulator runs the same function. ARCHITECTURE.md.
 */
import { toHex } from '../bytes.js'
import { driveClock } from './advance.js'
import { compareRanges, nextQuestion, questionAnswered, questionFailed } from './antientropy.js'
import type { DigestsRequest, Effect, Input, StepResult } from './effects.js'
import { ingest, join } from './ingest.js'
import { listensUntil, stopListening } from './listening.js'
import { headersFromWire } from './live.js'
import { markDirty } from './model.js'
import { driveWork, finishWork, giveUpWork, unseal } from './publish.js'
import { allEqual, hearPulse, makePulse, pulseSoon } from './pulsing.js'
import { chainDigest, createSet, insertUpdate, updatesOf } from './set.js'
import { createModelAt, createNeighbour, type SwarmState } from './state.js'
import type { Verdict } from './verdict.js'

/** @param now milliseconds of the peer's monotonic clock, never less than at the call before */
export function step(state: SwarmState, input: Input, now: number): StepResult {
  const effects: Effect[] = []
  const verdict = apply(state, input, now, effects)
  const wakeAt = drive(state, now, effects)
  return verdict === undefined ? { effects, wakeAt } : { effects, wakeAt, verdict }
}

function apply(state: SwarmState, input: Input, now: number, effects: Effect[]): Verdict | undefined {
  switch (input.type) {
    case 'tick':
      return undefined
    case 'leave':
      effects.push(...makePulse(state, now, true))
      return undefined
    case 'neighbour':
      if (!input.connected) state.neighbours.delete(input.peer)
      else if (!state.neighbours.has(input.peer)) {
        state.neighbours.set(input.peer, createNeighbour(now, state.options.pulseMs))
        pulseSoon(state, now, 0) // introduce oneself
      }
      return undefined
    case 'update': {
      const { verdict, effects: more } = ingest(state, input.candidate, input.from, input.via, now)
      effects.push(...more)
      return verdict
    }
    case 'pulse':
      effects.push(...hearPulse(state, input.from, input.pulse, input.claims, now))
      return undefined
    case 'trained':
      state.own.loss = input.loss
      finishWork(state, input)
      return undefined
    case 'train-failed':
      giveUpWork(state)
      return undefined
    case 'sealed': {
      const { update } = input.candidate
      join(state, input.candidate)
      state.own.sealing = false
      state.own.taken = null
      state.own.doneEpoch = Math.max(state.own.doneEpoch, update.epoch)
      state.toldEpoch = Math.max(state.toldEpoch, update.epoch)
      effects.push({ type: 'gossip', envelope: update.envelope })
      return undefined
    }
    case 'seal-failed':
      unseal(state, input.sparse)
      return undefined
    case 'digests': {
      const comparison = state.neighbours.get(input.from)?.comparison
      if (comparison === undefined) return undefined
      comparison.asking = false
      compareRanges(state.set, comparison, input.request, input.digests)
      warnOfOldDifference(state, input.from, input.request, now, effects)
      return undefined
    }
    case 'missing-done': {
      const comparison = state.neighbours.get(input.from)?.comparison
      if (comparison === undefined) return undefined
      questionAnswered(comparison, input.request, input.accepted, input.more)
      // Catching up goes on as long as something comes of it.
      if (input.accepted > 0 && state.own.listeningSince !== null) state.own.listeningSince = now
      return undefined
    }
    case 'question-failed': {
      const comparison = state.neighbours.get(input.from)?.comparison
      if (comparison !== undefined) questionFailed(comparison, input.request)
      return undefined
    }
    case 'snapshot':
      adoptSnapshot(state, input, now, effects)
      return undefined
    case 'snapshot-failed':
      state.fetching = false
      return undefined
  }
}

/** Works off everything that is due. @returns when the next tick is due */
function drive(state: SwarmState, now: number, effects: Effect[]): number {
  const { options } = state
  if (now > listensUntil(state)) stopListening(state, now) // nobody answers; training on what is known beats waiting for ever
  let wakeAt = Number.POSITIVE_INFINITY
  for (;;) {
    effects.push(...driveWork(state, now, options.pulseMs))
    const clock = driveClock(state, now)
    effects.push(...clock.effects)
    wakeAt = clock.wakeAt
    if (!clock.moved) break
  }
  for (const [peer, { comparison }] of state.neighbours) {
    const request = nextQuestion(state.set, comparison)
    if (request === undefined) continue
    comparison.asking = true
    effects.push({ type: 'ask', to: peer, request })
  }
  if (state.trained && !allEqual(state, now)) pulseSoon(state, now, options.pulseMs / 4)
  if (now >= state.pulseAt) effects.push(...makePulse(state, now))
  settle(state, now, effects)
  return Math.min(wakeAt, state.pulseAt)
}

/** Tells, after the end, that all reachable neighbours have the same set. */
function settle(state: SwarmState, now: number, effects: Effect[]): void {
  if (!state.trained || !allEqual(state, now)) return
  const digest = setDigest(state)
  if (state.settled === digest) return
  state.settled = digest
  effects.push({ type: 'settled', setDigest: digest })
}

/** Digest of the whole set, 64 hex digits; sets that are equal at equal epochs have equal digests. */
export function setDigest(state: SwarmState): string {
  return toHex(chainDigest(state.set, Math.max(state.set.base, state.clock.epoch + (state.trained ? 0 : 1))))
}

/** The whole common retention is equal and the chain is not: the difference lies in what both have folded. */
function warnOfOldDifference(
  state: SwarmState,
  from: string,
  request: DigestsRequest,
  now: number,
  effects: Effect[]
): void {
  const comparison = state.neighbours.get(from)?.comparison
  if (comparison === undefined || state.warned.has(from) || !comparison.oldDiffered) return
  if (state.own.missedFrom !== null) return // still catching up
  const since = Math.max(state.set.base, comparison.base)
  if (since === 0 || request.from !== since || comparison.ranges.length > 0 || comparison.epochs.size > 0) return
  // The other may be catching up, which takes it as long as listening lasts.
  comparison.unmergeableSince ??= now
  if (now - comparison.unmergeableSince <= 2 * state.manifest.clock.maxEpochMs) return
  state.warned.add(from)
  effects.push({
    type: 'warn',
    message: `${from.slice(0, 12)} has another history before epoch ${since}, which is no longer kept; its model differs`
  })
}

/** Starts over from a snapshot: this peer was away longer than its neighbours keep raw updates. */
function adoptSnapshot(state: SwarmState, input: Input & { type: 'snapshot' }, now: number, effects: Effect[]): void {
  state.fetching = false
  const { snapshot } = input
  // Meanwhile another neighbour may have told it all.
  if (snapshot.epoch <= (state.own.missedFrom ?? state.clock.epoch) || snapshot.epoch <= state.set.base) return
  const old = state.set
  state.set = createSet(snapshot.epoch, snapshot.chain)
  state.model = createModelAt(state.manifest, state.membership, snapshot.params, headersFromWire(snapshot.live))
  for (const [epoch, { entries }] of old.epochs) {
    if (epoch < snapshot.epoch) continue
    for (const entry of entries.values()) for (const update of updatesOf(entry)) insertUpdate(state.set, update)
    markDirty(state.model, epoch)
  }
  state.own.listeningSince = now
  state.own.watchUntil = Math.max(state.own.watchUntil, snapshot.epoch + 1)
  warnOfDoubt(state, snapshot.epoch, input.confirmedBy, effects)
}

/** Once for each time the peer was away: while it catches up, the base of the others goes on, and another snapshot comes. */
function warnOfDoubt(state: SwarmState, epoch: number, confirmedBy: number, effects: Effect[]): void {
  const { clock, limits } = state.manifest
  if (confirmedBy >= clock.liars + 1) return
  if (state.doubtedSnapshot !== null && epoch - state.doubtedSnapshot <= limits.retentionEpochs) return
  state.doubtedSnapshot = epoch
  const who = confirmedBy === 0 ? '1 peer vouches' : `${confirmedBy + 1} peers vouch`
  effects.push({
    type: 'warn',
    message: `joined from a snapshot of epoch ${epoch}, for which only ${who}; connect to more peers to have it confirmed`
  })
}
