/** Who is there, and whose updates an epoch waits for. PROTOCOL.md, section 5. */
import { CLAIM_PULSES, claimedEpoch } from './claims.js'
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
  if (own.observer || own.resting || isListening(state) || epoch < own.watchUntil || epoch <= own.signedEpoch)
    return false
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
export interface Attendance {
  readonly updates: number
  readonly expected: number
}

export function attendance(state: SwarmState, now: number): Attendance {
  const { clock, lots, manifest } = state
  const updates = countOf(state.set, clock.epoch, manifest.limits.maxAuthors)
  const expected = clock.epoch < manifest.aggregation.liveWindow ? expectedAtFirst(state, now) : expectedLater(state)
  // Knowing of nobody is not the same as knowing that nobody is drawn: such an epoch takes its time. Who rests has all of it.
  const somebody = lots.known.size === 0 && updates === 0 && !state.own.resting ? 1 : 0
  return { updates, expected: Math.max(expected, somebody) }
}

/**
 * Nobody is expected to publish, nobody has from here on, and this peer will not: where all rest the clock stands still rather
 * than running to the manifest's end without anybody's training. Whoever trains again moves it on by its updates. Where the
 * others have come to the end, the last epoch is no place to stand: nothing else would bring this peer there.
 * @param seen the attendance, where it is known already
 */
export function standsStill(state: SwarmState, now: number, seen?: Attendance): boolean {
  const { own, trained, clock, set, manifest, options } = state
  if (trained || !(own.resting || own.observer)) return false
  if (claimedEpoch(clock, manifest.clock, options.pulseMs, now) >= (manifest.stop.epochs ?? Number.POSITIVE_INFINITY))
    return false
  const { updates, expected } = seen ?? attendance(state, now)
  if (updates > 0 || expected > 0) return false
  for (let ahead = 1; ahead <= manifest.clock.stalenessBound; ahead++)
    if (set.epochs.has(clock.epoch + ahead)) return false
  return true
}

/** While the window is not full, whoever is there or has come counts too. */
function expectedAtFirst(state: SwarmState, now: number): number {
  const { clock, lots, manifest, membership, options } = state
  const expected = new Set<string>()
  const away = awayNow(state)
  for (const author of lots.drawn) if (!away.has(author)) expected.add(author)
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

const NOBODY: ReadonlySet<string> = new Set()

/** Known authors that have left, or that say that they publish nothing now and have not. */
function awayNow({ clock, lots, set, manifest, options, own }: SwarmState): ReadonlySet<string> {
  // Asked for at every input.
  if (clock.watching.size === 0 && clock.left.size === 0 && !own.resting) return NOBODY
  const away = new Set<string>()
  for (const author of clock.watching) if (lots.known.has(author)) away.add(author)
  if (own.resting && lots.known.has(options.self)) away.add(options.self)
  if (away.size > 0)
    for (const { author } of countedUpdates(set, clock.epoch, manifest.limits.maxAuthors)) away.delete(author)
  for (const author of clock.left) if (lots.known.has(author)) away.add(author)
  return away
}

/**
 * The known authors that are drawn and not away, or as large a part of them as is still there: who published in one epoch of
 * five lately is a fifth of an author, whether it is slow or gone.
 */
function expectedLater(state: SwarmState): number {
  const { lots, options } = state
  const away = awayNow(state)
  let drawn = 0
  for (const author of lots.drawn) if (!away.has(author)) drawn++
  const share = Math.min(1, lots.participants / Math.max(1, lots.known.size - away.size))
  const newHere = takesPart(state) && !lots.known.has(options.self) ? 1 : 0
  return Math.ceil(drawn * share) + newHere + lots.strangers
}
