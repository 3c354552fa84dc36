/** One direction of one virtual link: what it does to the messages put on it. */
import type { Random } from '../core/random.js'
import type { LinkFaults } from '../faults/index.js'
import { drawExponential } from './exponential.js'

/** A message that is held back to let others overtake it arrives up to so much later, milliseconds. */
const REORDERED_MS = 500
/** What would wait longer than this for its turn on a narrow link is dropped, milliseconds. */
const LONGEST_QUEUE_MS = 10_000

export interface LinkRules {
  /** Part of messages that vanish, 0 … 1. */
  readonly loss: number
  /** Part of gossip messages that arrive twice, 0 … 1. */
  readonly duplication: number
  /** Milliseconds, uniform between the two; unequal delays reorder. */
  readonly delayMs: readonly [number, number]
}

/** What became of a message. */
export interface Passage {
  /** Milliseconds until it arrives, once or twice; empty when it is lost. */
  readonly delays: readonly number[]
  /** As it arrives. */
  readonly bytes: Uint8Array
}

export interface Link {
  /** Everything put on it vanishes, and nobody knows yet. */
  cut: boolean
  /** Null: only the network's own rules. */
  faults: LinkFaults | null
  /** When the last message put on it has left, milliseconds. */
  freeAt: number
}

const LOST: Passage = { delays: [], bytes: new Uint8Array() }

/** Draws for one message. @param twice whether it may arrive twice: streams do not repeat themselves */
export function pass(
  link: Link,
  bytes: Uint8Array,
  now: number,
  twice: boolean,
  rules: LinkRules,
  random: Random
): Passage {
  const { faults } = link
  if (random.unit() < (faults?.loss ?? rules.loss) || link.cut) return LOST
  let wait = 0
  if (faults !== null && faults.bandwidthKbps !== null) {
    wait = Math.max(0, link.freeAt - now) + (8 * bytes.length) / faults.bandwidthKbps
    if (wait > LONGEST_QUEUE_MS) return LOST
    link.freeAt = now + wait
  }
  const draw = () => {
    const held = faults !== null && faults.reordering > 0 && random.unit() < faults.reordering
    return wait + drawDelay(faults, rules, random) + (held ? random.unit() * REORDERED_MS : 0)
  }
  const delays = [draw()]
  if (twice && random.unit() < (faults?.duplication ?? rules.duplication)) delays.push(draw())
  if (faults === null || faults.corruption === 0 || random.unit() >= faults.corruption) return { delays, bytes }
  return { delays, bytes: corrupted(bytes, random) }
}

function drawDelay(faults: LinkFaults | null, { delayMs: [least, most] }: LinkRules, random: Random): number {
  const delay = faults?.delayMs ?? null
  if (delay === null) return least + random.unit() * (most - least)
  if (delay.kind === 'constant') return delay.ms
  if (delay.kind === 'uniform') return delay.min + random.unit() * (delay.max - delay.min)
  return delay.mean * drawExponential(random)
}

/** Another one with up to four bytes changed, or cut off. */
function corrupted(bytes: Uint8Array, random: Random): Uint8Array {
  if (bytes.length === 0) return bytes
  if (random.below(8) === 0) return bytes.slice(0, random.below(bytes.length))
  const copy = bytes.slice()
  for (let i = random.below(4); i >= 0; i--) {
    const at = random.below(copy.length)
    copy[at] = copy[at]! ^ (1 + random.below(255))
  }
  return copy
}
