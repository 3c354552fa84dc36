/** What goes between the page, which has the connections, and the thread on which its peer decides. */
import type { Manifest } from '../../../core/protocol/manifest.js'
import type { Verdict } from '../../../core/protocol/verdict.js'
import type { PeerKey, RequestKind } from '../../../interface.js'
import type { EpochReport, PeerStatus } from '../../../peer/events.js'
import type { Opened } from '../../../train/remote/calls.js'
import type { Point, RestReason } from '../session.js'

/** The two ports that the thread is given as its first message: the page's and the trainers'. */
export interface PeerPorts {
  readonly page: MessagePort
  readonly trainers: MessagePort
}

/** A second model, trained on the own data only. */
export interface AlonePart {
  readonly opened: Opened
  /** From an earlier visit. */
  readonly kept?: KeptAlone | undefined
}

export interface KeptAlone {
  readonly params: Float32Array
  /** Of the optimiser. */
  readonly state: Uint8Array
}

export interface OpenPeer {
  readonly manifest: Manifest
  /** x0 as peers hand it on, where the manifest does not draw it. */
  readonly start?: Uint8Array | undefined
  /** Name of the database in which it keeps its state. */
  readonly store: string
  /** As libp2p writes it. */
  readonly privateKey: Uint8Array
  /** The identity took part in this swarm before, and what it kept is gone. */
  readonly resumed: boolean
  /** Absent for a peer without data. */
  readonly trainer?: Opened | undefined
  readonly alone?: AlonePart | undefined
}

/** One look at the peer. */
export interface Look {
  readonly status: PeerStatus
  /** Of the shared params, 64 hex digits. */
  readonly digest: string
  /** What is known of each neighbour. */
  readonly neighbours: readonly { readonly key: PeerKey; readonly epoch: number | null; readonly heardMs: number }[]
  /** Coordinates of what was trained and not yet sent that are not zero. */
  readonly residual: number
  /** Mean training loss of the latest local steps. */
  readonly loss: number | null
}

export type PeerEvent =
  | { readonly type: 'epoch'; readonly report: EpochReport }
  /** The model that learns alone was tried. */
  | { readonly type: 'alone'; readonly point: Point }
  | { readonly type: 'trained' }
  | { readonly type: 'settled'; readonly setDigest: string }
  | { readonly type: 'note'; readonly message: string }
  | { readonly type: 'warning'; readonly message: string }

/** Answered by the peer's thread. */
export interface PeerCalls {
  open: { readonly input: OpenPeer; readonly output: null }
  start: { readonly input: null; readonly output: null }
  look: { readonly input: null; readonly output: Look }
  /** Those of the page that hold from now on. */
  rest: { readonly input: readonly RestReason[]; readonly output: null }
  alone: { readonly input: null; readonly output: KeptAlone | null }
  stop: { readonly input: null; readonly output: null }
  validate: { readonly input: { readonly bytes: Uint8Array; readonly from: PeerKey }; readonly output: Verdict }
  pulse: { readonly input: { readonly bytes: Uint8Array; readonly from: PeerKey }; readonly output: null }
  request: {
    readonly input: { readonly kind: RequestKind; readonly bytes: Uint8Array; readonly from: PeerKey }
    readonly output: Uint8Array
  }
  neighbour: { readonly input: { readonly peer: PeerKey; readonly connected: boolean }; readonly output: null }
}

/** Answered by the page. */
export interface NetworkCalls {
  startGossip: { readonly input: null; readonly output: null }
  publish: { readonly input: Uint8Array; readonly output: number }
  penalise: { readonly input: PeerKey; readonly output: null }
  stopGossip: { readonly input: null; readonly output: null }
  startStreams: { readonly input: null; readonly output: null }
  sendPulse: { readonly input: { readonly to: PeerKey; readonly bytes: Uint8Array }; readonly output: null }
  ask: {
    readonly input: {
      readonly to: PeerKey
      readonly kind: RequestKind
      readonly bytes: Uint8Array
      readonly maxBytes: number
      readonly timeoutMs: number
    }
    readonly output: Uint8Array
  }
  stopStreams: { readonly input: null; readonly output: null }
  tell: { readonly input: PeerEvent; readonly output: null }
}
