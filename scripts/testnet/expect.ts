/** What one may demand of a testnet's summary. */
import type { SummaryRecord } from 'starlings'

export interface Expectations {
  /** Of the mean over the peers, 0 … 1. */
  readonly minAccuracy?: number
  /** Mean accuracy together minus mean accuracy alone, −1 … 1. */
  readonly minGain?: number
  /** Bytes of updates received, mean over the peers. */
  readonly maxPayload?: number
  /** Bytes at the sockets for each byte of updates. */
  readonly maxWireRatio?: number
}

export interface Check {
  readonly held: boolean
  /** What was found beside what was demanded. */
  readonly text: string
}

/** That all peers are there and hold one model is always demanded. A figure that was not measured holds nothing. */
export function checkSummary(summary: SummaryRecord, expected: Expectations): readonly Check[] {
  const { accuracy, aloneAccuracy, peers, missingPeers, digestsEqual, digest, wireToPayload } = summary
  const gain = aloneAccuracy === null ? null : accuracy.mean - aloneAccuracy.mean
  const checks = [
    { held: missingPeers.length === 0, text: `${peers - missingPeers.length} of ${peers} peers reached the end` },
    { held: digestsEqual, text: digestsEqual ? `one model, ${digest}` : 'the peers hold different models' },
    atLeast('mean accuracy', accuracy.mean, expected.minAccuracy),
    atLeast('gain over training alone', gain, expected.minGain),
    atMost('bytes of updates received per peer', summary.payloadBytesReceivedPerPeer.mean, expected.maxPayload),
    atMost('wire bytes per byte of updates', wireToPayload, expected.maxWireRatio)
  ]
  return checks.filter(check => check !== undefined)
}

function atLeast(name: string, found: number | null, least: number | undefined): Check | undefined {
  if (least === undefined) return undefined
  return { held: found !== null && found >= least, text: `${name} ${shown(found)}, at least ${least} demanded` }
}

function atMost(name: string, found: number | null, most: number | undefined): Check | undefined {
  if (most === undefined) return undefined
  return { held: found !== null && found <= most, text: `${name} ${shown(found)}, at most ${most} demanded` }
}

function shown(value: number | null): string {
  if (value === null) return 'not measured'
  return Number.isInteger(value) ? String(value) : value.toFixed(4)
}
