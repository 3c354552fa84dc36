/** A second model beside the shared one: the same number of steps on the same data, and nothing from others. */
import type { Trainer } from '../../../interface.js'
import type { Point } from '../session.js'
import type { KeptAlone } from './calls.js'

export interface Alone {
  /** As many steps as the shared model has just been trained. */
  follow(steps: number): void
  /** What it reaches on as many held-out samples as the shared model was tried on. */
  evaluate(epoch: number, maxSamples: number): void
  /** For a later visit. */
  keep(): Promise<KeptAlone>
}

/** @param params where it begins: x0, or where it stood in an earlier visit @param measured called after each evaluation */
export async function createAlone(
  trainer: Trainer,
  params: Float32Array,
  measured: (point: Point) => void,
  kept?: KeptAlone
): Promise<Alone> {
  if (kept !== undefined) await trainer.restore(kept.state)
  let work: Promise<void> = Promise.resolve()
  /** One thing after the other; a failure, as when the thread ends, leaves it where it stood. */
  const next = (job: () => Promise<void>): void => {
    work = work.then(job).catch(() => {})
  }
  return {
    follow: steps =>
      next(async () => {
        const trained = await trainer.train(params, steps)
        params = trained.params
      }),
    evaluate: (epoch, maxSamples) =>
      next(async () => {
        const { accuracy } = await trainer.evaluate(params, { maxSamples })
        measured({ epoch, accuracy })
      }),
    async keep() {
      await work
      return { params: params.slice(), state: await trainer.state() }
    }
  }
}
