/**
 * What a swarm does unless its creator says otherwise, task by task. Chosen with 16 peers on Dirichlet(0.1) shards that
 * lose no update; accuracies are medians over 3 seeds.
 */
import type { Manifest, ModelSpec, TaskSpec } from '../core/protocol/manifest.js'

/** Models that `--model` can name. */
export const MODEL_NAMES = ['mlp', 'cnn'] as const
export type ModelName = (typeof MODEL_NAMES)[number]

/** Peers that publish per epoch: at 256 peers, 16 of them reach the accuracy that all do, with a sixteenth of the messages. */
export const DEFAULT_DRAWN = 16

export interface TaskDefaults {
  readonly model: ModelSpec
  readonly training: Manifest['training']
  readonly weighting: Manifest['aggregation']['weighting']
  /** Part of the coordinates that a peer sends when it publishes. */
  readonly density: number
  readonly valueBits: 1 | 2 | 4 | 8
  readonly epochs: number
}

/**
 * @param model @default 'mlp'
 * @throws {RangeError} for a `cnn` on a table, which has no pixels
 */
export function taskDefaults(task: TaskSpec, model: ModelName = 'mlp'): TaskDefaults {
  const cnn = model === 'cnn'
  switch (task.kind) {
    case 'digits':
      // 96.1 % after 20 epochs, where 32 hidden units at rate 0.1 have 91.9 %. After 60, six seeds lie between 95.5 and
      // 97.8 %; after 70, seeds 1 to 3 between 95.8 and 98.6 % in several runs.
      return {
        model: cnn
          ? { kind: 'cnn', input: [8, 8, 1], filters: [8, 16], dense: 32, classes: 10 }
          : { kind: 'mlp', inputs: 64, hidden: [64], classes: 10 },
        training: training(0.15),
        weighting: 'samples',
        density: 0.05,
        valueBits: 4,
        epochs: 70
      }
    case 'mnist':
      // 92.0 % after 60 epochs, 94.2 % after 150, on 8,000 training images.
      return {
        model: cnn
          ? { kind: 'cnn', input: [28, 28, 1], filters: [16, 32], dense: 64, classes: 10 }
          : { kind: 'mlp', inputs: 784, hidden: [128], classes: 10 },
        training: training(0.05),
        weighting: 'samples',
        density: 0.01,
        valueBits: 4,
        epochs: 150
      }
    case 'table':
      if (cnn) throw new RangeError('a cnn needs images, not the columns of a table; use the model mlp')
      return {
        model: { kind: 'mlp', inputs: task.columns.length, hidden: [16], classes: task.classes.length },
        training: training(0.05),
        weighting: 'samples',
        density: 0.25,
        valueBits: 4,
        epochs: 60
      }
  }
}

function training(learningRate: number): Manifest['training'] {
  return { localSteps: 5, batchSize: 32, optimizer: { kind: 'momentum', learningRate, momentum: 0.9 } }
}
