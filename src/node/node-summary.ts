/** The summary of one peer that was started by hand. */
import { parameterCount } from '../core/protocol/init.js'
import { type Manifest, swarmId } from '../core/protocol/manifest.js'
import type { Evaluation } from '../interface.js'
import type { PeerStatus } from '../peer/events.js'
import type { NodeSummaryRecord } from './json.js'
import { roundSeconds } from './records.js'

export interface NodeEnd {
  readonly status: PeerStatus
  /** Of the own params on everything held out, or null when the time did not suffice. */
  readonly evaluation: Evaluation | null
  readonly stateDigest: string
  /** The neighbours were last seen with the same set. */
  readonly settled: boolean
  readonly wireBytesSent: number
  readonly wireBytesReceived: number
  readonly trainedSeconds: number
  readonly cpuSeconds: number
  readonly peakRssBytes: number
}

/** Newest accuracy on the subsample, and when there was the first; null when nothing was evaluated. */
export interface LiveEvaluation {
  readonly accuracy: number | null
  readonly firstSeconds: number | null
}

export function summariseNode(manifest: Manifest, end: NodeEnd, live: LiveEvaluation): NodeSummaryRecord {
  const { status } = end
  const accuracy = end.evaluation?.accuracy ?? live.accuracy
  const payload = status.payloadBytesReceived
  return {
    type: 'summary',
    peers: 1,
    epochs: status.epoch,
    params: parameterCount(manifest.params.tensors),
    wallSeconds: roundSeconds(end.trainedSeconds),
    firstEvaluationSeconds: live.firstSeconds,
    accuracy: accuracy === null ? null : { mean: accuracy, min: accuracy, max: accuracy },
    aloneAccuracy: null,
    digestsEqual: end.settled,
    digest: end.stateDigest,
    payloadBytesReceivedPerPeer: { mean: payload, max: payload },
    wireBytesSentPerPeer: { mean: end.wireBytesSent, max: end.wireBytesSent },
    wireBytesReceivedPerPeer: { mean: end.wireBytesReceived, max: end.wireBytesReceived },
    denseBytesPerPeer: null,
    wireToPayload: payload > 0 ? end.wireBytesReceived / payload : null,
    discardedSteps: status.discardedSteps,
    cpuSeconds: roundSeconds(end.cpuSeconds),
    peakRssBytes: end.peakRssBytes,
    swarm: swarmId(manifest),
    seed: manifest.seed,
    missingPeers: []
  }
}
