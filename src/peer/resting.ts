/** Why a peer rests just now: by its user's wish, or by the manifest's stop rule. PROTOCOL.md, rule C8. */
import type { Manifest } from '../core/protocol/manifest.js'
import { createPlateau } from './plateau.js'

/** The stop rule as a reason. */
const PLATEAU = 'plateau'

export interface RestingHooks {
  /** The first reason was given, or the last one taken back. */
  readonly turned: (isResting: boolean) => void
  readonly changed: (reasons: readonly string[]) => void
}

export interface Resting {
  readonly reasons: readonly string[]
  /** Twice is fine. */
  rest(reason: string): void
  /** Takes one reason back; one that was not given is nothing. */
  wake(reason: string): void
  /** Whether it may at least evaluate: who rests by the stop rule has to, and who was asked to rest is to do nothing at all. */
  mayEvaluate(): boolean
  /** The stop rule's, by an evaluation of the shared params when `epoch` closed. */
  judge(epoch: number, accuracy: number): void
  /** Whether the stop rule wants evaluations where the clock stands still. */
  readonly judgesStill: boolean
  /** By one of them. */
  judgeStill(accuracy: number): void
}

export function createResting(rule: Manifest['stop']['plateau'], { turned, changed }: RestingHooks): Resting {
  const reasons = new Set<string>()
  const plateau = rule === null ? undefined : createPlateau(rule)

  function rest(reason: string): void {
    if (reasons.has(reason)) return
    reasons.add(reason)
    if (reasons.size === 1) turned(true)
    changed([...reasons])
  }

  function wake(reason: string): void {
    if (!reasons.delete(reason)) return
    if (reasons.size === 0) turned(false)
    changed([...reasons])
  }

  function obey(rests: boolean | undefined): void {
    if (rests === true) rest(PLATEAU)
    else if (rests === false) wake(PLATEAU)
  }

  return {
    get reasons() {
      return [...reasons]
    },
    rest,
    wake,
    mayEvaluate: () => [...reasons].every(reason => reason === PLATEAU),
    judge: (epoch, accuracy) => obey(plateau?.note(epoch, accuracy)),
    judgesStill: plateau !== undefined,
    judgeStill: accuracy => obey(plateau?.noteStill(accuracy))
  }
}
