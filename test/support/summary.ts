/** A testnet's summary for tests, as 16 peers that learn MNIST for an hour would give it. */
import type { SummaryRecord } from '#src/node/json.js'

export function testSummary(changes: Partial<SummaryRecord> = {}): SummaryRecord {
  return {
    type: 'summary',
    peers: 16,
    epochs: 60,
    params: 101_770,
    wallSeconds: 62.3,
    firstEvaluationSeconds: 7.4,
    accuracy: { mean: 0.925, min: 0.925, max: 0.925 },
    aloneAccuracy: { mean: 0.4, min: 0.2, max: 0.6 },
    digestsEqual: true,
    digest: 'ab'.repeat(32),
    payloadBytesReceivedPerPeer: { mean: 1_600_000, max: 1_700_000 },
    wireBytesSentPerPeer: { mean: 4_800_000, max: 5_000_000 },
    wireBytesReceivedPerPeer: { mean: 4_800_000, max: 5_000_000 },
    denseBytesPerPeer: 366_372_000,
    wireToPayload: 3,
    discardedSteps: 0,
    cpuSeconds: 101.5,
    peakRssBytes: 800_000_000,
    swarm: 'bafyreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku',
    seed: 1,
    missingPeers: [],
    ...changes
  }
}
