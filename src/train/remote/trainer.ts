/** A trainer that computes on another thread. */
import type { Evaluation, Trainer, TrainResult } from '../../interface.js'
import type { Link } from '../../threads/link.js'
import type { Opened, TrainerCalls } from './calls.js'

/** The same for every source of data, which is the opener's business alone. */
export type TrainerLink = Pick<Link<TrainerCalls<never>>, 'call'>

/** @param opened what the thread behind the link made of a config; whoever asked for it may be another thread than this */
export function remoteTrainer(link: TrainerLink, opened: Opened): Trainer {
  return new RemoteTrainer(link, opened)
}

class RemoteTrainer implements Trainer {
  readonly tensors
  readonly samples
  readonly testSamples
  readonly #link: TrainerLink
  readonly #number: number
  #stopped = false

  constructor(link: TrainerLink, opened: Opened) {
    this.#link = link
    this.#number = opened.trainer
    this.tensors = opened.tensors
    this.samples = opened.samples
    this.testSamples = opened.testSamples
  }

  async train(params: Float32Array, steps: number, options: { signal?: AbortSignal } = {}): Promise<TrainResult> {
    const sent = this.#copy(params)
    const input = { trainer: this.#number, params: sent, steps }
    return this.#link.call('train', input, { signal: options.signal, moved: [sent.buffer] })
  }

  async evaluate(
    params: Float32Array,
    options: { maxSamples?: number; signal?: AbortSignal } = {}
  ): Promise<Evaluation> {
    const sent = this.#copy(params)
    const input = { trainer: this.#number, params: sent, maxSamples: options.maxSamples }
    return this.#link.call('evaluate', input, { signal: options.signal, moved: [sent.buffer] })
  }

  async state(): Promise<Uint8Array> {
    this.#checkRunning()
    return this.#link.call('state', { trainer: this.#number })
  }

  async restore(state: Uint8Array): Promise<void> {
    this.#checkRunning()
    const sent = new Uint8Array(state)
    await this.#link.call('restore', { trainer: this.#number, state: sent }, { moved: [sent.buffer] })
  }

  async stop(): Promise<void> {
    if (this.#stopped) return
    this.#stopped = true
    // A thread that is gone has stopped its trainers, too.
    await this.#link.call('close', { trainer: this.#number }).catch(() => {})
  }

  #checkRunning(): void {
    if (this.#stopped) throw new TypeError('this trainer was stopped')
  }

  /** The caller keeps its params; the copy is given away. */
  #copy(params: Float32Array): Float32Array<ArrayBuffer> {
    this.#checkRunning()
    return new Float32Array(params)
  }
}
