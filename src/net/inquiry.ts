/** When to ask which neighbour whom it knows: a newcomer at once, the others by lot, seldom while nothing changes. */
import type { Random } from '../core/random.js'
import type { PeerKey } from '../interface.js'
import { MAX_TOLD } from './peer-exchange.js'

/** Longest waits between questions, ms: among few neighbours, and among enough. */
const SEEKING_ASK_MS = 10_000
const LONGEST_ASK_MS = 60_000
/** Records asked for when there is no need. */
const FEW_TOLD = 4

export interface Question {
  readonly to: PeerKey
  /** Records asked for. */
  readonly count: number
}

export interface Inquiry {
  /** Somebody came: it is asked at the next look, and others soon. */
  came(key: PeerKey, now: number): void
  went(key: PeerKey, now: number): void
  /** Something changed: waits are short again. */
  soon(now: number): void
  /** @param seeking whether more neighbours are wanted @returns whom to ask now */
  look(neighbours: readonly PeerKey[], seeking: boolean, now: number): readonly Question[]
}

/** @param firstMs between questions after a change; doubled by each */
export function createInquiry(firstMs: number, random: Pick<Random, 'below'>): Inquiry {
  const newcomers = new Set<PeerKey>()
  let waitMs = firstMs
  let askAt = Number.NEGATIVE_INFINITY

  function soon(now: number): void {
    waitMs = firstMs
    askAt = Math.min(askAt, now + firstMs)
  }

  return {
    came(key, now) {
      newcomers.add(key)
      soon(now)
    },
    went(key, now) {
      newcomers.delete(key)
      soon(now)
    },
    soon,
    look(neighbours, seeking, now) {
      const questions: Question[] = [...newcomers].map(to => ({ to, count: MAX_TOLD }))
      newcomers.clear()
      if (now < askAt || neighbours.length === 0) return questions
      const to = neighbours[random.below(neighbours.length)]
      const changing = seeking || waitMs < LONGEST_ASK_MS
      waitMs = Math.min(2 * waitMs, seeking ? SEEKING_ASK_MS : LONGEST_ASK_MS)
      askAt = now + waitMs
      return to === undefined ? questions : [...questions, { to, count: changing ? MAX_TOLD : FEW_TOLD }]
    }
  }
}
