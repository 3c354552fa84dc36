/** Whoever trains in a simulated run: the task's own model in this process, or a cheap stand-in. */
import { toFloat32 } from '../../core/grid.js'
import { checkedInitialParams, type Manifest } from '../../core/protocol/manifest.js'
import type { Trainer } from '../../interface.js'
import type { TrainerRequest } from '../../sim/member.js'
import { createSyntheticTrainer } from '../../sim/trainer.js'
import { onVirtualTime } from '../../sim/virtual-trainer.js'
import type { Partition } from '../../train/partition.js'
import { loadData } from '../data/load.js'
import type { AloneCurve } from '../testnet/calls.js'

/** Virtual milliseconds of a local step of a peer that is not slow. */
const STEP_MS = 20
/** Of an evaluation: with a tenth of the time for them, a peer does one a second. */
const EVALUATE_MS = 100

/** Virtual milliseconds between pulses: every two or three epochs of real training, and rarer where thousands of runs count. */
const REAL_PULSE_MS = 500
const SYNTHETIC_PULSE_MS = 1000

export interface SimTrainers {
  readonly pulseMs: number
  readonly open: (request: TrainerRequest) => Trainer
  /** What peer by peer reaches with its own data only; undefined where that says nothing. */
  readonly alone?: (input: AloneRequest) => AsyncIterable<AloneCurve>
}

export interface AloneRequest {
  readonly epochs: number
  /** Epochs after which to evaluate on a subsample. */
  readonly checkpoints: readonly number[]
  /** Held-out samples of each of those evaluations. */
  readonly samples: number
}

export function syntheticTrainers({ params, seed }: Manifest): SimTrainers {
  return {
    pulseMs: SYNTHETIC_PULSE_MS,
    open: ({ peer, clock, slowdown }) =>
      createSyntheticTrainer({ tensors: params.tensors, seed, peer, clock, stepMs: STEP_MS * slowdown })
  }
}

export interface RealTrainersInit {
  readonly manifest: Manifest
  readonly peers: number
  readonly partition: Partition
  readonly data?: string | undefined
  /** Of the shards and the batches. */
  readonly seed: number
}

/** All share one engine. @throws {DataError} like `loadData`, {RangeError} when the data cannot be dealt to so many */
export async function realTrainers(init: RealTrainersInit): Promise<SimTrainers> {
  const { manifest, peers, partition, seed } = init
  const groupBy = partition.kind === 'by' ? partition.column : undefined
  // TensorFlow.js takes half a second to load, which synthetic runs do not wait for.
  const [{ loadEngine }, { createTrainer }, { partitionRows }, data] = await Promise.all([
    import('../trainer/engine.js'),
    import('../../train/trainer.js'),
    import('../../train/partition.js'),
    loadData(manifest.task, { path: init.data, seed: manifest.seed, groupBy })
  ])
  const engine = await loadEngine(manifest.model)
  const shards = partitionRows(data.train, partition, peers, seed)
  const { localSteps } = manifest.training

  async function* alone({ epochs, checkpoints, samples }: AloneRequest): AsyncIterable<AloneCurve> {
    for (let peer = 0; peer < peers; peer++) {
      const trainer = createTrainer({ manifest, engine, data, shard: shards[peer], seed, index: peer })
      let params = toFloat32(checkedInitialParams(manifest))
      let done = 0
      const points: AloneCurve['points'][number][] = []
      for (const epoch of [...checkpoints.filter(checkpoint => checkpoint < epochs), epochs]) {
        params = (await trainer.train(params, (epoch - done) * localSteps)).params
        done = epoch
        if (done === epochs) break
        points.push({ epoch, accuracy: (await trainer.evaluate(params, { maxSamples: samples })).accuracy })
      }
      yield { peer, points, final: await trainer.evaluate(params) }
    }
  }

  return {
    pulseMs: REAL_PULSE_MS,
    open({ peer, clock, slowdown }) {
      // Never breathes: between two virtual events no real time may matter.
      const trainer = createTrainer({ manifest, engine, data, shard: shards[peer], seed, index: peer, breathe: null })
      return onVirtualTime(trainer, { clock, stepMs: STEP_MS * slowdown, evaluateMs: EVALUATE_MS })
    },
    alone
  }
}
