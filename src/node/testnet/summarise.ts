/** The summary of a testnet from what its peers measured. */

import { parameterCount } from '../../core/protocol/init.js'
import { type Manifest, swarmId } from '../../core/protocol/manifest.js'
import type { MeanMax, Spread, SummaryRecord } from '../json.js'
import { roundSeconds } from '../records.js'
import { denseBytes } from './board.js'
import type { TestnetOutcome } from './run.js'

export interface SummaryInit {
  readonly peers: number
  readonly manifest: Manifest
  readonly seed: number
  readonly outcome: TestnetOutcome
}

export function summarise({ peers, manifest, seed, outcome }: SummaryInit): SummaryRecord {
  const { measures, results, alone } = outcome
  const params = parameterCount(manifest.params.tensors)
  const epochs = Math.min(...measures.map(({ status }) => status.epoch))
  const digests = new Set(results.map(({ stateDigest }) => stateDigest))
  const payload = measures.map(({ status }) => status.payloadBytesReceived)
  const received = measures.map(({ wireBytesReceived }) => wireBytesReceived)
  const payloadMean = mean(payload)
  return {
    type: 'summary',
    peers,
    epochs,
    params,
    wallSeconds: roundSeconds(outcome.wallSeconds),
    firstEvaluationSeconds:
      outcome.firstEvaluationSeconds === null ? null : roundSeconds(outcome.firstEvaluationSeconds),
    accuracy: spread(results.map(({ evaluation }) => evaluation.accuracy)),
    aloneAccuracy: alone.length === 0 ? null : spread(alone.map(({ final }) => final.accuracy)),
    digestsEqual: digests.size === 1,
    digest: digests.size === 1 ? results[0]!.stateDigest : null,
    payloadBytesReceivedPerPeer: meanMax(payload),
    wireBytesSentPerPeer: meanMax(measures.map(({ wireBytesSent }) => wireBytesSent)),
    wireBytesReceivedPerPeer: meanMax(received),
    denseBytesPerPeer: denseBytes(peers, epochs, params),
    wireToPayload: payloadMean > 0 ? mean(received) / payloadMean : null,
    discardedSteps: measures.reduce((sum, { status }) => sum + status.discardedSteps, 0),
    cpuSeconds: roundSeconds(outcome.cpuSeconds),
    peakRssBytes: outcome.peakRssBytes,
    swarm: swarmId(manifest),
    seed,
    missingPeers: outcome.missing,
    ...(outcome.faults === null ? {} : { faults: outcome.faults })
  }
}

export function spread(values: readonly number[]): Spread {
  const [min, max] = [Math.min(...values), Math.max(...values)]
  // A sum of equal floats, divided, may come out a bit beyond them.
  return { mean: Math.min(max, Math.max(min, mean(values))), min, max }
}

/** Zero of nobody. */
export function meanMax(values: readonly number[]): MeanMax {
  return values.length === 0 ? { mean: 0, max: 0 } : { mean: Math.round(mean(values)), max: Math.max(...values) }
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
