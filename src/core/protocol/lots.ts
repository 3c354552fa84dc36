/**
 * Large swarms: peers draw lots, and train and publish only when drawn, so that messages, bytes and computing per peer stay
 * as they are while the swarm grows. PROTOCOL.md, section 5.
 */
import { fromHex } from '../bytes.js'
import { digest } from '../digest.js'
import { MAX_DRAW_BITS } from '../wire/limits.js'
import type { Manifest } from './manifest.js'
import { countedUpdates, type UpdateRecord } from './set.js'
import type { SwarmState } from './state.js'

export interface Lots {
  /** The epoch that the rest is about; −1 before the first. */
  epoch: number
  /** The own draw rate is 2^-bits in the current epoch. */
  bits: number
  /** Peers that publish when drawn, estimated from the updates of the last epochs; a fraction. */
  participants: number
  /** Newest closed epoch in which each author published, of the last L · 2^bits. */
  readonly known: Map<string, number>
  /** Epochs before this one are in `known`. */
  knownTo: number
  /** What of the last epochs is in `known`. */
  readonly learnt: Map<number, readonly unknown[]>
  /** Known authors that are drawn in the current epoch. */
  drawn: readonly string[]
  /** Peers drawn in the current epoch that nobody has heard of yet: what may be counted on. */
  strangers: number
  /** The own peer is drawn in the current epoch, and in the next if the rate stays. */
  self: boolean
  selfNext: boolean
}

/** The rate rises when this many times the wanted number of peers are drawn, and falls below the other: neither undoes the other. */
const TOO_MANY = 1.6
const TOO_FEW = 0.7
/** Authors remembered; a larger swarm than this counts the others as strangers. 100 bytes each. */
const MAX_KNOWN = 8192

export function createLots({ lots }: Manifest): Lots {
  return {
    epoch: -1,
    bits: lots.minBits,
    participants: 1,
    known: new Map(),
    knownTo: 0,
    learnt: new Map(),
    drawn: [],
    strangers: 0,
    self: true,
    selfNext: true
  }
}

/**
 * Prepares the draw of the epoch that the clock is in, once. The rate changes by a step per epoch, so that peers that see a
 * little less or more than others stay within a step of each other.
 * @param around reachable neighbours and the own peer
 */
export function drawLots(state: SwarmState, around: () => number): void {
  const { lots, manifest, membership, clock, options } = state
  const { epoch } = clock
  if (lots.epoch === epoch) return
  const steps = lots.epoch < 0 ? MAX_DRAW_BITS : Math.abs(epoch - lots.epoch)
  lots.epoch = epoch
  lots.participants = Math.max(around(), participants(state))
  const before = lots.bits
  lots.bits = nextBits(lots.bits, lots.participants, manifest.lots, steps)
  learnKnown(state, lots.bits !== before)

  const { bits, known } = lots
  const { draws } = membership
  const drawn: string[] = []
  for (const author of known.keys()) if (draws.isDrawn(epoch, author, bits)) drawn.push(author)
  lots.drawn = drawn
  lots.self = draws.isDrawn(epoch, options.self, bits)
  lots.selfNext = draws.isDrawn(epoch + 1, options.self, bits)
  // What is counted on is a deviation below the mean: an epoch that waits for more than come waits for its deadline.
  const mean = bits === 0 ? 0 : Math.max(0, lots.participants - known.size) / 2 ** bits
  lots.strangers = Math.floor(Math.max(0, mean - Math.sqrt(mean)))
}

/** At most `steps` from `bits` toward the rate at which `wanted` of so many peers are drawn. */
export function nextBits(
  bits: number,
  participants: number,
  { drawn, minBits, maxBits }: Manifest['lots'],
  steps: number
): number {
  let next = Math.min(maxBits, Math.max(minBits, bits))
  for (let i = 0; i < Math.min(steps, MAX_DRAW_BITS); i++) {
    const expected = participants / 2 ** next
    if (expected > TOO_MANY * drawn && next < maxBits) next++
    else if (expected < TOO_FEW * drawn && next > minBits) next--
  }
  return next
}

/**
 * Each update of the last L closed epochs stands for 2^s peers. An s far above the others' counts no more than theirs and
 * one: it takes more than a liar with a lucky key to silence a swarm. Before the window is full, the creator's word counts too.
 */
function participants(state: SwarmState): number {
  const { manifest, clock } = state
  const { liveWindow } = manifest.aggregation
  const rates = new Array<number>(MAX_DRAW_BITS + 1).fill(0)
  const from = Math.max(0, clock.epoch - liveWindow)
  let updates = 0
  for (let epoch = from; epoch < clock.epoch; epoch++)
    for (const { drawBits } of headers(state, epoch)) {
      rates[drawBits]!++
      updates++
    }
  const least = clock.epoch < liveWindow ? manifest.gossip.expectedPeers : 1
  if (updates === 0) return least
  let median = 0
  for (let below = rates[0]!; below <= (updates - 1) >> 1; below += rates[median]!) median++
  const sum = rates.reduce((total, count, bits) => total + count * 2 ** Math.min(bits, median + 1), 0)
  return Math.max(least, sum / (clock.epoch - from))
}

