/** Who is there, and whose updates an epoch waits for. PROTOCOL.md, section 5. */
import { fromHex } from '../bytes.js'
import { isDrawn } from './admit.js'
import { CLAIM_PULSES } from './clock.js'
import { type LiveAuthor, liveAuthors } from './live.js'
import { countedUpdates } from './set.js'
import type { SwarmState } from './state.js'

/** After a restart or a far jump a peer first catches up. */
export function isListening(state: SwarmState): boolean {
  return state.fetching || state.own.listeningSince !== null
}

/** Does this peer train and publish at `epoch`, were it there? */
export function takesPart(state: SwarmState, epoch: number): boolean {
  const { own, manifest, membership, options } = state
  if (own.observer || isListening(state) || epoch < own.watchUntil || epoch <= own.signedEpoch) return false
  if (manifest.stop.epochs !== null && epoch >= manifest.stop.epochs) return false
  const { minBits } = manifest.lots
  return minBits === 0 || isDrawn(membership.swarm, epoch, fromHex(options.self), minBits)
}

/** Nothing of the own is still to come in the current epoch. */
export function ownDone(state: SwarmState): boolean {
  const { own, clock } = state
  return own.doneEpoch >= clock.epoch || !(takesPart(state, clock.epoch) || own.sealing)
}

/** Live authors at the current epoch. Asked for at every input, so remembered until set or epoch change. */
export function liveNow(state: SwarmState): ReadonlyMap<string, LiveAuthor> {
  const { set, model, clock, manifest, live } = state
  if (live?.set === set && live.version === set.version && live.epoch === clock.epoch) return live.authors
  const { liveWindow } = manifest.aggregation
  const authors = liveAuthors(set, model.folded, clock.epoch, liveWindow, manifest.limits.maxAuthors)
  state.live = { set, version: set.version, epoch: clock.epoch, authors }
  return authors
}

/** Neighbours that pulsed lately, or have not had the time to. */
export function reachable(state: SwarmState, now: number, pulseMs: number): string[] {
  const out: string[] = []
  for (const [peer, neighbour] of state.neighbours)
    if (!neighbour.leaving && now - (neighbour.pulsedAt ?? neighbour.since) <= CLAIM_PULSES * pulseMs) out.push(peer)
  return out
}

/** How many updates of the current epoch are in, and how many are expected. */
export function attendance(state: SwarmState, now: number): { updates: number; expected: number } {
  const { clock, manifest, membership, options } = state
  const expected = new Set<string>()
  const drawn = (author: string, drawBits: number) =>
    drawBits === 0 || isDrawn(membership.swarm, clock.epoch, fromHex(author), drawBits)
  const live = liveNow(state)
  for (const [author, { drawBits }] of live)
    if (!clock.claims.get(author)?.leaving && drawn(author, drawBits)) expected.add(author)
  if (clock.epoch < manifest.aggregation.liveWindow)
    for (const peer of reachable(state, now, options.pulseMs))
      if (!state.neighbours.get(peer)!.observer && drawn(peer, manifest.lots.minBits)) expected.add(peer)
  const counted = countedUpdates(state.set, clock.epoch, manifest.limits.maxAuthors)
  if (takesPart(state, clock.epoch)) expected.add(options.self)
  // Knowing of nobody is not the same as knowing that nobody is drawn: such an epoch takes its time.
  const somebody = live.size === 0 ? 1 : 0
  return { updates: counted.length, expected: Math.max(expected.size, somebody) }
}
