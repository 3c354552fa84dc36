/** What goes between the main thread and the trainer worker. */
import type { TensorSpec } from '../../core/protocol/init.js'
import { type Manifest, ManifestError } from '../../core/protocol/manifest.js'
import type { Evaluation, TrainResult } from '../../interface.js'
import { DataError } from '../../train/error.js'
import type { Partition } from '../../train/partition.js'

/** One part of the training samples, as a testnet deals them. */
export interface ShardSpec {
  readonly partition: Partition
  /** Seeds the deal and, together with `index`, the order of the batches. */
  readonly seed: number
  /** 0 … count − 1 */
  readonly index: number
  readonly count: number
}

export interface TrainerConfig {
  readonly manifest: Manifest
  /** File or folder of the task's data. @default the committed one (`digits`) */
  readonly data?: string | undefined
  /**
   * Which samples to train on: every one that is not held out, a part, or none of them. A peer with `none` evaluates
   * only, and without data (`mnist` or `table` and no path) not even that. @default 'all'
   */
  readonly shard?: ShardSpec | 'all' | 'none' | undefined
  /** Orders the batches of a peer with 'all'. @default 0 */
  readonly seed?: number | undefined
  /** Another order of the batches, below 2^16: a peer that comes back must not begin with the same ones each time. @default 0 */
  readonly order?: number | undefined
}

export interface Opened {
  readonly trainer: number
  readonly tensors: readonly TensorSpec[]
  readonly samples: number
  readonly testSamples: number
}

/** Calls, each with what it takes and what it gives. */
export interface Calls {
  open: { readonly input: TrainerConfig; readonly output: Opened }
  train: {
    readonly input: { readonly trainer: number; readonly params: Float32Array; readonly steps: number }
    readonly output: TrainResult
  }
  evaluate: {
    readonly input: {
      readonly trainer: number
      readonly params: Float32Array
      readonly maxSamples?: number | undefined
    }
    readonly output: Evaluation
  }
  state: { readonly input: { readonly trainer: number }; readonly output: Uint8Array }
  restore: { readonly input: { readonly trainer: number; readonly state: Uint8Array }; readonly output: null }
  close: { readonly input: { readonly trainer: number }; readonly output: null }
}

export type CallName = keyof Calls

export type ToWorker =
  | { readonly [K in CallName]: { readonly id: number; readonly call: K; readonly input: Calls[K]['input'] } }[CallName]
  | { readonly id: number; readonly call: 'abort' }

export type FromWorker =
  | { readonly id: number; readonly output: Calls[CallName]['output'] }
  | { readonly id: number; readonly error: PlainError }

/** An error on its way between threads, which would lose its class. */
export interface PlainError {
  readonly name: string
  readonly message: string
  /** Where: the file of a DataError, the field of a ManifestError. */
  readonly place?: string
  readonly stack?: string | undefined
}

export function plainError(error: unknown): PlainError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) }
  const { name, message, stack } = error
  if (error instanceof DataError) return { name, message, stack, place: error.file }
  if (error instanceof ManifestError) return { name, message, stack, place: error.field }
  return { name, message, stack }
}

export function reviveError({ name, message, place, stack }: PlainError): Error {
  const detail = place === undefined ? message : message.slice(place.length + 2)
  let error: Error
  if (name === 'DataError' && place !== undefined) error = new DataError(place, detail)
  else if (name === 'ManifestError' && place !== undefined) error = new ManifestError(place, detail)
  else if (name === 'RangeError') error = new RangeError(message)
  else if (name === 'TypeError') error = new TypeError(message)
  else error = Object.defineProperty(new Error(message), 'name', { value: name })
  if (stack !== undefined) error.stack = stack
  return error
}
