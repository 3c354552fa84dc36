/**
 * When to ask which neighbour whom it knows: a newcomer and whoever has news at once, the others in turn, seldom while
 * nothing changes. Who has news asks those that do not know it, and they ask back: so it runs through a young swarm.
 */
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
  /** Whether the asker has news for it, so that it had better ask back. */
  readonly news: boolean
}

export interface Inquiry {
  /** Somebody came: it is asked at the next look, and others soon. */
  came(key: PeerKey, now: number): void
  went(key: PeerKey, now: number): void
  /** This peer knows somebody that it did not know. @param from who knows that already */
  news(from: PeerKey, now: number): void
  /** A neighbour has news: it is asked at the next look. */
  invited(by: PeerKey): void
  /** Something changed: waits are short again. */
  soon(now: number): void
  /** @param seeking whether more neighbours are wanted @returns whom to ask now */
  look(seeking: boolean, now: number): readonly Question[]
}

/** @param firstMs between questions after a change, and while there is news to tell; doubled by each of the others */
export function createInquiry(firstMs: number): Inquiry {
  /** Asked at the next look. */
  const due = new Set<PeerKey>()
  /** Neighbours that this peer's news is news to. */
  const unaware = new Set<PeerKey>()
  /** All neighbours: those that were asked longest ago first. */
  const turns = new Set<PeerKey>()
  let waitMs = firstMs
  let askAt = Number.POSITIVE_INFINITY

  function soon(now: number): void {
    waitMs = firstMs
    askAt = Math.min(askAt, now + firstMs)
  }

  function question(to: PeerKey, count: number): Question {
    turns.delete(to)
    turns.add(to)
    return { to, count, news: unaware.delete(to) }
  }

  return {
    came(key, now) {
      turns.add(key)
      due.add(key)
      soon(now)
    },
    went(key, now) {
      for (const set of [turns, due, unaware]) set.delete(key)
      soon(now)
    },
    news(from, now) {
      for (const key of turns) if (key !== from) unaware.add(key)
      soon(now)
    },
    invited(by) {
      if (turns.has(by)) due.add(by)
    },
    soon,
    look(seeking, now) {
      const questions = [...due].map(to => question(to, MAX_TOLD))
      due.clear()
      if (now < askAt) return questions
      const [to] = unaware.size > 0 ? unaware : turns
      if (to === undefined) return questions
      const changing = seeking || waitMs < LONGEST_ASK_MS
      if (!questions.some(asked => asked.to === to)) questions.push(question(to, changing ? MAX_TOLD : FEW_TOLD))
      if (unaware.size === 0) waitMs = Math.min(2 * waitMs, seeking ? SEEKING_ASK_MS : LONGEST_ASK_MS)
      askAt = now + waitMs
      return questions
    }
  }
}