/** @param anew the window changed, or what is known is not of this history */
function learnKnown(state: SwarmState, anew: boolean): void {
  const { lots, clock, manifest } = state
  const { liveWindow } = manifest.aggregation
  const from = Math.max(0, clock.epoch - liveWindow * 2 ** lots.bits)
  if (anew || lots.knownTo > clock.epoch) {
    lots.known.clear()
    lots.learnt.clear()
    lots.knownTo = 0
  }
  for (const [author, epoch] of lots.known) if (epoch < from) lots.known.delete(author)
  // The last few are looked at again, for updates come late; so is a history that is still to come.
  for (let epoch = Math.max(from, lots.knownTo - liveWindow, firstHeld(state)); epoch < clock.epoch; epoch++) {
    const found = headers(state, epoch)
    if (lots.learnt.get(epoch) === found) continue
    lots.learnt.set(epoch, found)
    for (const { author } of found) {
      const newest = lots.known.get(author)
      if (newest !== undefined ? newest < epoch : lots.known.size < MAX_KNOWN) lots.known.set(author, epoch)
    }
  }
  lots.knownTo = Math.min(clock.epoch, state.own.missedFrom ?? clock.epoch)
  for (const epoch of lots.learnt.keys()) if (epoch < lots.knownTo - liveWindow) lots.learnt.delete(epoch)
}

/** First epoch of which anything is known: headers of a live window before the base outlive their updates. */
function firstHeld({ set, manifest }: SwarmState): number {
  return Math.max(0, set.base - manifest.aggregation.liveWindow)
}

type Header = Pick<UpdateRecord, 'author' | 'drawBits'>

/** The same array as long as the epoch does not change, if its updates are still held. */
function headers({ set, model, manifest }: SwarmState, epoch: number): readonly Header[] {
  if (epoch >= set.base) return countedUpdates(set, epoch, manifest.limits.maxAuthors)
  return [...(model.folded.get(epoch) ?? [])].map(([author, { drawBits }]) => ({ author, drawBits }))
}

/** How many peers publish per epoch, at least 1, when as many take part as the swarm's creator expects; a fraction. */
export function expectedSharers(expectedPeers: number, lots: Manifest['lots']): number {
  return Math.max(1, expectedPeers / 2 ** nextBits(0, expectedPeers, lots, MAX_DRAW_BITS))
}

/** How many peers share the current epoch's budget; a fraction. @param around reachable neighbours and the own peer */
export function sharers({ lots, manifest }: SwarmState, around: number): number {
  const fewest = expectedSharers(manifest.gossip.expectedPeers, manifest.lots)
  return Math.max(fewest, Math.max(lots.participants, around) / 2 ** lots.bits)
}

/** Lots as drawn by hash: SHA-256(swarm digest, epoch as uint64 little-endian, author), the first 32 bits. */
export interface Draws {
  /** @param author 64 hex digits */
  isDrawn(epoch: number, author: string, bits: number): boolean
}

/** Epochs whose lots are remembered; peers of one process are mostly within a few of each other. */
const EPOCHS = 16

/** Every peer draws the lots of all the others in every epoch, so each is hashed once and remembered. */
export function createDraws(swarm: Uint8Array): Draws {
  const drawn = new Map<number, Map<string, number>>()
  return {
    isDrawn(epoch, author, bits) {
      if (bits === 0) return true
      let ofEpoch = drawn.get(epoch)
      if (ofEpoch === undefined) {
        ofEpoch = new Map()
        drawn.set(epoch, ofEpoch)
        if (drawn.size > EPOCHS) drawn.delete(drawn.keys().next().value!)
      }
      let lot = ofEpoch.get(author)
      if (lot === undefined) {
        lot = lotOf(swarm, epoch, fromHex(author))
        // Strangers' keys come from the network, as many as they like.
        if (ofEpoch.size < MAX_KNOWN) ofEpoch.set(author, lot)
      }
      return hits(lot, bits)
    }
  }
}

/** The lot as an unsigned 32-bit integer. @param author 32 bytes */
function lotOf(swarm: Uint8Array, epoch: number, author: Uint8Array): number {
  const where = new Uint8Array(8)
  new DataView(where.buffer).setBigUint64(0, BigInt(epoch), true)
  const hash = digest(swarm, where, author)
  return ((hash[0]! << 24) | (hash[1]! << 16) | (hash[2]! << 8) | hash[3]!) >>> 0
}

/** Is the author drawn at rate 2^-bits? @param author 32 bytes */
export function isDrawn(swarm: Uint8Array, epoch: number, author: Uint8Array, bits: number): boolean {
  return bits === 0 || hits(lotOf(swarm, epoch, author), bits)
}

/** The top `bits` bits of the lot are zero. Bounds: 1 … 32. */
function hits(lot: number, bits: number): boolean {
  return lot >>> (32 - bits) === 0
}
