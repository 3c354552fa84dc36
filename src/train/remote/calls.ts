/** What goes between those who train and the thread that trains. */
import type { TensorSpec } from '../../core/protocol/init.js'
import { type Manifest, ManifestError } from '../../core/protocol/manifest.js'
import type { Evaluation, TrainResult } from '../../interface.js'
import { type PlainError, plainError as plain, reviveError as revive } from '../../threads/plain-error.js'
import { DataError } from '../error.js'
import type { Partition } from '../partition.js'

/** One part of the training samples, as a testnet deals them. */
export interface ShardSpec {
  readonly partition: Partition
  /** Seeds the deal and, together with `index`, the order of the batches. */
  readonly seed: number
  /** 0 … count − 1 */
  readonly index: number
  readonly count: number
}

/** @typeParam Source where data comes from: a path in Node, files and drawings in a page */
export interface TrainerConfig<Source = string> {
  readonly manifest: Manifest
  /** @default the committed data (`digits`) */
  readonly data?: Source | undefined
  /**
   * Which samples to train on: every one that is not held out, a part, or none of them. A peer with `none` evaluates
   * only, and without data (`mnist` or `table` and no source) not even that. @default 'all'
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
export interface TrainerCalls<Source = string> {
  open: { readonly input: TrainerConfig<Source>; readonly output: Opened }
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

/** Errors that name a place keep it: the file of a DataError, the field of a ManifestError. */
export const trainerErrors = {
  plain(error: unknown): PlainError {
    if (error instanceof DataError) return { ...plain(error), place: error.file }
    if (error instanceof ManifestError) return { ...plain(error), place: error.field }
    return plain(error)
  },
  revive(error: PlainError): Error {
    const { name, message, place, stack } = error
    if (place === undefined) return revive(error)
    const detail = message.slice(place.length + 2)
    const revived = name === 'ManifestError' ? new ManifestError(place, detail) : new DataError(place, detail)
    if (stack !== undefined) revived.stack = stack
    return revived
  }
}
