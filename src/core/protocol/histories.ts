/**
 * Whose history to follow when neighbours have another one: this peer was not there for what they folded, or they folded
 * something else. It believes what enough of them vouch for, and all peers decide alike. PROTOCOL.md, section 7.
 */
import { equalBytes, toHex } from '../bytes.js'
import type { Reckoning, ServedSnapshot } from '../wire/repair.js'
import { BEGINNING, RIVAL, startOver } from './adopt.js'
import type { Comparison } from './antientropy.js'
import { claimedEpoch, standing } from './claims.js'
import { believesAt } from './clock.js'
import type { DigestsRequest, Effect } from './effects.js'
import { reachable } from './expect.js'
import { compareHistories } from './history.js'
import { reckon } from './set.js'
import type { Fetch, SwarmState } from './state.js'

/** Epochs at which histories are compared at once; neighbours' bases differ by few steps. */
const MAX_COMPARED = 4
/** Pulse intervals to wait for more who vouch. */
const PATIENCE_PULSES = 2

/**
 * Neighbours that must agree, so that f' of them cannot make anything up. Neighbours that pulse rarely, because nothing
 * happens, count among the signers though their claims have aged.
 */
function needed(state: SwarmState, now: number): number {
  const { clock, manifest, options } = state
  const { liars } = standing(clock, manifest.clock, options.pulseMs, now)
  return Math.max(liars, Math.min(manifest.clock.liars, reachable(state, now).length >> 1)) + 1
}

function around(state: SwarmState, now: number): [peer: string, comparison: Comparison][] {
  return reachable(state, now).map(peer => [peer, state.neighbours.get(peer)!.comparison])
}

/**
 * An answer about the whole common retention came, and nothing in it differs, but the root does: the difference lies in what
 * one of the two has folded.
 */
export function noteBelow(
  state: SwarmState,
  from: string,
  request: DigestsRequest,
  digests: readonly (Uint8Array | null)[],
  now: number
): void {
  const comparison = state.neighbours.get(from)?.comparison
  if (comparison?.oldDiffered !== true || digests.includes(null)) return
  const since = Math.max(state.set.base, comparison.base)
  if (since === 0 || request.from !== since || comparison.ranges.length > 0 || comparison.epochs.size > 0) return
  comparison.below = since
  comparison.belowSince ??= now
  wantReckonings(state, comparison)
}

/** Has this neighbour asked what it needs to be asked, after each of its pulses. */
export function wantReckonings(state: SwarmState, comparison: Comparison): void {
  if (comparison.below === null && state.joiningSince === null) return
  const epochs = state.joiningSince === null ? comparedEpochs(state) : servedEpochs(state)
  for (const before of comparison.reckonings.keys()) if (!epochs.includes(before)) comparison.reckonings.delete(before)
  for (const before of epochs) if (before >= comparison.base) comparison.toReckon.add(before)
}

/** The own base and those of the neighbours with other histories that are later. */
function comparedEpochs({ set, clock, neighbours }: SwarmState): number[] {
  const later: number[] = []
  for (const { comparison } of neighbours.values()) {
    const { base, below } = comparison
    if (below !== null && base > set.base && base <= clock.epoch) later.push(base)
  }
  return [set.base, ...mostCommon(later)]
}

/** Bases of the neighbours, from which this peer may start over; of many, those that most have. */
function servedEpochs({ clock, neighbours, own }: SwarmState): number[] {
  const bases = [...neighbours.values()].map(({ comparison }) => comparison.base)
  return mostCommon(bases.filter(base => base > (own.missedFrom ?? clock.epoch)))
}

function mostCommon(epochs: readonly number[]): number[] {
  const counts = new Map<number, number>()
  for (const epoch of epochs) counts.set(epoch, (counts.get(epoch) ?? 0) + 1)
  return [...counts]
    .sort(([a, x], [b, y]) => y - x || b - a)
    .map(([epoch]) => epoch)
    .slice(0, MAX_COMPARED)
}

/** A neighbour's history before some epoch, and those that have the same. */
interface Rival {
  readonly before: number
  readonly reckoning: Reckoning
  readonly peers: [peer: string, comparison: Comparison][]
  readonly wins: boolean
}

