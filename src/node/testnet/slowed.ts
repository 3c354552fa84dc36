/** A trainer of a slow machine: each round of local steps takes so many times as long. */
import type { Clock, Trainer } from '../../interface.js'

/** @param factor at least 1; evaluations, which nobody waits for, keep their pace */
export function slowed(trainer: Trainer, factor: number, clock: Clock): Trainer {
  if (factor <= 1) return trainer
  return {
    tensors: trainer.tensors,
    samples: trainer.samples,
    testSamples: trainer.testSamples,
    async train(params, steps, options) {
      const began = clock.now()
      const result = await trainer.train(params, steps, options)
      await rest(clock, (factor - 1) * (clock.now() - began), options?.signal)
      return result
    },
    evaluate: (params, options) => trainer.evaluate(params, options),
    state: () => trainer.state(),
    restore: state => trainer.restore(state),
    stop: () => trainer.stop()
  }
}

function rest(clock: Clock, ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => (): void => {
      cancel()
      signal?.removeEventListener('abort', abort)
      settle()
    }
    const abort = end(() => reject(signal?.reason))
    const cancel = clock.after(ms, end(resolve))
    if (signal?.aborted) abort()
    else signal?.addEventListener('abort', abort, { once: true })
  })
}
