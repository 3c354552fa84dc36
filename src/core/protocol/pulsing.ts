/** Claims and pulses: telling neighbours where the clock stands and what the set holds. PROTOCOL.md, section 5. */

import type { Claim } from '../wire/claim.js'
import { MAX_INTERVAL_MS, MAX_PULSE_CLAIMS, MAX_RECENT, MIN_INTERVAL_MS, type Pulse } from '../wire/pulse.js'
import { comparePulse, pulseDigests } from './antientropy.js'
import { type HeardClaim, hear } from './claims.js'
import type { Effect, VerifiedClaim } from './effects.js'
import { isListening, reachable, standsStill } from './expect.js'
import { chooseSnapshot, noteGap, wantReckonings } from './histories.js'
import { noteAgreement } from './listening.js'
import type { SwarmState } from './state.js'

/** Claims that wait to be passed on; of more, the oldest are forgotten, and come again by their signers' next ones. */
const MAX_RELAYS = 256

/** The window of recent digests, epochs: the staleness bound, as far as a pulse can tell of it. */
function recentWindow(state: SwarmState): number {
  return Math.min(state.manifest.clock.stalenessBound, MAX_RECENT)
}

/** First epoch whose updates are not taken yet, or that the own digests do not reach. */
export function horizon(state: SwarmState): number {
  return Math.min(state.clock.epoch + state.manifest.clock.stalenessBound, spanEnd(state)) + 1
}

/** Epochs beyond the retention that a chain of digests may span. */
const SPAN = 65_536

/**
 * The own epoch, or where a chain of digests from the base still ends in good time: before a snapshot comes, a peer may
 * stand a million epochs after all it knows, or where a liar has dragged it who was its only neighbour.
 */
export function comparableEpoch(state: SwarmState): number {
  return Math.min(state.clock.epoch, spanEnd(state))
}

function spanEnd({ set, manifest }: SwarmState): number {
  return set.base + manifest.limits.retentionEpochs + SPAN
}

/** Longest time between the pulses of a peer that has nothing left to tell, milliseconds. */
const IDLE_MS = 16_000

/** Milliseconds to the next pulse: sooner while the end is being settled, and ever later once it is, or while all rest. */
function nextInterval(state: SwarmState, now: number): number {
  const { pulseMs } = state.options
  if (!state.trained && !standsStill(state, now)) return pulseMs
  if (!allEqual(state, now)) return state.trained ? Math.ceil(pulseMs / 4) : pulseMs
  return Math.max(pulseMs, Math.min(IDLE_MS, 2 * state.pulseEveryMs))
}

/** There is something to tell: the next pulse comes within `ms`, and pulses are as frequent as at first. */
export function pulseSoon(state: SwarmState, now: number, ms: number): void {
  state.pulseEveryMs = Math.min(state.pulseEveryMs, state.options.pulseMs)
  state.pulseAt = Math.min(state.pulseAt, now + ms)
}

/** There are reachable neighbours, and each has told of an equal set. Who is silent keeps nobody from settling. */
export function allEqual(state: SwarmState, now: number): boolean {
  const around = reachable(state, now)
  return around.length > 0 && around.every(peer => state.neighbours.get(peer)!.comparison.equal)
}

/** The own set changed, or its last epoch closed: earlier pulses no longer show that a neighbour has all of it. */
export function forgetEqual(state: SwarmState): void {
  for (const { comparison } of state.neighbours.values()) comparison.equal = false
}

/** A pulse to all neighbours; to nobody it is not sent. */
export function makePulse(state: SwarmState, now: number, leaving = false): Effect[] {
  const to = [...state.neighbours.keys()]
  state.pulseEveryMs = nextInterval(state, now)
  state.pulseAt = now + state.pulseEveryMs
  state.toldEpoch = Math.max(state.toldEpoch, state.clock.epoch)
  if (to.length === 0) return []
  const relayed: Uint8Array[] = []
  for (const [signer, envelope] of state.relays) {
    if (relayed.length === MAX_PULSE_CLAIMS - 1) break
    relayed.push(envelope)
    state.relays.delete(signer)
  }
  state.claims++
  const { own, clock } = state
  // Whoever rests or listens publishes nothing for now, nor in the epoch in which it ends: nobody should wait for it.
  const observer = own.observer || own.resting || isListening(state) || clock.epoch < own.watchUntil
  const claim = { epoch: clock.epoch, counter: state.claims, leaving, observer }
  // Once all is equal the root tells it all, in fewer bytes.
  const window = state.trained && allEqual(state, now) ? 0 : recentWindow(state)
  const digests = {
    intervalMs: Math.min(MAX_INTERVAL_MS, Math.max(MIN_INTERVAL_MS, state.pulseEveryMs)),
    ...pulseDigests(state.set, comparableEpoch(state), window)
  }
  return [{ type: 'pulse', to, claim, digests, relayed }]
}

/** Which claims of a pulse are worth checking a signature for. */
export function isNews(state: SwarmState, signer: string, claim: VerifiedClaim['claim']): boolean {
  const known = state.clock.claims.get(signer)
  if (signer === state.options.self) return claim.epoch > state.own.signedEpoch && claim.epoch > state.clock.epoch
  return (
    known === undefined || claim.epoch > known.epoch || (claim.epoch === known.epoch && claim.counter > known.counter)
  )
}

/** Takes in a neighbour's pulse. */
export function hearPulse(
  state: SwarmState,
  from: string,
  pulse: Pulse,
  claims: readonly VerifiedClaim[],
  now: number
): Effect[] {
  const neighbour = state.neighbours.get(from)
  for (const { signer, claim, envelope } of claims) {
    if (signer === state.options.self) {
      // An own claim from before a restart: never sign for an epoch that may have been used.
      state.own.signedEpoch = Math.max(state.own.signedEpoch, claim.epoch)
      continue
    }
    const before = state.clock.claims.get(signer)
    if (!hear(state.clock, signer, claim, now, signer === from)) continue
    if (signer === from && neighbour !== undefined) {
      neighbour.leaving = claim.leaving
      neighbour.observer = claim.observer
    }
    if (isWorthPassingOn(state, signer, before, claim)) {
      state.relays.delete(signer)
      state.relays.set(signer, envelope)
      if (state.relays.size > MAX_RELAYS) state.relays.delete(state.relays.keys().next().value!)
    }
  }
  if (neighbour === undefined) return []
  neighbour.pulsedAt = now
  neighbour.intervalMs = pulse.intervalMs
  const needed = state.trained ? state.clock.epoch : 0
  const atOnce = state.own.listeningSince !== null
  comparePulse(state.set, neighbour.comparison, pulse, horizon(state), needed, atOnce)
  noteAgreement(state, neighbour, pulse, now)
  noteGap(state, now)
  wantReckonings(state, neighbour.comparison)
  return chooseSnapshot(state, now)
}

/**
 * Authors' updates tell their epochs to everybody, and neighbours' pulses those of the rest: passed on are goodbyes, authors
 * that begin or end to rest, and clocks further on than anybody here has heard. With every claim, pulses would grow with the
 * swarm.
 */
function isWorthPassingOn(state: SwarmState, signer: string, before: HeardClaim | undefined, claim: Claim): boolean {
  if (claim.leaving !== (before?.leaving ?? false)) return true
  if (claim.observer !== (before?.observer ?? false) && state.lots.known.has(signer)) return true
  const known = Math.max(before?.epoch ?? 0, state.clock.epoch)
  return claim.epoch - known > state.manifest.clock.stalenessBound
}
