/** What a peer reports as what `--json` and `--out` record. */
import type { EpochReport } from '../peer/events.js'
import type { EpochRecord } from './json.js'

/** @param peer number in the topology; 0 for a peer that was started by hand */
export function epochRecord(peer: number, report: EpochReport): EpochRecord {
  const { epoch, next, loss, accuracy, updates, closedBy, durationMs, payloadBytesReceived, discardedSteps } = report
  return {
    type: 'epoch',
    peer,
    epoch,
    next,
    loss,
    accuracy,
    updates,
    closedBy,
    durationMs: Math.round(durationMs),
    payloadBytesReceived,
    discardedSteps
  }
}

/** Milliseconds are as much as the clock of a busy machine can tell. */
export function roundSeconds(seconds: number): number {
  return Math.round(seconds * 1000) / 1000
}