/** Decides between the own history and the neighbours' where they differ before both bases. */
export function chooseHistory(state: SwarmState, now: number): Effect[] {
  const { own, options, manifest } = state
  if (state.fetch !== null || own.missedFrom !== null) return []
  const others = around(state, now).filter(([, { belowSince }]) => belowSince !== null)
  if (others.length === 0) return []
  // One pulse later what was on its way is there.
  const since = Math.min(...others.map(([, { belowSince }]) => belowSince!))
  if (now - since < options.pulseMs) return []
  const need = needed(state, now)
  const rivals = findRivals(state, others)
  const trusted = (rival: Rival) => bestSnapshot(rival, need)

  for (const rival of rivals.filter(({ wins }) => wins)) {
    const best = trusted(rival)
    if (best !== undefined) return takeOver(state, { ...best, why: 'win' }, now)
  }
  if (now - since <= 2 * manifest.clock.maxEpochMs) return []
  // A history that wins but that too few vouch for can never become everybody's; who has it gives it up, unless so many
  // neighbours have it that they would only make this peer take it over again.
  const supporters = around(state, now).filter(([, { oldAgreed }]) => oldAgreed).length
  if (supporters < need)
    for (const rival of rivals.filter(({ wins }) => !wins)) {
      const best = trusted(rival)
      if (best !== undefined) return takeOver(state, { ...best, why: 'yield' }, now)
    }
  const [winner] = rivals.filter(({ wins }) => wins)
  return winner === undefined ? [] : warnOfRival(state, winner, need)
}

/** Other histories, those that come first in the common order first. */
function findRivals(state: SwarmState, others: [string, Comparison][]): Rival[] {
  const rivals = new Map<string, Rival>()
  for (const before of comparedEpochs(state)) {
    const ours = reckon(state.set, before)
    for (const [peer, comparison] of others) {
      const reckoning = comparison.reckonings.get(before)
      if (reckoning === undefined) continue
      const order = compareHistories(reckoning, ours)
      if (order === 0) continue
      const key = `${before} ${toHex(reckoning.chain)} ${reckoning.entries} ${reckoning.tally}`
      const rival = rivals.get(key) ?? { before, reckoning, peers: [], wins: order > 0 }
      rival.peers.push([peer, comparison])
      rivals.set(key, rival)
    }
  }
  return [...rivals.values()].sort((a, b) => compareHistories(b.reckoning, a.reckoning))
}

/** Its snapshot that `need` of these serve, the newest; undefined when there is none. */
function bestSnapshot({ before, peers }: Rival, need: number): Omit<Fetch, 'why'> | undefined {
  const served = tallyServed(peers, ({ epoch }) => epoch <= before)
  // Who has folded nothing serves no snapshot, and everybody has the one it would be.
  const whole = peers.filter(([, { base }]) => base === 0).map(([peer]) => peer)
  return [...served, { ...BEGINNING, vouchers: whole }].find(({ vouchers }) => vouchers.length >= need)
}

/** Who serves what; newest first, then by how many serve it. */
function tallyServed(
  peers: readonly [string, Comparison][],
  wanted: (served: ServedSnapshot) => boolean
): (Omit<Fetch, 'why'> & { readonly vouchers: string[] })[] {
  const out = new Map<string, Omit<Fetch, 'why'> & { readonly vouchers: string[] }>()
  for (const [peer, { serves }] of peers)
    for (const { epoch, hash } of (serves ?? []).filter(wanted)) {
      const key = `${epoch} ${toHex(hash)}`
      const known = out.get(key) ?? { epoch, hash, vouchers: [] }
      known.vouchers.push(peer)
      out.set(key, known)
    }
  return [...out]
    .sort(([a, x], [b, y]) => y.epoch - x.epoch || y.vouchers.length - x.vouchers.length || (a < b ? -1 : 1))
    .map(([, served]) => served)
}

