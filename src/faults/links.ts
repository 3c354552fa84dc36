/** Which rules hold on which link, direction by direction. */
import type { Random } from '../core/random.js'
import type { Delay, LinkRule } from './faults.js'
import { selectPeers } from './select.js'

/** What is wrong with a link in one direction. */
export interface LinkFaults {
  /** Part of the messages that vanish, 0 … 1. */
  readonly loss: number
  /** Part that arrives twice. */
  readonly duplication: number
  /** Part that is held back so that later ones overtake it. */
  readonly reordering: number
  /** Part that arrives with bytes changed. */
  readonly corruption: number
  /** Null: as the runner's links are by themselves. */
  readonly delayMs: Delay | null
  /** Kilobits a second; null: without limit. */
  readonly bandwidthKbps: number | null
}

export const NO_LINK_FAULTS: LinkFaults = {
  loss: 0,
  duplication: 0,
  reordering: 0,
  corruption: 0,
  delayMs: null,
  bandwidthKbps: null
}

/** Whether a rule is meant for the direction `from` → `to`. */
export type Direction = (from: number, to: number) => boolean

/** The links a rule is for, drawn now. @param edges of the topology */
export function directionsOf(
  { between, oneWay = false }: LinkRule,
  peers: number,
  edges: readonly (readonly [number, number])[],
  random: Random
): Direction {
  if (between === 'all' && !oneWay) return () => true
  if (typeof between === 'object' && 'of' in between) {
    const chosen = new Set(selectPeers(between.of, peers, () => true, random))
    return (from, to) => chosen.has(from) || (!oneWay && chosen.has(to))
  }
  const keys = new Set<number>()
  const add = (from: number, to: number) => {
    keys.add(from * peers + to)
    if (!oneWay) keys.add(to * peers + from)
  }
  if (between !== 'all' && !('fraction' in between)) {
    for (const [from, to] of between) add(from, to)
  } else {
    const wanted = between === 'all' ? edges.length : Math.round(between.fraction * edges.length)
    for (const [a, b] of random.shuffle([...edges]).slice(0, wanted)) {
      if (random.below(2) === 0) add(a, b)
      else add(b, a)
    }
  }
  return (from, to) => keys.has(from * peers + to)
}

/** Later rules override earlier ones field by field. */
export function mergeLinkRules(rules: readonly LinkRule[]): LinkFaults {
  let merged = NO_LINK_FAULTS
  for (const { loss, duplication, reordering, corruption, delayMs, bandwidthKbps } of rules)
    merged = {
      loss: loss ?? merged.loss,
      duplication: duplication ?? merged.duplication,
      reordering: reordering ?? merged.reordering,
      corruption: corruption ?? merged.corruption,
      delayMs: delayMs ?? merged.delayMs,
      bandwidthKbps: bandwidthKbps ?? merged.bandwidthKbps
    }
  return merged
}
