/** Who is there, and whose updates an epoch waits for. PROTOCOL.md, section 5. */
import { CLAIM_PULSES } from './clock.js'
import { type LiveAuthor, liveAuthors } from './live.js'
import { countedUpdates, countOf } from './set.js'
import type { Neighbour, SwarmState } from './state.js'

/** After a restart or a far jump a peer first catches up. */
export function isListening(state: SwarmState): boolean {
  return state.fetch?.why === 'join' || state.own.listeningSince !== null
}

/** Does this peer train and publish at the current epoch? */
export function takesPart(state: SwarmState): boolean {
  return mayPublish(state, state.clock.epoch) && state.lots.self
}

/** Nothing but its lot keeps this peer from publishing at `epoch`, were it there. */
export function mayPublish(state: SwarmState, epoch: number): boolean {
  const { own, manifest } = state
  if (own.observer || isListening(state) || epoch < own.watchUntil || epoch <= own.signedEpoch) return false
  return manifest.stop.epochs === null || epoch < manifest.stop.epochs
}

/** Nothing of the own is still to come in the current epoch. */
export function ownDone(state: SwarmState): boolean {
  const { own, clock } = state
  return own.doneEpoch >= clock.epoch || !(takesPart(state) || own.sealing)
}

/** Live authors at the current epoch; remembered until set or epoch change. */
export function liveNow(state: SwarmState): ReadonlyMap<string, LiveAuthor> {
  const { set, model, clock, manifest, live } = state
  if (live?.set === set && live.version === set.version && live.epoch === clock.epoch) return live.authors
  const { liveWindow } = manifest.aggregation
  const authors = liveAuthors(set, model.folded, clock.epoch, liveWindow, manifest.limits.maxAuthors)
  state.live = { set, version: set.version, epoch: clock.epoch, authors }
  return authors
}

/** Neighbours that pulsed lately, or have not had the time to. */
export function reachable(state: SwarmState, now: number): string[] {
  const out: string[] = []
  for (const [peer, neighbour] of state.neighbours) if (isReachable(neighbour, now)) out.push(peer)
  return out
}

/** How many {@link reachable} neighbours there are. Asked for at every input. */
export function countReachable({ neighbours }: SwarmState, now: number): number {
  let count = 0
  for (const neighbour of neighbours.values()) if (isReachable(neighbour, now)) count++
  return count
}

function isReachable({ leaving, pulsedAt, since, intervalMs }: Neighbour, now: number): boolean {
  return !leaving && now - (pulsedAt ?? since) <= CLAIM_PULSES * intervalMs
}

/** How many updates of the current epoch are in, and how many are expected. */
export function attendance(state: SwarmState, now: number): { updates: number; expected: number } {
  const { clock, lots, manifest } = state
  const updates = countOf(state.set, clock.epoch, manifest.limits.maxAuthors)
  const expected = clock.epoch < manifest.aggregation.liveWindow ? expectedAtFirst(state, now) : expectedLater(state)
  // Knowing of nobody is not the same as knowing that nobody is drawn: such an epoch takes its time.
  const somebody = lots.known.size === 0 && updates === 0 ? 1 : 0
  return { updates, expected: Math.max(expected, somebody) }
}

/** While the window is not full, whoever is there or has come counts too. */
function expectedAtFirst(state: SwarmState, now: number): number {
  const { clock, lots, manifest, membership, options } = state
  const expected = new Set<string>()
  for (const author of lots.drawn) if (!clock.left.has(author)) expected.add(author)
  for (const peer of reachable(state, now))
    if (!state.neighbours.get(peer)!.observer && membership.draws.isDrawn(clock.epoch, peer, lots.bits))
      expected.add(peer)
  // Under lots, strangers stand for those who come.
  if (lots.bits === 0)
    for (const { author } of countedUpdates(state.set, clock.epoch, manifest.limits.maxAuthors))
      if (!clock.left.has(author)) expected.add(author)
  if (takesPart(state)) expected.add(options.self)
  return expected.size + lots.strangers
}

/** How many of the known authors that are drawn are neighbours which say that they publish nothing now, and do not. */
function countWatching({ clock, lots, neighbours, set, manifest }: SwarmState): number {
  let count = 0
  for (const [peer, { observer }] of neighbours) {
    if (!observer || clock.left.has(peer) || !lots.known.has(peer) || !lots.drawn.includes(peer)) continue
    const updates = countedUpdates(set, clock.epoch, manifest.limits.maxAuthors)
    if (!updates.some(({ author }) => author === peer)) count++
  }
  return count
}

/**
 * The known authors that are drawn, or as large a part of them as is still there: who published in one epoch of five lately
 * is a fifth of an author, whether it is slow or gone.
 */
function expectedLater(state: SwarmState): number {
  const { clock, lots, options } = state
  let drawn = lots.drawn.length
  for (const author of clock.left) if (lots.known.has(author) && lots.drawn.includes(author)) drawn--
  drawn -= countWatching(state)
  const present = Math.min(1, lots.participants / Math.max(1, lots.known.size))
  const newHere = takesPart(state) && !lots.known.has(options.self) ? 1 : 0
  return Math.ceil(drawn * present) + newHere + lots.strangers
}
