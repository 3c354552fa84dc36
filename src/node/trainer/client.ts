/** The main thread's side of the trainer worker. */
import { Worker } from 'node:worker_threads'
import type { Evaluation, Trainer, TrainResult } from '../../interface.js'
import { type CallName, type Calls, type FromWorker, type Opened, reviveError, type TrainerConfig } from './calls.js'

/** The thread is gone: it crashed, ran out of memory, or was stopped with calls still open. */
export class TrainerWorkerError extends Error {
  override readonly name = 'TrainerWorkerError'
}

/** One thread, many trainers: their calls take turns. */
export interface TrainerWorker {
  /**
   * Loads the data (once for all trainers that use it) and makes a trainer.
   * Rejects with a DataError or ManifestError when data and manifest do not fit, with a RangeError when the data is too
   * little for the partition, with a {@link TrainerWorkerError} when the thread died.
   */
  open(config: TrainerConfig): Promise<Trainer>
  /** Ends the thread at once; open calls reject. Twice is fine. */
  stop(): Promise<void>
}

/** Starts the thread and returns at once; it loads its engine by itself. */
export function startTrainerWorker(): TrainerWorker {
  return new WorkerClient()
}

interface Pending {
  readonly resolve: (output: Calls[CallName]['output']) => void
  readonly reject: (error: Error) => void
}

class WorkerClient implements TrainerWorker {
  readonly #worker = new Worker(new URL('./worker.js', import.meta.url), { name: 'starlings-trainer' })
  readonly #pending = new Map<number, Pending>()
  #next = 0
  #ended: Error | undefined

  constructor() {
    this.#worker.on('message', (message: FromWorker) => this.#settle(message))
    this.#worker.on('messageerror', error => this.#end('sent what cannot be read', error))
    this.#worker.on('error', error => this.#end('failed', error))
    this.#worker.on('exit', code => this.#end(`ended with code ${code}`))
  }

  async open(config: TrainerConfig): Promise<Trainer> {
    return new RemoteTrainer(this, await this.call('open', config))
  }

  async stop(): Promise<void> {
    this.#end('was stopped')
    await this.#worker.terminate()
  }

  /** @internal One call and its answer. `moved` buffers are the worker's afterwards. */
  call<K extends CallName>(
    call: K,
    input: Calls[K]['input'],
    options: { readonly signal?: AbortSignal | undefined; readonly moved?: readonly ArrayBuffer[] } = {}
  ): Promise<Calls[K]['output']> {
    const { signal, moved = [] } = options
    if (this.#ended !== undefined) return Promise.reject(this.#ended)
    if (signal?.aborted === true) return Promise.reject(signal.reason)
    const id = this.#next++
    return new Promise<Calls[CallName]['output']>((resolve, reject) => {
      const abort = (): void => this.#worker.postMessage({ id, call: 'abort' })
      signal?.addEventListener('abort', abort, { once: true })
      // The call is over when the worker says so, between two steps: before that the trainer is still at work.
      this.#pending.set(id, {
        resolve: output => {
          signal?.removeEventListener('abort', abort)
          resolve(output)
        },
        reject: error => {
          signal?.removeEventListener('abort', abort)
          reject(signal?.aborted === true && error.name === 'AbortError' ? signal.reason : error)
        }
      })
      this.#worker.postMessage({ id, call, input }, moved)
    })
  }

  #settle(message: FromWorker): void {
    const pending = this.#pending.get(message.id)
    this.#pending.delete(message.id)
    if ('output' in message) pending?.resolve(message.output)
    else pending?.reject(reviveError(message.error))
  }

  #end(how: string, cause?: unknown): void {
    if (this.#ended !== undefined) return
    const why = cause instanceof Error ? `: ${cause.message}` : ''
    this.#ended = new TrainerWorkerError(`the training thread ${how}${why}`, { cause })
    for (const { reject } of this.#pending.values()) reject(this.#ended)
    this.#pending.clear()
  }
}

class RemoteTrainer implements Trainer {
  readonly tensors
  readonly samples
  readonly testSamples
  readonly #worker: WorkerClient
  readonly #number: number
  #stopped = false

  constructor(worker: WorkerClient, opened: Opened) {
    this.#worker = worker
    this.#number = opened.trainer
    this.tensors = opened.tensors
    this.samples = opened.samples
    this.testSamples = opened.testSamples
  }

  async train(params: Float32Array, steps: number, options: { signal?: AbortSignal } = {}): Promise<TrainResult> {
    const sent = this.#copy(params)
    const input = { trainer: this.#number, params: sent, steps }
    return this.#worker.call('train', input, { signal: options.signal, moved: [sent.buffer] })
  }

  async evaluate(
    params: Float32Array,
    options: { maxSamples?: number; signal?: AbortSignal } = {}
  ): Promise<Evaluation> {
    const sent = this.#copy(params)
    const input = { trainer: this.#number, params: sent, maxSamples: options.maxSamples }
    return this.#worker.call('evaluate', input, { signal: options.signal, moved: [sent.buffer] })
  }

  async state(): Promise<Uint8Array> {
    this.#checkRunning()
    return this.#worker.call('state', { trainer: this.#number })
  }

  async restore(state: Uint8Array): Promise<void> {
    this.#checkRunning()
    const sent = new Uint8Array(state)
    await this.#worker.call('restore', { trainer: this.#number, state: sent }, { moved: [sent.buffer] })
  }

  async stop(): Promise<void> {
    if (this.#stopped) return
    this.#stopped = true
    // A thread that is gone has stopped its trainers, too.
    await this.#worker.call('close', { trainer: this.#number }).catch(() => {})
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
