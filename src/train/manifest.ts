/** A new swarm's manifest: the task's defaults, what the creator says instead, and the digest of x0. */
import { toHex } from '../core/bytes.js'
import { initialParams, parameterCount, paramsDigest } from '../core/protocol/init.js'
import { expectedSharers } from '../core/protocol/lots.js'
import {
  type Admission,
  checkedInitialParams,
  type Manifest,
  type ModelSpec,
  parseManifest,
  type TaskSpec
} from '../core/protocol/manifest.js'
import { densityBytes } from '../core/sparse/density.js'
import { MAX_DRAW_BITS } from '../core/wire/limits.js'
import { DEFAULT_DRAWN, type ModelName, taskDefaults } from './defaults.js'
import { modelTensors } from './models.js'

export interface ManifestOptions {
  readonly task: TaskSpec
  /** 1 to 64 characters. @default the task's kind */
  readonly name?: string | undefined
  /** Seeds x0 and the held-out split. */
  readonly seed: number
  /** A name for the task's default of that kind, or the model itself. @default 'mlp' */
  readonly model?: ModelName | ModelSpec | undefined
  /** When to stop; null: never. @default the task's */
  readonly epochs?: number | null | undefined
  /** When a peer rests. @default null: never */
  readonly plateau?: Manifest['stop']['plateau'] | undefined
  /** Who takes part. @default everybody */
  readonly admission?: Admission | undefined
  /** x0 in grid units, to go on from a trained model. @default drawn from the seed */
  readonly start?: Float64Array | undefined
  /** Peers at the start; as long as it has no more, each sends as much as it may. */
  readonly expectedPeers: number
  /** Peers that train and publish per epoch; more of them draw lots. `all`: everyone in every epoch. @default 16 */
  readonly drawn?: number | 'all' | undefined
  /** Bytes of envelopes per epoch for the whole swarm. @default what `density` takes, times those who publish per epoch */
  readonly budgetBytes?: number | undefined
  /** Part of the coordinates that a peer sends when it publishes. @default the task's */
  readonly density?: number | undefined
  /** @default the task's, 4 */
  readonly valueBits?: 1 | 2 | 4 | 8 | undefined
  readonly training?: Partial<Manifest['training']> | undefined
  readonly weighting?: Manifest['aggregation']['weighting'] | undefined
  readonly clock?: Partial<Manifest['clock']> | undefined
}

/**
 * - One liar is tolerated, and two thirds of the expected updates close an epoch (67 would take 3 of 3).
 * - 30 s is the longest wait for a straggler; 2 s after the first neighbour the others will have come too.
 * - 2 s is the shortest: a pause of a runtime or a busy machine must not count as absence.
 * - 8 epochs ahead is where a peer waits for the rest.
 */
const DEFAULT_CLOCK: Manifest['clock'] = {
  liars: 1,
  quorumPercent: 66,
  minEpochMs: 20,
  maxEpochMs: 30_000,
  minDeadlineMs: 2_000,
  graceMs: 2_000,
  aloneGraceMs: 10_000,
  stalenessBound: 8
}

/** Smallest cap of one update: room for a change of the defaults, and nothing next to a connection's buffers. */
const LEAST_UPDATE_CAP = 65_536

/** @throws {ManifestError} when an option is out of range */
export function createManifest(options: ManifestOptions): Manifest {
  const { task, seed, expectedPeers, start } = options
  const named = typeof options.model === 'string' ? options.model : (options.model?.kind ?? 'mlp')
  const defaults = taskDefaults(task, named)
  const model = typeof options.model === 'object' ? options.model : defaults.model
  const valueBits = options.valueBits ?? defaults.valueBits
  const tensors = modelTensors(model)
  const n = parameterCount(tensors)
  const lots = lotsOf(options.drawn)
  const sharers = expectedSharers(expectedPeers, lots)
  const budgetBytes =
    options.budgetBytes ??
    Math.max(256, Math.ceil(densityBytes(n, options.density ?? defaults.density, valueBits) * sharers))
  const manifest = parseManifest({
    protocol: 1,
    name: options.name ?? task.kind,
    seed,
    task,
    model,
    params: {
      tensors,
      start: start === undefined ? 'drawn' : 'given',
      digest: toHex(paramsDigest(start ?? initialParams(tensors, seed)))
    },
    training: { ...defaults.training, ...options.training },
    gossip: { budgetBytes, valueBits, expectedPeers },
    aggregation: {
      rule: 'mean',
      minAuthors: 8,
      liveWindow: 8,
      weighting: options.weighting ?? defaults.weighting
    },
    admission: options.admission ?? { rule: 'open' },
    lots,
    clock: { ...DEFAULT_CLOCK, ...options.clock },
    limits: {
      maxUpdateBytes: Math.min(4_000_000, Math.max(LEAST_UPDATE_CAP, 4 * Math.ceil(budgetBytes / sharers))),
      maxWeight: 2 ** 12,
      // 2^29 grid units are 32.0, far beyond what one coordinate moves in an epoch; with 2^12 authors of weight 2^12
      // sums reach 2^53, where they still are exact.
      maxValueBits: 29,
      maxNorm: 1_000,
      maxAuthors: 2 ** 12,
      // 16 peers' MNIST updates of 512 epochs are 14 MB; 256 MiB is what a phone can still hold.
      retentionEpochs: 512,
      retentionBytes: 2 ** 28
    },
    stop: {
      epochs: options.epochs === undefined ? defaults.epochs : options.epochs,
      plateau: options.plateau ?? null
    }
  })
  // A start of another length is the caller's mistake; and whoever makes a manifest from a start goes on to use both.
  if (start !== undefined) checkedInitialParams(manifest, start)
  return manifest
}

function lotsOf(drawn: number | 'all' = DEFAULT_DRAWN): Manifest['lots'] {
  return drawn === 'all'
    ? { drawn: DEFAULT_DRAWN, minBits: 0, maxBits: 0 }
    : { drawn, minBits: 0, maxBits: MAX_DRAW_BITS }
}
