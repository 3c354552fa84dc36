import { toHex } from '#src/core/bytes.js'
import { digest } from '#src/core/digest.js'
import { keyCheck } from '#src/core/protocol/admission.js'
import { glorotLimit, initialParams, paramsDigest } from '#src/core/protocol/init.js'
import { checkedInitialParams, manifestBytes, parseManifest, swarmId } from '#src/core/protocol/manifest.js'
import type { Json } from './index.js'

/** Written out here, so that the defaults of the tasks may change and these bytes not. */
function manifestOf(seed: number, changes: Readonly<Record<string, Json>>): Json {
  const limit = glorotLimit(64, 10, 2 ** 24)
  const tensors = [
    { name: 'dense/kernel', shape: [64, 10], initLimit: limit },
    { name: 'dense/bias', shape: [10], initLimit: 0 }
  ]
  return {
    protocol: 1,
    name: 'vector',
    seed,
    task: { kind: 'digits' },
    model: { kind: 'mlp', inputs: 64, hidden: [], classes: 10 },
    params: { tensors, start: 'drawn', digest: toHex(paramsDigest(initialParams(tensors, seed))) },
    training: { localSteps: 5, batchSize: 32, optimizer: { kind: 'momentum', learningRate: 0.05, momentum: 0.9 } },
    gossip: { budgetBytes: 10_000, valueBits: 4, expectedPeers: 16 },
    aggregation: { rule: 'mean', minAuthors: 8, liveWindow: 8, weighting: 'samples' },
    admission: { rule: 'open' },
    lots: { drawn: 16, minBits: 0, maxBits: 4 },
    clock: {
      liars: 1,
      quorumPercent: 66,
      minEpochMs: 0,
      maxEpochMs: 20_000,
      minDeadlineMs: 1000,
      graceMs: 1000,
      aloneGraceMs: 10_000,
      stalenessBound: 16
    },
    limits: {
      maxUpdateBytes: 65_536,
      maxWeight: 4096,
      maxValueBits: 29,
      maxNorm: 32.5,
      maxAuthors: 4096,
      retentionEpochs: 512,
      retentionBytes: 2 ** 28
    },
    stop: { epochs: 150, plateau: null },
    ...changes
  }
}

export function manifestVectors(): Json[] {
  const table = {
    kind: 'table',
    label: 'diagnosis',
    classes: ['benign', 'malignant'],
    columns: [
      { name: 'radius', center: 14.125, scale: 3.5 },
      { name: 'größe', center: 0, scale: 1 }
    ]
  }
  const endless = { epochs: null, plateau: { epochs: 50, minGain: 0.001 } }
  const members = [1, 2, 3].map(n => toHex(digest(Uint8Array.of(n)))).sort()
  const start = { ...(manifestOf(4, {}) as { params: Record<string, Json> }).params, start: 'given' }
  return [
    manifestOf(1, {}),
    manifestOf(2 ** 53 - 1, { task: table, stop: endless }),
    manifestOf(3, { admission: { rule: 'list', members } }),
    manifestOf(4, { admission: { rule: 'key', check: keyCheck(new Uint8Array(32).fill(7)) }, params: start })
  ].map(value => {
    const manifest = parseManifest(value)
    const { tensors, start } = manifest.params
    checkedInitialParams(manifest, start === 'given' ? initialParams(tensors, manifest.seed) : undefined)
    return { manifest: value, bytes: toHex(manifestBytes(manifest)), swarm: swarmId(manifest) }
  })
}
