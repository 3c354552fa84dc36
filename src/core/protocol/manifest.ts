/**
 * The manifest: everything two peers of a swarm must agree on. Its canonical bytes (DAG-CBOR) hash to the swarm id.
 * PROTOCOL.md, section 3.
 */
import * as dagCbor from '@ipld/dag-cbor'
import * as v from 'valibot'
import { equalBytes, toHex } from '../bytes.js'
import { digest } from '../digest.js'
import { MAX_DRAW_BITS } from '../wire/limits.js'
import { initialParams, parameterCount, paramsDigest } from './init.js'
import { issueInWords } from './manifest-words.js'
import { swarmIdOf } from './swarm-id.js'

const integer = (min: number, max: number) => v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max))
const real = (min: number, max: number) => v.pipe(v.number(), v.finite(), v.minValue(min), v.maxValue(max))
/** Names end up on terminals and in tables: no control characters, line separators, or marks that turn text around. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069]/u
const name = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(64),
  v.check(text => !UNPRINTABLE.test(text), 'holds a character that cannot be printed')
)
const side = integer(1, 65_536)
const hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'must be 64 hex digits, in small letters'))

/** Peers on an allow list, at most: 272 KB of a manifest. */
export const MAX_MEMBERS = 4096

const admissionSchema = v.variant('rule', [
  /** Everybody who has the manifest. */
  v.strictObject({ rule: v.literal('open') }),
  /** Only these, by their public keys; nobody else's updates are valid. */
  v.strictObject({
    rule: v.literal('list'),
    members: v.pipe(
      v.array(hash),
      v.minLength(1),
      v.maxLength(MAX_MEMBERS),
      v.check(
        keys => keys.every((key, i) => i === 0 || keys[i - 1]! < key),
        'must be in ascending order, each key once'
      )
    )
  }),
  /** Whoever has a key: neighbours prove to each other that they do. `check` tells the right key, and gives none away. */
  v.strictObject({ rule: v.literal('key'), check: hash })
])

const tensorSchema = v.strictObject({
  name,
  shape: v.pipe(v.array(integer(1, 2 ** 26)), v.minLength(1), v.maxLength(6)),
  initLimit: integer(0, 2 ** 27)
})

const taskSchema = v.variant('kind', [
  v.strictObject({ kind: v.literal('digits') }),
  v.strictObject({ kind: v.literal('mnist') }),
  v.strictObject({
    kind: v.literal('table'),
    label: name,
    classes: v.pipe(v.array(name), v.minLength(2), v.maxLength(1000)),
    /** A value x is used as (x − center) / scale. Declared by the creator; nothing is pooled. */
    columns: v.pipe(
      v.array(v.strictObject({ name, center: real(-1e12, 1e12), scale: real(1e-12, 1e12) })),
      v.minLength(1),
      v.maxLength(4096)
    )
  })
])

const modelSchema = v.variant('kind', [
  v.strictObject({
    kind: v.literal('mlp'),
    inputs: side,
    hidden: v.pipe(v.array(side), v.maxLength(8)),
    classes: integer(2, 1000)
  }),
  v.strictObject({
    kind: v.literal('cnn'),
    /** height, width, channels */
    input: v.tuple([side, side, integer(1, 64)]),
    /** 3×3 convolutions with stride 2, one after another */
    filters: v.pipe(v.array(integer(1, 512)), v.minLength(1), v.maxLength(4)),
    dense: side,
    classes: integer(2, 1000)
  })
])

