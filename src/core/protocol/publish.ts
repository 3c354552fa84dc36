/** The own part of an epoch: local steps, residual, one update. PROTOCOL.md, section 4 and R5. */
import { toFloat32 } from '../grid.js'
import { compress } from '../sparse/compress.js'
import { updateValues } from '../sparse/quantise.js'
import { subtract, takeIn } from '../sparse/residual.js'
import { ENVELOPE_OVERHEAD_BYTES } from '../wire/envelope.js'
import { encodeBody } from '../wire/update.js'
import { claimedEpoch } from './claims.js'
import { startsAt } from './clock.js'
import type { Effect, SealedDelta } from './effects.js'
import { countReachable, isListening, mayPublish, takesPart } from './expect.js'
import { drawLots, sharers } from './lots.js'
import { followSet } from './model.js'
import type { SwarmState, Work } from './state.js'

/** Takes finished local steps; in `async` a newer delta replaces one that still waits. */
export function finishWork(state: SwarmState, work: Work): void {
  const { own } = state
  own.training = false
  if (own.waiting !== null) state.counters.discardedSteps += own.waiting.steps
  own.waiting = work
  dropUseless(state)
}

/**
 * In sync mode work that cannot be published now is dropped: piled up it would overshoot. In either mode so is what was
 * begun before a history that this peer was not there for, and under lots what would wait for a later draw.
 */
function dropUseless(state: SwarmState): void {
  const { own, options, lots } = state
  if (own.waiting === null || own.sealing || takesPart(state)) return
  if (options.mode === 'sync' || own.resting || isListening(state) || !(lots.self || willTakePart(state)))
    dropWork(state)
}

/** Drawn in the next epoch, as far as can be told now. */
function willTakePart(state: SwarmState): boolean {
  return state.lots.selfNext && mayPublish(state, state.clock.epoch + 1)
}

export function dropWork(state: SwarmState): void {
  const { own, counters } = state
  if (own.waiting === null) return
  counters.discardedSteps += own.waiting.steps
  own.waiting = null
}

/** Local steps failed: this epoch goes on without an own update. */
export function giveUpWork(state: SwarmState): void {
  state.own.training = false
  state.own.doneEpoch = state.clock.epoch
  state.own.failedEpoch = state.clock.epoch
}

/** Publishes what waits, and starts local steps when they are due. */
export function driveWork(state: SwarmState, now: number, pulseMs: number): Effect[] {
  const { own, clock } = state
  const effects: Effect[] = []
  if (state.trained) {
    dropWork(state)
    return effects
  }
  drawLots(state, () => countReachable(state, now) + 1)
  dropUseless(state)
  const free = takesPart(state) && own.doneEpoch < clock.epoch && !own.sealing
  if (own.waiting !== null && free && isTimely(state, now, pulseMs)) effects.push(seal(state, own.waiting, now))
  if (!own.training && !own.observer && !own.resting && !isListening(state) && isDue(state)) {
    followSet(state.model, state.set)
    own.training = true
    effects.push({ type: 'train', params: toFloat32(state.model.params) })
  }
  return effects
}

/** Should local steps begin? Who is not drawn saves them: that is what lots are for. */
function isDue(state: SwarmState): boolean {
  const { own, clock, options, lots } = state
  const here = own.waiting === null && !own.sealing && own.doneEpoch < clock.epoch && takesPart(state)
  if (options.mode === 'sync') return here
  // What failed is tried again in the next epoch, not for ever in this one.
  if (own.failedEpoch >= clock.epoch) return false
  return lots.bits === 0 || here || (own.waiting === null && willTakePart(state))
}

/**
 * Is this the epoch that the others are in? An update for one long past would have to reach everybody by repair, and
 * whoever folds that epoch before it comes has another history for good.
 */
function isTimely({ clock, manifest }: SwarmState, now: number, pulseMs: number): boolean {
  if (now < startsAt(clock, manifest.clock)) return false
  return claimedEpoch(clock, manifest.clock, pulseMs, now) - clock.epoch <= manifest.clock.stalenessBound / 2
}

/** Bytes of one envelope: the epoch's budget shared by everyone who may publish. */
function envelopeBudget(state: SwarmState, now: number): number {
  const { gossip, limits } = state.manifest
  const around = countReachable(state, now) + 1
  return Math.min(limits.maxUpdateBytes, Math.floor(gossip.budgetBytes / sharers(state, around)))
}

function seal(state: SwarmState, work: Work, now: number): Effect {
  const { own, clock, manifest, lots } = state
  own.waiting = null
  own.sealing = true
  takeIn(own.residual, work.delta)
  own.taken = work
  const budget = envelopeBudget(state, now) - ENVELOPE_OVERHEAD_BYTES
  const delta = compress(own.residual, {
    maxBytes: Math.max(16, budget),
    valueBits: manifest.gossip.valueBits,
    maxNorm: manifest.limits.maxNorm,
    maxValueBits: manifest.limits.maxValueBits,
    epoch: clock.epoch,
    weight: own.weight
  })
  subtract(own.residual, delta)
  // Signed from here on, even if storing fails: a second, different signature for this epoch must never exist.
  own.signedEpoch = clock.epoch
  const body = encodeBody({ epoch: clock.epoch, drawBits: lots.bits, weight: own.weight, delta })
  return {
    type: 'seal',
    epoch: clock.epoch,
    drawBits: lots.bits,
    body,
    sparse: { indices: delta.indices, values: updateValues(delta) }
  }
}

/**
 * Nothing could be stored, so nothing is sent: the residual is what it was before this epoch. Its delta is not kept in it,
 * because piled up it overshoots.
 */
export function unseal(state: SwarmState, sparse: SealedDelta): void {
  const { own, counters } = state
  own.sealing = false
  own.doneEpoch = Math.max(own.doneEpoch, own.signedEpoch)
  const { taken } = own
  own.taken = null
  if (taken === null) return
  const back = taken.delta.map(value => -value)
  for (let j = 0; j < sparse.indices.length; j++) back[sparse.indices[j]!]! += sparse.values[j]!
  takeIn(own.residual, back)
  counters.discardedSteps += taken.steps
}

/** The residual holds again what this identity has sent in a life that this one does not remember: it is given up. */
export function loseResidual(state: SwarmState): void {
  const { own, counters } = state
  own.taken = null
  counters.lostResidual = Math.min(Number.MAX_SAFE_INTEGER, counters.lostResidual + magnitude(own.residual))
  own.residual.fill(0)
}

function magnitude(residual: Int32Array): number {
  let sum = 0
  for (const value of residual) sum += Math.abs(value)
  return sum
}
