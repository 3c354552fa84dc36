/** The trainer worker: the thread on which all trainers of a process compute. */
import { parentPort } from 'node:worker_threads'
import type { Manifest } from '../../core/protocol/manifest.js'
import type { Trainer } from '../../interface.js'
import type { Engine } from '../../train/engine/engine.js'
import { formatPartition, partitionRows } from '../../train/partition.js'
import type { Dataset } from '../../train/samples.js'
import { createTrainer } from '../../train/trainer.js'
import { loadData } from '../data/load.js'
import type { Calls, FromWorker, Opened, PlainError, ShardSpec, ToWorker, TrainerConfig } from './calls.js'
import { plainError } from './calls.js'
import { loadBackend, loadEngine } from './engine.js'
import { Turns } from './turns.js'

const port = parentPort
if (port === null) throw new TypeError('this module is the entry of a worker thread')

// Loads while the main thread is still busy with other things; whoever needs it first hears of a failure.
loadBackend().catch(() => {})

const turns = new Turns()
const trainers = new Map<number, Trainer>()
const running = new Map<number, AbortController>()
let opened = 0

/** What trainers share: loaded, built and dealt once, by all they depend on. */
const datasets = new Map<string, Promise<Dataset>>()
const engines = new Map<string, Promise<Engine>>()
const deals = new Map<string, readonly Uint32Array[]>()

port.on('message', (message: ToWorker) => {
  if (message.call === 'abort') running.get(message.id)?.abort()
  else void answer(message)
})

async function answer(message: Exclude<ToWorker, { call: 'abort' }>): Promise<void> {
  const { id } = message
  const controller = new AbortController()
  running.set(id, controller)
  await turns.take()
  try {
    controller.signal.throwIfAborted()
    const output = await perform(message, controller.signal)
    send({ id, output }, buffersOf(output))
  } catch (error) {
    send({ id, error: described(error) })
  } finally {
    running.delete(id)
    turns.give()
  }
}

/** What the main thread gets for good, without a copy. */
function buffersOf(output: Calls[keyof Calls]['output']): ArrayBuffer[] {
  if (output instanceof Uint8Array) return [output.buffer as ArrayBuffer]
  return output !== null && 'params' in output ? [output.params.buffer as ArrayBuffer] : []
}

function send(message: FromWorker, moved: ArrayBuffer[] = []): void {
  port!.postMessage(message, moved)
}

/** wasm throws bare numbers and RuntimeErrors when its memory is full. */
function described(error: unknown): PlainError {
  return plainError(error instanceof Error ? error : new Error(`the training engine failed: ${String(error)}`))
}

function perform(
  message: Exclude<ToWorker, { call: 'abort' }>,
  signal: AbortSignal
): Promise<Calls[keyof Calls]['output']> {
  switch (message.call) {
    case 'open':
      return open(message.input)
    case 'train':
      return find(message.input.trainer).train(message.input.params, message.input.steps, { signal })
    case 'evaluate': {
      const { trainer, params, maxSamples } = message.input
      return find(trainer).evaluate(params, { signal, ...(maxSamples === undefined ? {} : { maxSamples }) })
    }
    case 'state':
      return find(message.input.trainer).state()
    case 'restore':
      return restore(message.input)
    case 'close':
      return close(message.input.trainer)
  }
}

async function open(config: TrainerConfig): Promise<Opened> {
  const { manifest } = config
  const shard = config.shard ?? 'all'
  const [engine, data] = await Promise.all([
    once(engines, JSON.stringify(manifest.model), () => loadEngine(manifest.model)),
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

function loadDataset(config: TrainerConfig): Promise<Dataset> | undefined {
  const { manifest, data: path, shard } = config
  if (shard === 'none' && path === undefined && manifest.task.kind !== 'digits') return undefined
  const options = { path, seed: manifest.seed, groupBy: groupBy(config) }
  return once(datasets, datasetKey(config), () => loadData(manifest.task, options))
}

function groupBy({ shard }: TrainerConfig): string | undefined {
  return typeof shard === 'object' && shard.partition.kind === 'by' ? shard.partition.column : undefined
}

function datasetKey(config: TrainerConfig): string {
  const { task, seed }: Manifest = config.manifest
  return JSON.stringify([task, seed, config.data ?? null, groupBy(config) ?? null])
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

function find(number: number): Trainer {
  const trainer = trainers.get(number)
  if (trainer === undefined) throw new TypeError('this trainer was stopped')
  return trainer
}

async function restore({ trainer, state }: Calls['restore']['input']): Promise<null> {
  await find(trainer).restore(state)
  return null
}

async function close(number: number): Promise<null> {
  await trainers.get(number)?.stop()
  trainers.delete(number)
  return null
}
