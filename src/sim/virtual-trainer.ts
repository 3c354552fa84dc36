/** Any trainer on virtual time: it computes at once, and its local steps take as long as they are said to. */
import type { Clock, Trainer } from '../interface.js'

export interface VirtualTimes {
  readonly clock: Clock
  /** Virtual milliseconds of a local step. */
  readonly stepMs: number
  /** What an evaluation is said to have taken, milliseconds, where peers may spend a part of their time on them. */
  readonly evaluateMs: number
}

/** Computes when its time is over: what is aborted before costs nothing and changes no optimiser. */
export function onVirtualTime(trainer: Trainer, { clock, stepMs, evaluateMs }: VirtualTimes): Trainer {
  return {
    tensors: trainer.tensors,
    samples: trainer.samples,
    testSamples: trainer.testSamples,
    train(params, steps, options) {
      return new Promise((resolve, reject) => {
        const signal = options?.signal
        const abort = () => {
          cancel()
          reject(new Error('aborted'))
        }
        const cancel = clock.after(steps * stepMs, () => {
          signal?.removeEventListener('abort', abort)
          resolve(trainer.train(params, steps))
        })
        signal?.addEventListener('abort', abort, { once: true })
      })
    },
    async evaluate(params, options) {
      return { ...(await trainer.evaluate(params, options)), computeMs: evaluateMs }
    },
    state: () => trainer.state(),
    restore: state => trainer.restore(state),
    stop: () => trainer.stop()
  }
}