/** @internal the shape alone; {@link parseManifest} also checks what one field demands of another */
const manifestSchema = v.strictObject({
  protocol: v.literal(1),
  name,
  /** Seeds x0, the held-out split, and nothing else. */
  seed: integer(0, Number.MAX_SAFE_INTEGER),
  task: taskSchema,
  model: modelSchema,
  params: v.strictObject({
    tensors: v.pipe(v.array(tensorSchema), v.minLength(1), v.maxLength(1024)),
    /** Where x0 comes from: `drawn` from the seed, or `given` by whoever has it, as a trained model is. */
    start: v.picklist(['drawn', 'given']),
    /** SHA-256 of x0, 64 hex digits. */
    digest: hash
  }),
  training: v.strictObject({
    /** Optimiser steps inside an epoch. */
    localSteps: integer(1, 10_000),
    batchSize: integer(1, 65_536),
    optimizer: v.strictObject({
      kind: v.literal('momentum'),
      learningRate: real(1e-9, 100),
      momentum: real(0, 0.9999)
    })
  }),
  gossip: v.strictObject({
    /** Bytes of envelopes per epoch for the whole swarm, headers included. */
    budgetBytes: integer(256, 2 ** 40),
    /** Bits of one value on the wire. */
    valueBits: v.picklist([1, 2, 4, 8]),
    /** Peers that the swarm has at its start: until its updates show how many there are, this is believed. */
    expectedPeers: integer(1, 1_000_000)
  }),
  aggregation: v.strictObject({
    rule: v.literal('mean'),
    /** Floor of the divisor, in typical weights. */
    minAuthors: integer(1, 1_000_000),
    /** L, epochs. */
    liveWindow: integer(1, 256),
    /** An update's weight is its author's sample count up to maxWeight, or always 1. */
    weighting: v.picklist(['samples', 'equal'])
  }),
  /** Who takes part. */
  admission: admissionSchema,
  /** An update with draw rate 2^-s is valid when the top s bits of its lot are zero, minBits ≤ s ≤ maxBits. */
  lots: v.strictObject({
    /** Peers wanted per epoch: s rises when the estimate of the swarm's size lets more of them be drawn. */
    drawn: integer(1, 1_000_000),
    minBits: integer(0, MAX_DRAW_BITS),
    /** 0: everyone in every epoch. */
    maxBits: integer(0, MAX_DRAW_BITS)
  }),
  clock: v.strictObject({
    /** f, hostile claims tolerated. */
    liars: integer(0, 1000),
    /** Part of the expected updates that closes an epoch, in percent. */
    quorumPercent: integer(1, 100),
    minEpochMs: integer(0, 86_400_000),
    maxEpochMs: integer(1, 86_400_000),
    /** An epoch that lacks updates is waited for at least this long, from its begin. */
    minDeadlineMs: integer(1, 86_400_000),
    /** Epoch 0 closes no earlier than this after the first neighbour. */
    graceMs: integer(0, 86_400_000),
    /** Epoch 0 closes no earlier than this when nobody is there. */
    aloneGraceMs: integer(0, 86_400_000),
    /** Epochs an honest peer may be ahead of the others before it waits. */
    stalenessBound: integer(1, 10_000)
  }),
  limits: v.strictObject({
    maxUpdateBytes: integer(256, 4_000_000),
    maxWeight: integer(1, 2 ** 20),
    /** Largest magnitude of one coordinate of an update is below 2^maxValueBits grid units. */
    maxValueBits: integer(8, 31),
    /** Largest Euclidean norm of an update, in model units. */
    maxNorm: real(1e-6, 1e6),
    /** Authors counted per epoch; of more, those with the lowest keys. */
    maxAuthors: integer(1, 2 ** 20),
    /** Raw updates are kept, and repair merges, for this many epochs back. */
    retentionEpochs: integer(1, 1_000_000),
    retentionBytes: integer(65_536, 2 ** 40)
  }),
  stop: v.strictObject({
    /** Training ends when epoch `epochs` begins; null: never. */
    epochs: v.nullable(integer(1, 2 ** 40)),
    /** A peer rests when its own held-out accuracy has not grown by `minGain` in `epochs` epochs; null: it never does. */
    plateau: v.nullable(v.strictObject({ epochs: integer(1, 1_000_000), minGain: real(0, 1) }))
  })
})

export type Manifest = Readonly<v.InferOutput<typeof manifestSchema>>
export type Admission = Manifest['admission']
export type TaskSpec = Manifest['task']
export type ModelSpec = Manifest['model']

/** A manifest that a peer must not use; `field` is the path of the offending value. */
export class ManifestError extends Error {
  override readonly name = 'ManifestError'

  constructor(
    readonly field: string,
    detail: string
  ) {
    // Either may quote a file from a stranger, and is going to a terminal.
    super(printable(`${field}: ${detail}`))
  }
}

function printable(text: string): string {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return text.replace(new RegExp(UNPRINTABLE, 'gu'), escaped)
}

/** Largest manifest accepted, bytes of its JSON: a table of 4,096 columns fits. */
export const MAX_MANIFEST_BYTES = 2 ** 20

/**
 * A checked manifest. @param value parsed JSON
 * @throws {ManifestError} that names the first bad field
 */