function warnOfRival(state: SwarmState, { peers }: Rival, need: number): Effect[] {
  if (state.warned.has(RIVAL)) return []
  state.warned.add(RIVAL)
  const who = peers.length === 1 ? '1 neighbour has' : `${peers.length} neighbours have`
  return [
    {
      type: 'warn',
      message:
        `${who} another history before epoch ${state.set.base}, which is no longer kept, with more in it than the own one; ` +
        `${need} must vouch for it before this peer takes it over: connect to more peers`
    }
  ]
}

/** Once a neighbour has folded epochs that this peer was not there for, all are asked what they serve. */
export function noteGap(state: SwarmState, now: number): void {
  if (state.joiningSince !== null) return
  let missed = false
  for (const { comparison } of state.neighbours.values()) missed ||= isMissed(state, comparison.base, now)
  if (!missed) return
  state.joiningSince = now
  for (const { comparison } of state.neighbours.values()) {
    comparison.serves = null
    wantReckonings(state, comparison)
  }
}

/** A base that the others' claims do not bear out is not believed. */
function isMissed(state: SwarmState, epoch: number, now: number): boolean {
  const { own, clock, set, manifest, options } = state
  if (epoch <= set.base || epoch <= (own.missedFrom ?? clock.epoch)) return false
  if (now < believesAt(clock, manifest.clock)) return false
  return epoch <= claimedEpoch(clock, manifest.clock, options.pulseMs, now)
}

/** Chooses the snapshot to start over from: the newest that enough vouch for, and with fewer around, what most say. */
export function chooseSnapshot(state: SwarmState, now: number): Effect[] {
  if (state.joiningSince === null || state.fetch !== null) return []
  const peers = around(state, now)
  if (!peers.some(([, { base }]) => isMissed(state, base, now))) {
    state.joiningSince = null
    return []
  }
  // Neighbours come one after another; whoever vouches first may be the only one that would.
  const patient = now - state.joiningSince <= PATIENCE_PULSES * state.options.pulseMs
  const need = patient ? state.manifest.clock.liars + 1 : needed(state, now)
  const served = tallyServed(peers, ({ epoch }) => isMissed(state, epoch, now))
  const vouched = served.find(({ vouchers }) => vouchers.length >= need)
  if (vouched !== undefined) return [fetch(state, { ...vouched, why: 'join' })]
  if (patient) return []
  const [most] = served
    .map(one => ({ ...one, ...weigh(peers, one) }))
    .filter(one => one.support > one.against)
    .sort((a, b) => b.support - a.support)
  if (most === undefined) return []
  const { epoch, hash, vouchers } = most
  return [fetch(state, { epoch, hash, vouchers, why: 'join' })]
}

/** How many have the history of a snapshot, and how many have another one there. Two that contradict each other weigh nothing. */
function weigh(peers: readonly [string, Comparison][], { epoch, hash, vouchers }: Omit<Fetch, 'why'>) {
  const told = peers.find(([peer, { reckonings }]) => vouchers.includes(peer) && reckonings.has(epoch))
  const theirs = told?.[1].reckonings.get(epoch)
  let [support, against] = [vouchers.length, 0]
  for (const [peer, { reckonings, serves }] of peers) {
    if (vouchers.includes(peer)) continue
    const other = reckonings.get(epoch)
    if (serves?.some(one => one.epoch === epoch && !equalBytes(one.hash, hash))) against++
    else if (theirs !== undefined && other !== undefined) equalBytes(other.chain, theirs.chain) ? support++ : against++
  }
  return { support, against }
}

function takeOver(state: SwarmState, wanted: Fetch, now: number): Effect[] {
  return wanted.epoch === 0 ? startOver(state, wanted, now) : [fetch(state, wanted)]
}

function fetch(state: SwarmState, wanted: Fetch): Effect {
  state.fetch = wanted
  return { type: 'fetch-snapshot', from: wanted.vouchers, epoch: wanted.epoch, hash: wanted.hash }
}

/** It could not be had: everybody is asked again what there is. */
export function giveUpFetch(state: SwarmState): void {
  const { fetch: wanted } = state
  state.fetch = null
  for (const peer of wanted?.vouchers ?? []) {
    const comparison = state.neighbours.get(peer)?.comparison
    if (comparison === undefined) continue
    comparison.serves = null
    comparison.reckonings.clear()
  }
}
