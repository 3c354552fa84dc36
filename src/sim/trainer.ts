/** Synthetic training: each peer pulls the params toward its own noisy optimum; the mean of all is the swarm's. */
import type { TensorSpec } from '../core/protocol/init.js'
import { createRandom } from '../core/random.js'
import type { Clock, Trainer } from '../interface.js'

export interface SyntheticTrainerInit {
  readonly tensors: readonly TensorSpec[]
  /** The own optimum is the shared one, drawn from `seed`, plus noise drawn from `peer`. */
  readonly seed: number
  readonly peer: number
  readonly clock: Clock
  /** Virtual milliseconds of one step. @default 10 */
  readonly stepMs?: number
  /** @default 100 */
  readonly samples?: number
}

/** A quadratic with a known optimum; accuracy is 1 / (1 + mean squared distance to the shared optimum). */
export function createSyntheticTrainer(init: SyntheticTrainerInit): Trainer {
  const { tensors, seed, peer, clock, stepMs = 10, samples = 100 } = init
  const size = tensors.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0)
  const shared = createRandom(seed, 1)
  const own = createRandom(seed, 1000 + peer)
  const optimum = Float32Array.from({ length: size }, () => shared.unit() - 0.5)
  const target = optimum.map(value => value + (own.unit() - 0.5))

  return {
    tensors,
    samples,
    testSamples: 1,
    train(params, steps, options) {
      return new Promise((resolve, reject) => {
        const abort = () => {
          cancel()
          reject(new Error('aborted'))
        }
        options?.signal?.addEventListener('abort', abort)
        const cancel = clock.after(steps * stepMs, () => {
          options?.signal?.removeEventListener('abort', abort)
          const out = params.slice()
          let loss = 0
          for (let step = 0; step < steps; step++)
            for (let i = 0; i < size; i++) {
              const distance = target[i]! - out[i]!
              loss += distance * distance
              out[i] = out[i]! + 0.05 * distance
            }
          resolve({ params: out, loss: loss / (steps * size) })
        })
      })
    },
    async evaluate(params) {
      let loss = 0
      for (let i = 0; i < size; i++) loss += (params[i]! - optimum[i]!) ** 2
      loss /= size
      return { loss, accuracy: 1 / (1 + loss), samples: 1, computeMs: 0 }
    },
    async state() {
      return new Uint8Array() // plain gradient descent remembers nothing
    },
    async restore(state) {
      if (state.length > 0) throw new RangeError('synthetic training has no state')
    },
    async stop() {}
  }
}
