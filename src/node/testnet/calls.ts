/** What the testnet's parent process asks its children, and what they tell it by themselves. */
import type { Manifest } from '../../core/protocol/manifest.js'
import type { Delay } from '../../faults/index.js'
import type { Evaluation, PeerKey } from '../../interface.js'
import type { EpochReport, PeerStatus } from '../../peer/events.js'
import type { Partition } from '../../train/partition.js'
import type { ProcessUsage } from '../usage.js'

/** One peer of a process. */
export interface Seat {
  readonly peer: number
  /** Where it was listening before it went down; neighbours still dial it there. */
  readonly port?: number
  /** Folder of what it keeps; without it the peer's memory ends with the process. */
  readonly home?: string
  /** Which order of the batches: how often the peer has started before. @default 0 */
  readonly order?: number
  /** Local steps take so many times as long. @default 1 */
  readonly slowdown?: number
}

/** One direction of a link, as plain data. */
export interface LineOrder {
  /** 0 … 1 */
  readonly loss: number
  readonly delayMs: Delay | null
  readonly bandwidthKbps: number | null
}

/** What lies between a peer of this process and another one. */
export interface LinkOrder {
  readonly key: PeerKey
  readonly cut: boolean
  /** Null: nothing is wrong. */
  readonly inbound: LineOrder | null
  readonly outbound: LineOrder | null
}

/** All bad links of one peer; those not named are good. */
export interface PeerLinks {
  readonly peer: number
  readonly links: readonly LinkOrder[]
}

export interface PrepareInput {
  readonly manifest: Manifest
  readonly mode: 'sync' | 'async'
  /** The peers that this child runs. */
  readonly peers: readonly Seat[]
  /** Peers in the whole testnet. */
  readonly peerCount: number
  readonly partition: Partition
  /** Of the shards. */
  readonly seed: number
  readonly data?: string
  /** Largest part of one core's time that each peer may spend on evaluations while training. */
  readonly evaluationShare: number
  /** Between pulses when nothing happens. @default the peer's */
  readonly pulseMs?: number
  /** Whether links may go bad while the peers run. */
  readonly faultyLinks: boolean
}

export interface Listening {
  readonly peer: number
  readonly key: PeerKey
  /** Multiaddrs, /p2p/<id> included. */
  readonly addresses: readonly string[]
  /** Samples of the own shard. */
  readonly samples: number
}

export interface Dial {
  readonly from: number
  readonly to: readonly string[]
}

/** Taken while the peers run, so that what the testnet does afterwards does not count. */
export interface PeerMeasure {
  readonly peer: number
  readonly status: PeerStatus
  readonly wireBytesSent: number
  readonly wireBytesReceived: number
}

export interface PeerResult {
  readonly peer: number
  readonly stateDigest: string
  /** Of the own params on everything held out. */
  readonly evaluation: Evaluation
}

export interface AloneInput {
  /** Epochs after which to evaluate on the subsample; the end comes by itself, on everything held out. */
  readonly checkpoints: readonly number[]
  readonly epochs: number
  /** Held-out samples of an evaluation at a checkpoint. */
  readonly samples: number
}

export interface AloneCurve {
  readonly peer: number
  readonly points: readonly { readonly epoch: number; readonly accuracy: number }[]
  readonly final: Evaluation
}

/** Requests of the parent and their answers. */
export interface Calls {
  /** Data, keys, libp2p nodes, trainers. */
  prepare: { readonly input: PrepareInput; readonly output: readonly Listening[] }
  /** Starts the peers: from here on they answer others. */
  start: { readonly input: null; readonly output: null }
  /** Dials in the background, and again whenever a connection is gone. */
  dial: { readonly input: readonly Dial[]; readonly output: null }
  /** From now on. Links that were cut are tried again at once. */
  links: { readonly input: readonly PeerLinks[]; readonly output: null }
  /** The peers say goodbye and stop. */
  leave: { readonly input: null; readonly output: null }
  measure: { readonly input: null; readonly output: readonly PeerMeasure[] }
  /** Stops the peers and their nodes, then evaluates in full. */
  finish: { readonly input: null; readonly output: readonly PeerResult[] }
  /** The same work with own data only. */
  alone: { readonly input: AloneInput; readonly output: readonly AloneCurve[] }
  params: { readonly input: { readonly peer: number }; readonly output: Float32Array }
  usage: { readonly input: null; readonly output: ProcessUsage }
}

export type CallName = keyof Calls

export type Request = {
  readonly [K in CallName]: { readonly id: number; readonly call: K; readonly input: Calls[K]['input'] }
}[CallName]

/** What happened to an error on its way between processes. */
export interface PlainError {
  readonly name: string
  readonly message: string
  readonly stack?: string
}

export type Notice =
  | { readonly notice: 'epoch'; readonly peer: number; readonly report: EpochReport }
  | { readonly notice: 'trained'; readonly peer: number; readonly epoch: number }
  /** It trains again, after its rest had ended training. */
  | { readonly notice: 'awake'; readonly peer: number }
  | { readonly notice: 'settled'; readonly peer: number; readonly setDigest: string }
  | { readonly notice: 'alone'; readonly peer: number; readonly progress: number }
  | { readonly notice: 'warning'; readonly peer: number; readonly message: string }

export type FromChild =
  | { readonly id: number; readonly output: Calls[CallName]['output'] }
  | { readonly id: number; readonly error: PlainError }
  | Notice
