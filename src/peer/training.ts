/** Local steps: params in, grid delta out. PROTOCOL.md, section 4. */
import { gridDelta } from '../core/grid.js'
import type { Input } from '../core/protocol/effects.js'
import type { Trainer } from '../interface.js'

type Trained = Input & { type: 'trained' }
type Failed = Input & { type: 'train-failed' } & { readonly reason: string }

/** Never rejects; a delta that is not finite counts as failed. */
export async function runLocalSteps(
  trainer: Trainer,
  steps: number,
  params: Float32Array,
  signal: AbortSignal
): Promise<Trained | Failed> {
  try {
    const result = await trainer.train(params, steps, { signal })
    return { type: 'trained', delta: gridDelta(result.params, params), steps, loss: result.loss }
  } catch (error) {
    return { type: 'train-failed', reason: error instanceof Error ? error.message : String(error) }
  }
}
