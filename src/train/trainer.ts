/** A {@link Trainer} on this thread: an engine, an optimiser, the own batches. ARCHITECTURE.md. */
import { type Manifest, ManifestError } from '../core/protocol/manifest.js'
import type { Evaluation, Trainer, TrainResult } from '../interface.js'
import { createBatches } from './batches.js'
import type { Engine } from './engine/engine.js'
import { checkLayout } from './layout.js'
import { modelInputs } from './models.js'
import { createMomentum } from './optimizer.js'
import { type Dataset, gather, type Subset } from './samples.js'

/** An AbortSignal, or a flag shared with another thread. */
export interface Abortable {
  readonly aborted: boolean
}

export interface TrainerInit {
  readonly manifest: Manifest
  /** Built for `manifest.model`; trainers may share one. The trainer does not dispose it. */
  readonly engine: Engine
  /** undefined for a peer without any data, held-out samples included. */
  readonly data?: Dataset | undefined
  /** The peer's part of `data.train`. @default none: it can evaluate, not train */
  readonly shard?: Uint32Array | undefined
  /** Orders the batches. */
  readonly seed: number
  /** Tells apart peers that share a seed. @default 0 */
  readonly index?: number | undefined
  /**
   * Called between steps, so that a thread with other work can breathe. @default every 10 ms to the event loop;
   * `null` never, for a thread that does nothing else
   */
  readonly breathe?: (() => Promise<void>) | null
}

/** Samples that go through the model at once in an evaluation. */
const EVALUATION_BATCH = 256
const BREATH_MS = 10

/**
 * `train` rejects with a RangeError when params have the wrong length, the peer has no samples, or training diverges
 * to values that are not finite; with the signal's reason (an AbortError by default) when aborted between two steps,
 * and the optimiser then keeps what it had at that step.
 * @throws {ManifestError} when manifest, model and data do not fit each other
 */
export function createTrainer(init: TrainerInit): Trainer {
  return new LocalTrainer(init)
}

class LocalTrainer implements Trainer {
  readonly tensors
  readonly samples: number
  readonly testSamples: number
  readonly #engine: Engine
  readonly #test: Subset | undefined
  readonly #batches
  readonly #optimizer
  readonly #breathe: () => Promise<void>
  readonly #gradient: Float32Array
  #busy = false
  #stopped = false

  constructor(init: TrainerInit) {
    const { manifest, engine, data } = init
    checkFit(manifest, engine, data)
    this.tensors = manifest.params.tensors
    const { batchSize, optimizer } = manifest.training
    const shard = data === undefined ? undefined : init.shard
    this.samples = shard?.length ?? 0
    this.#test = data?.test
    this.testSamples = this.#test?.rows.length ?? 0
    this.#engine = engine
    if (data !== undefined && shard !== undefined && shard.length > 0) {
      const own = { samples: data.train.samples, rows: shard }
      this.#batches = createBatches(own, batchSize, init.seed, init.index ?? 0)
      this.#optimizer = createMomentum(engine.n, optimizer.learningRate, optimizer.momentum)
    }
    this.#gradient = new Float32Array(this.#batches === undefined ? 0 : engine.n)
    this.#breathe = init.breathe === null ? async () => {} : (init.breathe ?? breather())
  }

  async train(params: Float32Array, steps: number, options: { signal?: Abortable } = {}): Promise<TrainResult> {
    this.#check(params)
    const batches = this.#batches
    const optimizer = this.#optimizer
    if (batches === undefined || optimizer === undefined)
      throw new RangeError('this peer holds no training samples; it can evaluate only')
    if (!Number.isInteger(steps) || steps < 1) throw new RangeError(`steps is a positive integer, not ${steps}`)
    if (this.#busy) throw new RangeError('this trainer is training already; one call at a time')
    this.#busy = true
    try {
      const own = params.slice()
      let loss = 0
      for (let step = 0; step < steps; step++) {
        throwIfAborted(options.signal)
        batches.next()
        loss += this.#engine.gradient(own, batches.inputs, batches.labels, this.#gradient).loss
        optimizer.step(own, this.#gradient)
        if (step + 1 < steps) await this.#breathe()
      }
      return { params: own, loss: loss / steps }
    } finally {
      this.#busy = false
    }
  }

  async evaluate(params: Float32Array, options: { maxSamples?: number; signal?: Abortable } = {}): Promise<Evaluation> {
    this.#check(params)
    const test = this.#test
    const total = Math.min(this.testSamples, options.maxSamples ?? Number.POSITIVE_INFINITY)
    if (test === undefined || total < 1) return { loss: 0, accuracy: 0, samples: 0, computeMs: 0 }
    let loss = 0
    let correct = 0
    let computeMs = 0
    for (let from = 0; from < total; from += EVALUATION_BATCH) {
      throwIfAborted(options.signal)
      const start = performance.now()
      const to = Math.min(total, from + EVALUATION_BATCH)
      const inputs = new Float32Array((to - from) * test.samples.width)
      const labels = new Int32Array(to - from)
      gather(test.samples, test.rows, from, to, inputs, labels)
      const batch = this.#engine.evaluate(params, inputs, labels)
      loss += batch.loss * labels.length
      correct += batch.correct
      computeMs += performance.now() - start
      if (to < total) await this.#breathe()
    }
    return { loss: loss / total, accuracy: correct / total, samples: total, computeMs }
  }

  async state(): Promise<Uint8Array> {
    this.#checkRunning()
    // A peer without samples has nothing to remember.
    return this.#optimizer?.state() ?? new Uint8Array()
  }

  async restore(state: Uint8Array): Promise<void> {
    this.#checkRunning()
    if (this.#busy) throw new RangeError('this trainer is training already; it is restored before')
    if (this.#optimizer !== undefined) this.#optimizer.restore(state)
    else if (state.length > 0) throw new RangeError('this peer holds no training samples, and so no state')
  }

  async stop(): Promise<void> {
    this.#stopped = true
  }

  #checkRunning(): void {
    if (this.#stopped) throw new TypeError('this trainer was stopped')
  }

  #check(params: Float32Array): void {
    this.#checkRunning()
    if (params.length !== this.#engine.n)
      throw new RangeError(`the model has ${this.#engine.n} parameters, not ${params.length}`)
  }
}

function checkFit(manifest: Manifest, engine: Engine, data: Dataset | undefined): void {
  const { model } = manifest
  checkLayout(manifest)
  if (engine.inputs !== modelInputs(model)) throw new TypeError('the engine was built for another model')
  if (data === undefined) return
  const { width } = data.train.samples
  if (width !== modelInputs(model))
    throw new ManifestError('model', `takes ${modelInputs(model)} numbers per sample, the task gives ${width}`)
  if (data.classes !== model.classes)
    throw new ManifestError('model.classes', `is ${model.classes}, the task has ${data.classes}`)
}

function throwIfAborted(signal: Abortable | undefined): void {
  if (signal?.aborted !== true) return
  if (signal instanceof AbortSignal) signal.throwIfAborted()
  throw new DOMException('training was aborted', 'AbortError')
}

function breather(): () => Promise<void> {
  let last = performance.now()
  return async () => {
    if (performance.now() - last < BREATH_MS) return
    await new Promise<void>(resolve => setTimeout(resolve, 0))
    last = performance.now()
  }
}
