/** What a peer tells its user. */
import type { Input, StepResult } from '../core/protocol/effects.js'
import type { Manifest } from '../core/protocol/manifest.js'
import type { SwarmState } from '../core/protocol/state.js'
import type { Clock, Gossip, Identity, Metrics, PeerKey, Store, Streams, Trainer } from '../interface.js'

export interface PeerComponents {
  readonly identity: Identity
  readonly gossip: Gossip
  readonly streams: Streams
  readonly clock: Clock
  /** What outlives the process; absent for a peer that keeps nothing. Its opener closes it after `stop()`. */
  readonly store?: Store
  /** Absent for a peer that only listens, relays and serves repair. */
  readonly trainer?: Trainer
  readonly metrics?: Metrics
  readonly watch?: Watch
}

/** Looks on, as the simulator's checks do. It must change nothing. */
export interface Watch {
  /** The state that the peer begins with. */
  began(state: Readonly<SwarmState>): void
  /** After each step, before its effects are run. */
  stepped(input: Input, result: StepResult): void
}

export interface PeerInit {
  readonly manifest: Manifest
  /** `sync` waits for the epoch to close before the next round of local steps; `async` trains on. @default 'sync' */
  readonly mode?: 'sync' | 'async'
  /**
   * The identity took part before, and what it kept is lost: it first listens, and never publishes for an epoch twice. Not needed
   * where the store still has it. @default false
   */
  readonly resumed?: boolean
  /** Milliseconds between pulses when nothing happens, 100 … 60,000. @default 2000 */
  readonly pulseMs?: number
  /** Held-out samples of an evaluation while training, at least 1. @default 256 */
  readonly evaluationSamples?: number
  /** Largest part of the time that evaluations while training may take, 0 … 1; 0 turns them off. @default 0.1 */
  readonly evaluationShare?: number
}

/** One closed epoch as one peer saw it. */
export interface EpochReport {
  /** The epoch that closed. */
  readonly epoch: number
  /** The epoch that began then; after a jump not the next one. */
  readonly next: number
  /** Mean training loss of the latest local steps; null before the first. */
  readonly loss: number | null
  /** On the fixed subsample, with the params at the close; null when no evaluation was due. */
  readonly accuracy: number | null
  /** Updates of the epoch in the own set when it closed, own one included. */
  readonly updates: number
  /** Updates that were expected. */
  readonly expected: number
  readonly closedBy: 'quorum' | 'deadline' | 'jump'
  /** Milliseconds since the epoch began. */
  readonly durationMs: number
  /** Envelope bytes of all updates received so far, each once. */
  readonly payloadBytesReceived: number
  /** Local optimiser steps so far whose delta was never taken in. */
  readonly discardedSteps: number
}

export interface PeerEvents {
  epoch: EpochReport
  /** The manifest's last epoch has closed; repair goes on. */
  trained: { readonly epoch: number }
  /** A reason to rest came or went; the list is empty when the peer trains again. */
  resting: { readonly reasons: readonly string[] }
  /** The clock stands still, because all rest; or no longer does. */
  still: { readonly epoch: number; readonly still: boolean }
  /** After `trained`, or while all rest: every reachable neighbour has the same set. May fire again after it changed. */
  settled: { readonly setDigest: string }
  neighbour: { readonly peer: PeerKey; readonly connected: boolean }
  /** Without a neighbour for `forMs`; comes again at growing intervals. `before`: there has been one in this run. */
  alone: { readonly forMs: number; readonly before: boolean }
  /** After `alone`: somebody is there again. */
  together: { readonly afterMs: number }
  /** A line for the user about something that is as it should be. */
  note: { readonly message: string }
  /** One or two lines for the user. */
  warning: { readonly message: string }
}

export interface PeerStatus {
  readonly epoch: number
  readonly trained: boolean
  /** Why it publishes nothing for now, in the order in which that came; empty when it takes part. */
  readonly resting: readonly string[]
  /** Nobody trains: the clock stands still until somebody does. */
  readonly still: boolean
  readonly neighbours: number
  /** Milliseconds without a neighbour; null while there is one, and before the start. */
  readonly aloneMs: number | null
  readonly liveAuthors: number
  /** Updates in the set. */
  readonly updates: number
  /** First epoch whose updates are kept; those before were folded into the params. */
  readonly keptFrom: number
  readonly payloadBytesReceived: number
  readonly discardedSteps: number
  /** Sum of the magnitudes of all that was trained, not sent, and lost; in units of a parameter. */
  readonly lostResidual: number
  /** Own updates that a history taken over from others lacked, and that are sent again. */
  readonly carriedUpdates: number
  /** Own updates too old to tell whether that history holds them. */
  readonly lostUpdates: number
  /** `unsaved`: the store fails, and a restart would lose what came since. `nothing`: this peer keeps nothing. */
  readonly storing: 'nothing' | 'saved' | 'unsaved'
  /** SHA-256 over all set digests, 64 hex digits; equal sets give equal digests. */
  readonly setDigest: string
  /** The newest update of somebody else that came in this run; null before the first. */
  readonly lastUpdate: SeenUpdate | null
  /** The newest own update that was sent in this run. */
  readonly lastOwnUpdate: SeenUpdate | null
}

export interface SeenUpdate {
  readonly author: PeerKey
  readonly epoch: number
  /** When it came or went, milliseconds of the peer's clock. */
  readonly atMs: number
}

/** A neighbour as its pulses show it. */
export interface NeighbourStatus {
  readonly peer: PeerKey
  /** Where its clock stood; null before its first pulse. */
  readonly epoch: number | null
  /** It publishes nothing for now: it rests, catches up, or has no data. */
  readonly observer: boolean
  /** When its newest pulse came, milliseconds of the peer's clock; null before the first. */
  readonly heardAtMs: number | null
  /** Its newest pulse showed another history of the epochs that are past changing often. */
  readonly differs: boolean
}
