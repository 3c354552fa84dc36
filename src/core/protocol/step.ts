/**
 * One peer of a swarm as a function: (state, input, now) → effects. It owns and mutates its state and touches nothing
 * else; the shell runs the effects, and the simulator runs the same function. ARCHITECTURE.md.
 */
import { toHex } from '../bytes.js'
import { adopt } from './adopt.js'
import { driveClock } from './advance.js'
import { chainAnswered, compareRanges, nextQuestion, questionAnswered, questionFailed } from './antientropy.js'
import { carryLate } from './carry.js'
import type { Effect, Input, StepResult } from './effects.js'
import { chooseHistory, chooseSnapshot, giveUpFetch, noteBelow, noteGap } from './histories.js'
import { ingest, join } from './ingest.js'
import { endListening, listensUntil, stopListening } from './listening.js'
import { driveWork, finishWork, giveUpWork, unseal } from './publish.js'
import { allEqual, comparableEpoch, hearPulse, makePulse, pulseSoon } from './pulsing.js'
import { abortWork, setResting } from './rest.js'
import { chainDigest } from './set.js'
import { createNeighbour, type SwarmState } from './state.js'
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
    case 'train-aborted':
      abortWork(state, input.steps)
      return undefined
    case 'rest':
      setResting(state, input.resting, now)
      return undefined
    case 'sealed': {
      const { update } = input.candidate
      if (join(state, input.candidate) === 'before-base') carryLate(state, update)
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
      const neighbour = state.neighbours.get(input.from)
      if (neighbour === undefined) return undefined
      const { comparison } = neighbour
      comparison.asking = false
      compareRanges(state.set, comparison, input.request, input.digests)
      noteBelow(state, input.from, input.request, input.digests, now)
      endListening(state, neighbour, now)
      return undefined
    }
    case 'missing-done': {
      const neighbour = state.neighbours.get(input.from)
      if (neighbour === undefined) return undefined
      questionAnswered(neighbour.comparison, input.request, input.accepted, input.more)
      if (!input.more) for (const { epoch } of input.request.epochs) neighbour.owes?.delete(epoch)
      // Catching up goes on as long as something comes of it.
      if (input.accepted > 0 && state.own.listeningSince !== null) state.own.listeningSince = now
      endListening(state, neighbour, now)
      return undefined
    }
    case 'chain': {
      const comparison = state.neighbours.get(input.from)?.comparison
      if (comparison === undefined) return undefined
      chainAnswered(comparison, input.request, input.answer)
      effects.push(...chooseSnapshot(state, now), ...chooseHistory(state, now))
      return undefined
    }
    case 'question-failed': {
      const comparison = state.neighbours.get(input.from)?.comparison
      if (comparison !== undefined) questionFailed(comparison, input.request)
      return undefined
    }
    case 'snapshot':
      effects.push(...adopt(state, input.snapshot, input.made, now))
      return undefined
    case 'snapshot-failed':
      giveUpFetch(state)
      return undefined
  }
}

/** Works off everything that is due. @returns when the next tick is due */
function drive(state: SwarmState, now: number, effects: Effect[]): number {
  const { options } = state
  if (now > listensUntil(state)) stopListening(state, now) // nobody answers; training on what is known beats waiting for ever
  let clock: ReturnType<typeof driveClock>
  do {
    effects.push(...driveWork(state, now, options.pulseMs))
    clock = driveClock(state, now)
    effects.push(...clock.effects)
  } while (clock.moved)
  const { wakeAt, still } = clock
  if (still !== state.still) {
    state.still = still
    effects.push({ type: 'still', epoch: state.clock.epoch, still })
  }
  noteGap(state, now) // nobody was believed before the start was over
  for (const [peer, { comparison }] of state.neighbours) {
    const request = nextQuestion(state.set, comparison, state.fetch?.why === 'join')
    if (request === undefined) continue
    comparison.asking = true
    effects.push({ type: 'ask', to: peer, request })
  }
  if (state.trained) {
    if (!allEqual(state, now)) pulseSoon(state, now, options.pulseMs / 4)
  } else if (!still) pulseSoon(state, now, options.pulseMs)
  if (now >= state.pulseAt) effects.push(...makePulse(state, now))
  settle(state, now, effects)
  return Math.min(wakeAt, state.pulseAt)
}

/** Tells, after the end and while all rest, that all reachable neighbours have the same set. */
function settle(state: SwarmState, now: number, effects: Effect[]): void {
  if (!(state.trained || (state.still && state.own.resting)) || !allEqual(state, now)) return
  const digest = setDigest(state)
  if (state.settled === digest) return
  state.settled = digest
  effects.push({ type: 'settled', setDigest: digest })
}

/**
 * Digest of the whole set, 64 hex digits; sets that are equal at equal epochs have equal digests. Where clocks stand still they do
 * so an epoch apart, so that there it goes as far as there are updates.
 */
export function setDigest(state: SwarmState): string {
  if (state.still) return toHex(chainDigest(state.set, lastEpoch(state) + 1))
  return toHex(chainDigest(state.set, Math.max(state.set.base, comparableEpoch(state) + (state.trained ? 0 : 1))))
}

/** The newest epoch with an update; that before the base when there is none. */
function lastEpoch({ set }: SwarmState): number {
  let last = set.base - 1
  for (const epoch of set.epochs.keys()) last = Math.max(last, epoch)
  return last
}
