/** The thread on which all trainers of a process or page compute: what it answers, whatever the platform. */
import type { Manifest, ModelSpec, TaskSpec } from '../../core/protocol/manifest.js'
import type { Trainer } from '../../interface.js'
import { type Called, createLink } from '../../threads/link.js'
import type { Port } from '../../threads/port.js'
import type { Engine } from '../engine/engine.js'
import { checkLayout } from '../layout.js'
import { formatPartition, partitionRows } from '../partition.js'
import type { Dataset } from '../samples.js'
import { createTrainer } from '../trainer.js'
import { type Opened, type ShardSpec, type TrainerCalls, type TrainerConfig, trainerErrors } from './calls.js'
import { Turns } from './turns.js'

export interface SourceOptions<Source> {
  readonly source: Source | undefined
  /** The manifest's, decides what is held out. */
  readonly seed: number
  /** Column of a table that a partition goes by. */
  readonly groupBy: string | undefined
}

export interface TrainerThreadInit<Source> {
  /** Builds an engine on the backend of this thread. */
  readonly loadEngine: (model: ModelSpec) => Promise<Engine>
  /** Reads, checks and splits the data of a task. Rejects with a DataError. */
  readonly loadData: (task: TaskSpec, options: SourceOptions<Source>) => Promise<Dataset>
  /** Equal for sources that hold the same. */
  readonly keyOf: (source: Source) => string
  /** Lets the messages in that have arrived. */
  readonly breathe: () => Promise<void>
}

export interface TrainerThread {
  /** Answers those at the other end of the port as well; trainers are known by the same numbers to all. */
  serve(port: Port): void
}

export function createTrainerThread<Source>(init: TrainerThreadInit<Source>): TrainerThread {
  const turns = new Turns(init.breathe)
  const trainers = new Map<number, Trainer>()
  let opened = 0

  /** What trainers share: loaded, built and dealt once, by all they depend on. */
  const datasets = new Map<string, Promise<Dataset>>()
  const engines = new Map<string, Promise<Engine>>()
  const deals = new Map<string, readonly Uint32Array[]>()

  async function open(config: TrainerConfig<Source>): Promise<Opened> {
    const { manifest } = config
    const shard = config.shard ?? 'all'
    checkLayout(manifest)
    const [engine, data] = await Promise.all([
      once(engines, JSON.stringify(manifest.model), () => init.loadEngine(manifest.model)),
      loadDataset(config)
    ])
    const spec = typeof shard === 'object' ? shard : { seed: config.seed ?? 0, index: 0 }
    const trainer = createTrainer({
      manifest,
      engine,
      data,
      shard: data && ownRows(data, datasetKey(config), shard),
      seed: spec.seed,
      index: spec.index + (config.order ?? 0) * 2 ** 16,
      breathe: () => turns.pass()
    })
    const number = opened++
    trainers.set(number, trainer)
    return { trainer: number, tensors: trainer.tensors, samples: trainer.samples, testSamples: trainer.testSamples }
  }

  function loadDataset(config: TrainerConfig<Source>): Promise<Dataset> | undefined {
    const { manifest, data: source, shard } = config
    if (shard === 'none' && source === undefined && manifest.task.kind !== 'digits') return undefined
    const options = { source, seed: manifest.seed, groupBy: groupBy(config) }
    return once(datasets, datasetKey(config), () => init.loadData(manifest.task, options))
  }

  function datasetKey(config: TrainerConfig<Source>): string {
    const { task, seed }: Manifest = config.manifest
    const source = config.data === undefined ? null : init.keyOf(config.data)
    return JSON.stringify([task, seed, source, groupBy(config) ?? null])
  }

  function ownRows(data: Dataset, dataKey: string, shard: ShardSpec | 'all' | 'none'): Uint32Array | undefined {
    if (shard === 'none') return undefined
    if (shard === 'all') return data.train.rows
    const { partition, seed, index, count } = shard
    if (!Number.isInteger(index) || index < 0 || index >= count)
      throw new RangeError(`a shard's index is from 0 to ${count - 1}, not ${index}`)
    const key = JSON.stringify([dataKey, formatPartition(partition), seed, count])
    const deal = deals.get(key) ?? partitionRows(data.train, partition, count, seed)
    deals.set(key, deal)
    return deal[index]
  }

  function find(number: number): Trainer {
    const trainer = trainers.get(number)
    if (trainer === undefined) throw new TypeError('this trainer was stopped')
    return trainer
  }

  type Call = Called<TrainerCalls<Source>>
  type Output = TrainerCalls[keyof TrainerCalls]['output']

  async function perform({ call, input }: Call, signal: AbortSignal): Promise<Output> {
    switch (call) {
      case 'open':
        return open(input)
      case 'train':
        return find(input.trainer).train(input.params, input.steps, { signal })
      case 'evaluate': {
        const { trainer, params, maxSamples } = input
        return find(trainer).evaluate(params, { signal, ...(maxSamples === undefined ? {} : { maxSamples }) })
      }
      case 'state':
        return find(input.trainer).state()
      case 'restore':
        await find(input.trainer).restore(input.state)
        return null
      case 'close':
        await trainers.get(input.trainer)?.stop()
        trainers.delete(input.trainer)
        return null
    }
  }

  async function answer(called: Call, signal: AbortSignal): Promise<Output> {
    await turns.take()
    try {
      signal.throwIfAborted()
      return await perform(called, signal)
    } catch (error) {
      // wasm throws bare numbers and RuntimeErrors when its memory is full.
      throw error instanceof Error ? error : new Error(`the training engine failed: ${String(error)}`)
    } finally {
      turns.give()
    }
  }

  return {
    serve(port) {
      createLink<TrainerCalls<Source>, Record<never, never>>({
        port,
        answer,
        movedBy: buffersOf,
        errors: trainerErrors
      })
    }
  }
}

function groupBy({ shard }: Pick<TrainerConfig, 'shard'>): string | undefined {
  return typeof shard === 'object' && shard.partition.kind === 'by' ? shard.partition.column : undefined
}

/** What the caller gets for good, without a copy. */
function buffersOf(output: TrainerCalls[keyof TrainerCalls]['output']): ArrayBuffer[] {
  if (output instanceof Uint8Array) return [output.buffer as ArrayBuffer]
  return output !== null && 'params' in output ? [output.params.buffer as ArrayBuffer] : []
}

/** The same promise for the same key; one that failed is forgotten, so that the next call tries again. */
function once<T>(cache: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  let made = cache.get(key)
  if (made === undefined) {
    made = make()
    cache.set(key, made)
    made.catch(() => cache.delete(key))
  }
  return made
}