export function parseManifest(value: unknown): Manifest {
  const result = v.safeParse(manifestSchema, value, { abortEarly: true })
  if (!result.success) {
    const issue = result.issues[0]
    const field = v.getDotPath(issue) ?? 'manifest'
    throw new ManifestError(field, issueInWords(issue))
  }
  const manifest = result.output
  checkAcrossFields(manifest)
  return manifest
}

function checkAcrossFields(m: Manifest): void {
  const n = parameterCount(m.params.tensors)
  if (n > 2 ** 26) throw new ManifestError('params.tensors', `${n} parameters, the limit is ${2 ** 26}`)
  if (m.lots.maxBits < m.lots.minBits) throw new ManifestError('lots.maxBits', 'is below lots.minBits')
  if (m.clock.maxEpochMs < m.clock.minEpochMs) throw new ManifestError('clock.maxEpochMs', 'is below clock.minEpochMs')
  if (m.clock.maxEpochMs < m.clock.minDeadlineMs)
    throw new ManifestError('clock.maxEpochMs', 'is below clock.minDeadlineMs')
  if (m.limits.retentionEpochs < m.clock.stalenessBound + m.aggregation.liveWindow)
    throw new ManifestError('limits.retentionEpochs', 'is below clock.stalenessBound + aggregation.liveWindow')
  // Every sum Σ w·q must stay below 2^53 to be exact; this product is.
  const { maxWeight, maxValueBits, maxAuthors } = m.limits
  if (maxWeight * maxAuthors * 2 ** maxValueBits > 2 ** 53)
    throw new ManifestError(
      'limits',
      'maxWeight × maxAuthors × 2^maxValueBits is above 2^53, so sums would not be exact'
    )
  if (m.task.kind === 'table') {
    const names = m.task.columns.map(column => column.name)
    if (new Set(names).size < names.length) throw new ManifestError('task.columns', 'names a column twice')
    if (new Set(m.task.classes).size < m.task.classes.length)
      throw new ManifestError('task.classes', 'names a class twice')
    if (names.includes(m.task.label)) throw new ManifestError('task.columns', 'holds the label column')
  }
}

const checked = new WeakMap<Manifest, Float64Array>()

/**
 * x0, grid units. Checked against its digest, which costs time in proportion to n, once per manifest: the peers of one
 * process share the array, and nobody writes to it.
 * @param given for a manifest whose start is given: x0, needed the first time; whoever brings it, the digest tells
 * @throws {ManifestError}
 */
export function checkedInitialParams(manifest: Manifest, given?: Float64Array): Float64Array {
  const known = checked.get(manifest)
  if (known !== undefined) return known
  const { tensors, start, digest } = manifest.params
  if (start === 'given' && given === undefined)
    throw new ManifestError('params.start', 'says that x0 is given, and it is not at hand')
  const x0 = start === 'given' ? given! : initialParams(tensors, manifest.seed)
  const n = parameterCount(tensors)
  if (x0.length !== n) throw new ManifestError('params.start', `x0 has ${x0.length} parameters, not ${n}`)
  const found = toHex(paramsDigest(x0))
  if (found !== digest) {
    const which = start === 'given' ? 'the x0 that was given' : 'x0 for this seed'
    throw new ManifestError('params.digest', `is not the digest of ${which}, which is ${found}`)
  }
  checked.set(manifest, x0)
  return x0
}

/** Canonical bytes: DAG-CBOR, which orders keys and fixes number encodings. */
export function manifestBytes(manifest: Manifest): Uint8Array {
  return dagCbor.encode(manifest)
}

/**
 * The manifest that somebody brought, whoever that was. Nothing in it is looked at before its hash was.
 * @throws {ManifestError} when it is not the one with this id, or none that a peer may use
 */
export function manifestOf(bytes: Uint8Array, id: string): Manifest {
  if (swarmIdOf(digest(bytes)) !== id) throw new ManifestError('manifest', `is not the one of swarm ${id}`)
  let value: unknown
  try {
    value = dagCbor.decode(bytes)
  } catch {
    throw new ManifestError('manifest', 'cannot be decoded')
  }
  const manifest = parseManifest(value)
  if (!equalBytes(manifestBytes(manifest), bytes)) throw new ManifestError('manifest', 'is not in its one encoding')
  return manifest
}

/** The swarm id: CIDv1, DAG-CBOR, SHA-256 of the canonical bytes. */
export function swarmId(manifest: Manifest): string {
  return swarmIdOf(digest(manifestBytes(manifest)))
}
