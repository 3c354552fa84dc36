/** Evaluations while training: on a fixed subsample, and never more than a set part of the time. */
import type { Evaluation, Trainer } from '../interface.js'

export interface EvaluatorInit {
  /** Held-out samples of one evaluation. */
  readonly samples: number
  /** Largest part of one core's time, 0 … 1. */
  readonly share: number
  /** Milliseconds, monotonic. */
  readonly now: () => number
}

/**
 * Evaluates when the time spent so far allows it. Time is what the trainer says it computed, because waiting behind
 * other peers' training costs nothing.
 */
export function createEvaluator(trainer: Trainer, { samples, share, now }: EvaluatorInit) {
  const startedAt = now()
  let spentMs = 0
  let busy = false
  let ended = () => {}
  let idle = Promise.resolve()
  return {
    /** Would an evaluation now stay within the share? The first always does. */
    due: (): boolean => share > 0 && !busy && (spentMs === 0 || spentMs <= share * (now() - startedAt)),
    /** One is running. */
    get busy(): boolean {
      return busy
    },
    /** Resolves when none is; another one may have begun by then. */
    idle: (): Promise<void> => idle,
    async run(params: Float32Array, signal: AbortSignal): Promise<Evaluation> {
      busy = true
      idle = new Promise(resolve => {
        ended = resolve
      })
      try {
        const result = await trainer.evaluate(params, { maxSamples: samples, signal })
        spentMs += result.computeMs
        return result
      } finally {
        busy = false
        ended()
      }
    }
  }
}
