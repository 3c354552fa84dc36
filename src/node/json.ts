/** The records of the `--json` stream and of `--out`, and the writer that puts one on each line. README.md. */

import type { Moment } from '../faults/index.js'
import type { Violation } from '../sim/invariants/violation.js'

/** How an epoch ended for a peer: enough updates were in, time was up, or the others were far ahead. */
export type ClosedBy = 'quorum' | 'deadline' | 'jump'

/** One peer's view of one epoch that it closed. */
export interface EpochRecord {
  readonly type: 'epoch'
  /** Number in the topology, from 0. */
  readonly peer: number
  /** From 0. */
  readonly epoch: number
  /** The epoch that began then: after a jump not the next one. */
  readonly next: number
  /** Mean training loss of the peer's latest local steps; null before the first. */
  readonly loss: number | null
  /** 0 … 1, on the live evaluation's fixed subsample; null in epochs that were not evaluated. */
  readonly accuracy: number | null
  /** In the set for this epoch when it closed, own one included. */
  readonly updates: number
  readonly closedBy: ClosedBy
  /** Wall milliseconds from the epoch's beginning to its end. */
  readonly durationMs: number
  /** Since the start, each update's envelope once. */
  readonly payloadBytesReceived: number
  /** Since the start: local steps whose delta could not be published. */
  readonly discardedSteps: number
  /** Connected now. Only of a peer that was started by hand, like `liveAuthors`. */
  readonly neighbours?: number
  /** Since it had a neighbour; null while it has one. */
  readonly aloneSeconds?: number | null
  /** Whose updates came lately, the own ones included. */
  readonly liveAuthors?: number
}

/** Something that `--faults` did to the swarm, or took back. */
export interface FaultRecord {
  readonly type: 'fault'
  /** Since the peers began. */
  readonly seconds: number
  /** Of the median peer. */
  readonly epoch: number
  readonly fault:
    | 'crash'
    | 'restart'
    | 'freeze'
    | 'thaw'
    | 'leave'
    | 'return'
    | 'join'
    | 'partition'
    | 'heal'
    /** Rules of links began or ended. */
    | 'links'
  /** Of a partition: who can reach whom, and then each other again. */
  readonly groups?: readonly (readonly number[])[]
  /** Of everything else that happens to peers. */
  readonly peers?: readonly number[]
  /** Of a crash and its restart. */
  readonly disk?: 'kept' | 'lost' | 'torn'
}

/** How often each thing was done to a peer, or to the whole swarm. */
export interface FaultTally {
  readonly crashes: number
  readonly restarts: number
  readonly freezes: number
  readonly leaves: number
  readonly joins: number
  readonly partitions: number
  /** Rules of the file for links, peers and disks; left out when there are none. */
  readonly rules?: number
  /** First moments of the events that never came; left out when all did. */
  readonly neverCame?: readonly Moment[]
  /** What `--skip-unsupported` left out, as errors name it; left out when nothing was. */
  readonly leftOut?: readonly string[]
}

export interface Spread {
  readonly mean: number
  readonly min: number
  readonly max: number
}

export interface MeanMax {
  readonly mean: number
  readonly max: number
}

/** The end of a run, over the peers that reached it. */
export interface SummaryRecord {
  readonly type: 'summary'
  /** As in the topology, missing ones included. */
  readonly peers: number
  /** Closed by every peer that is not missing. */
  readonly epochs: number
  /** Parameters of the model. */
  readonly params: number
  /** From the start of the process to the end of training. */
  readonly wallSeconds: number
  /** From the start of the process; null when nothing was evaluated. */
  readonly firstEvaluationSeconds: number | null
  /** 0 … 1, of every peer's own params on the whole held-out set. */
  readonly accuracy: Spread
  /** The same peers, shards and number of steps without any neighbour; null when it was not measured. */
  readonly aloneAccuracy: Spread | null
  readonly digestsEqual: boolean
  /** State digest, 64 hex digits; null when they differ. */
  readonly digest: string | null
  /** Each update's envelope once. */
  readonly payloadBytesReceivedPerPeer: MeanMax
  /** At the sockets, everything. */
  readonly wireBytesSentPerPeer: MeanMax
  /** At the sockets, everything. */
  readonly wireBytesReceivedPerPeer: MeanMax
  /** What the same epochs cost with dense float32 updates: (peers − 1) × epochs × params × 4. */
  readonly denseBytesPerPeer: number
  /** Mean wire bytes received over mean payload bytes received; null when no payload was received. */
  readonly wireToPayload: number | null
  /** All peers together. */
  readonly discardedSteps: number
  /** User and system, all processes together. */
  readonly cpuSeconds: number
  /** Sum of the peaks of all processes. */
  readonly peakRssBytes: number
  /** Swarm id. */
  readonly swarm: string
  readonly seed: number
  /** Numbers of the peers that did not reach the end. */
  readonly missingPeers: readonly number[]
  /** What `--faults` did; left out without it. */
  readonly faults?: FaultTally
}

/** The end of a peer that was started by hand: the same fields, of what one peer knows. */
export interface NodeSummaryRecord extends Omit<SummaryRecord, 'accuracy' | 'denseBytesPerPeer'> {
  /** 0 … 1, of the own params; null when nothing was evaluated. */
  readonly accuracy: Spread | null
  /** Unknown: peers come and go. */
  readonly denseBytesPerPeer: null
}

/** The end of a simulated run, well or not. All figures but the hostile peers' own are of honest peers. */
export interface SimSummaryRecord extends Omit<SummaryRecord, 'accuracy'> {
  /** 0 … 1; null when no honest peer was left to evaluate. */
  readonly accuracy: Spread | null
  readonly hostilePeers: readonly number[]
  /** Honest peers of whose neighbours half or more are hostile: nothing is promised to them. */
  readonly besiegedPeers: readonly number[]
  /** `settled` is the good one; `deserted`: nobody was left, for ever, to whom anything is promised. */
  readonly end: 'settled' | 'unsettled' | 'stalled' | 'deserted'
  /** Empty when all hold. PROTOCOL.md, section 9. */
  readonly invariantsBroken: readonly Violation[]
  readonly virtualSeconds: number
  /** Of virtual time, from the end of training to equal digests. */
  readonly settleSeconds: number
  readonly events: number
  /** Equal for equal runs, 64 hex digits. */
  readonly eventLogDigest: string
}

export type JsonRecord = EpochRecord | FaultRecord | SummaryRecord | SimSummaryRecord

export interface JsonLines {
  /** Never throws on a reader that went away; then and after `end` it does nothing. */
  write(record: JsonRecord | NodeSummaryRecord): void
  /** Resolves when everything written has left the process or cannot any more. */
  end(): Promise<void>
}

/** The part of a stream that the writer needs; `process.stdout` and file streams have it. */
export interface LineOutput {
  write(text: string, done?: (error?: Error | null) => void): boolean
  on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown
}

/**
 * One JSON object per line, each in a single write, so that lines never mix.
 * @param onClosed called once when the reader went away (EPIPE), as in `starlings … --json | head`; other errors are thrown
 */
export function createJsonLines(output: LineOutput, onClosed: () => void = () => {}): JsonLines {
  let closed = false
  output.on('error', error => {
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error
    if (closed) return
    closed = true
    onClosed()
  })
  return {
    write(record) {
      if (!closed) output.write(`${JSON.stringify(record)}\n`)
    },
    end() {
      return new Promise(resolve => {
        if (closed) return resolve()
        // Writes keep their order, so this one's end is the end of all before it.
        output.write('', () => resolve())
        closed = true
      })
    }
  }
}
