import assert from 'node:assert/strict'
import { swarmId } from '#src/core/protocol/manifest.js'
import type { TestnetOutcome } from '#src/node/testnet/run.js'
import { spread, summarise } from '#src/node/testnet/summarise.js'
import type { PeerStatus } from '#src/peer/events.js'
import { createManifest } from '#src/train/manifest.js'

describe('the summary of a testnet', () => {
  const manifest = createManifest({ task: { kind: 'digits' }, seed: 1, expectedPeers: 3, epochs: 5 })
  const status: PeerStatus = {
    epoch: 5,
    trained: true,
    resting: [],
    still: false,
    lastUpdate: null,
    lastOwnUpdate: null,
    aloneMs: null,
    neighbours: 2,
    liveAuthors: 2,
    updates: 10,
    keptFrom: 0,
    payloadBytesReceived: 100,
    discardedSteps: 5,
    lostResidual: 0,
    carriedUpdates: 0,
    lostUpdates: 0,
    storing: 'nothing',
    setDigest: 'ab'
  }
  const evaluation = { loss: 0.1, samples: 10, computeMs: 1 }
  const outcome = (secondDigest: string): TestnetOutcome => ({
    measures: [
      { peer: 0, status, wireBytesSent: 300, wireBytesReceived: 400 },
      { peer: 2, status: { ...status, payloadBytesReceived: 300 }, wireBytesSent: 500, wireBytesReceived: 400 }
    ],
    results: [
      { peer: 0, stateDigest: 'd1', evaluation: { ...evaluation, accuracy: 0.9 } },
      { peer: 2, stateDigest: secondDigest, evaluation: { ...evaluation, accuracy: 0.8 } }
    ],
    alone: [
      { peer: 0, points: [], final: { ...evaluation, accuracy: 0.25 } },
      { peer: 2, points: [], final: { ...evaluation, accuracy: 0.75 } }
    ],
    missing: [1],
    faults: null,
    wallSeconds: 1.23456,
    firstEvaluationSeconds: null,
    cpuSeconds: 2,
    peakRssBytes: 1000,
    params: new Float32Array()
  })

  it('covers the survivors and compares with dense updates of all', () => {
    const summary = summarise({ peers: 3, manifest, seed: 7, outcome: outcome('d1') })
    assert.deepEqual(summary, {
      type: 'summary',
      peers: 3,
      epochs: 5,
      params: summary.params,
      wallSeconds: 1.235,
      firstEvaluationSeconds: null,
      accuracy: { mean: (0.9 + 0.8) / 2, min: 0.8, max: 0.9 },
      aloneAccuracy: { mean: 0.5, min: 0.25, max: 0.75 },
      digestsEqual: true,
      digest: 'd1',
      payloadBytesReceivedPerPeer: { mean: 200, max: 300 },
      wireBytesSentPerPeer: { mean: 400, max: 500 },
      wireBytesReceivedPerPeer: { mean: 400, max: 400 },
      denseBytesPerPeer: 2 * 5 * summary.params * 4,
      wireToPayload: 2,
      discardedSteps: 10,
      cpuSeconds: 2,
      peakRssBytes: 1000,
      swarm: swarmId(manifest),
      seed: 7,
      missingPeers: [1]
    })
  })

  it('has the mean of equal accuracies between the lowest and the highest', () => {
    assert.deepEqual(spread([0.1, 0.1, 0.1]), { mean: 0.1, min: 0.1, max: 0.1 })
  })

  it('tells what --faults did', () => {
    const faults = { crashes: 2, restarts: 1, freezes: 0, leaves: 0, joins: 1, partitions: 1 }
    const summary = summarise({ peers: 3, manifest, seed: 7, outcome: { ...outcome('d1'), faults } })
    assert.deepEqual(summary.faults, faults)
  })

  it('tells when models differ', () => {
    const { digestsEqual, digest } = summarise({ peers: 3, manifest, seed: 7, outcome: outcome('d2') })
    assert.deepEqual({ digestsEqual, digest }, { digestsEqual: false, digest: null })
  })
})
