/** `--from`: the manifest of a swarm that goes on from the model of another, and is like it where no flag says otherwise. */
import { type Manifest, ManifestError, parseManifest } from '../../core/protocol/manifest.js'
import { createManifest } from '../../train/manifest.js'
import { UsageError } from '../cli/errors.js'
import type { SwarmCreateOptions, TaskName } from '../cli/options.js'
import { paced } from './pace.js'
import type { Trained } from './trained.js'

/** @throws {UsageError} when flags do not fit the swarm before */
export function successor(
  task: TaskName,
  options: SwarmCreateOptions,
  { manifest: before, params }: Trained
): Manifest {
  if (before.task.kind !== task)
    throw new UsageError(`--from ${options.from}: has learnt ${before.task.kind}, not ${task}; give that task`)
  if (options.home === undefined)
    throw new UsageError(
      '--from needs --home DIR: a manifest alone would not hold the model that the swarm starts from'
    )
  const { budget, density, drawn, valueBits, expectedPeers } = options
  const sameBudget = [budget, density, drawn, valueBits, expectedPeers].every(value => value === undefined)
  try {
    const made = createManifest({
      task: before.task,
      model: before.model,
      name: options.name ?? before.name,
      // The held-out samples stay held out: the model has never seen them.
      seed: options.seed ?? before.seed,
      start: params,
      epochs: options.forever ? null : (options.epochs ?? before.stop.epochs),
      plateau: options.plateau ?? before.stop.plateau,
      expectedPeers: expectedPeers ?? before.gossip.expectedPeers,
      budgetBytes: budget,
      density,
      drawn,
      valueBits: valueBits ?? before.gossip.valueBits,
      training: before.training,
      clock: options.pace === undefined ? before.clock : { ...before.clock, ...paced(options.pace) }
    })
    const { aggregation, gossip, lots, limits } = before
    return parseManifest({ ...made, aggregation, ...(sameBudget ? { gossip, lots, limits } : {}) })
  } catch (cause) {
    if (cause instanceof ManifestError)
      throw new UsageError(`these flags make no manifest: ${cause.message}`, { cause })
    throw cause
  }
}
