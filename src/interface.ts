/** What a peer needs from outside; every adapter implements one of these and decides nothing. ARCHITECTURE.md. */
import type { TensorSpec } from './core/protocol/init.js'
import type { Verdict } from './core/protocol/verdict.js'

/** A peer's name everywhere inside: its raw Ed25519 public key as 64 lower-case hex digits. */
export type PeerKey = string

export interface TrainResult {
  /** Length n. */
  readonly params: Float32Array
  /** Mean training loss over the steps. */
  readonly loss: number
}

export interface Evaluation {
  readonly loss: number
  /** 0 … 1 */
  readonly accuracy: number
  /** Samples evaluated. */
  readonly samples: number
  /** Milliseconds of computing, waiting excluded. */
  readonly computeMs: number
}

/** Local training behind flat vectors. Implementations pass `test/support/trainer-contract.ts`. */
export interface Trainer {
  /** Order, names and shapes of the flat vector. */
  readonly tensors: readonly TensorSpec[]
  /** Training samples this peer holds; 0 for a peer without data. */
  readonly samples: number
  /** Held-out samples. */
  readonly testSamples: number
  /**
   * `steps` optimiser steps starting from `params` (length n, left as it is), on the next batches of the own data.
   * The optimiser's state is kept from one call to the next. One call at a time.
   */
  train(params: Float32Array, steps: number, options?: { readonly signal?: AbortSignal }): Promise<TrainResult>
  /** On the held-out samples: all of them, or a fixed subsample of at most `maxSamples`. */
  evaluate(
    params: Float32Array,
    options?: { readonly maxSamples?: number; readonly signal?: AbortSignal }
  ): Promise<Evaluation>
  /** The optimiser's state, as opaque bytes with a version of its own; not the data's order, which may begin again. */
  state(): Promise<Uint8Array>
  /** Takes back what {@link state} gave, before the first `train`. Rejects, and changes nothing, when it does not fit. */
  restore(state: Uint8Array): Promise<void>
  stop(): Promise<void>
}

/** Best-effort spreading of updates. */
export interface Gossip {
  /** `validate` answers before a message is forwarded or applied. It never throws. */
  start(validate: (bytes: Uint8Array, from: PeerKey) => Promise<Verdict>): Promise<void>
  /** @returns how many neighbours it was handed to; 0 is not an error */
  publish(bytes: Uint8Array): Promise<number>
  /** Takes score from a neighbour for what only it can be blamed for. */
  penalise(peer: PeerKey): void
  stop(): Promise<void>
}

/** What a neighbour may ask for. Each kind is its own libp2p protocol. */
export type RequestKind = 'repair' | 'snapshot'

export interface StreamHandlers {
  /** A small one-way message arrived (a pulse). */
  pulse(bytes: Uint8Array, from: PeerKey): void
  /** Answers a request; rejecting resets the stream. */
  request(kind: RequestKind, bytes: Uint8Array, from: PeerKey): Promise<Uint8Array>
  /** Connected and speaking this swarm's protocols, or gone. */
  neighbour(peer: PeerKey, connected: boolean): void
}

/** Direct exchanges between neighbours. Implementations bound sizes and times on both sides. */
export interface Streams {
  start(handlers: StreamHandlers): Promise<void>
  /** Over one long-lived stream per neighbour. Rejects when it could not be written. */
  pulse(to: PeerKey, bytes: Uint8Array): Promise<void>
  /** One request, one answer of at most `maxBytes`. Rejects on timeout, abort, reset or an oversized answer. */
  request(
    to: PeerKey,
    kind: RequestKind,
    bytes: Uint8Array,
    options: { readonly maxBytes: number; readonly timeoutMs: number; readonly signal?: AbortSignal }
  ): Promise<Uint8Array>
  stop(): Promise<void>
}

export interface Clock {
  /** Milliseconds, monotonic, from any origin. */
  now(): number
  /** @returns cancels it */
  after(ms: number, callback: () => void): () => void
}

/** The key pair of a peer and the check of anybody's signature. */
export interface Identity {
  readonly key: PeerKey
  sign(message: Uint8Array): Promise<Uint8Array>
  /** Ed25519. @param publicKey 32 bytes @param signature 64 bytes; never throws */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean>
}

export interface StoreChange {
  /** ASCII; see PROTOCOL.md, "What a peer keeps". */
  readonly key: string
  /** Null deletes. The store may keep the array itself: it is not changed afterwards. */
  readonly value: Uint8Array | null
}

/**
 * A durable, ordered map from keys to bytes. What is written where is the business of `src/peer/journal.ts`.
 * Implementations pass `test/support/store-contract.ts`.
 */
export interface Store {
  /** Entries whose key starts with `prefix`, in the order of their keys. */
  read(prefix: string): AsyncIterable<readonly [key: string, value: Uint8Array]>
  /**
   * All changes or none; of two of one key the later holds. `durable`: resolves when they outlive a power cut. Without it one
   * may take them, but only together with everything written later. Writes take effect in the order of the calls.
   * Rejects when it could not be written; it may then still turn up after a restart, whole.
   */
  write(changes: readonly StoreChange[], options: { readonly durable: boolean }): Promise<void>
  /** Notes, durably and in place, the latest epoch signed: it needs no free space. Rejects on a read-only disk. */
  mark(epoch: number): Promise<void>
  /** The newest mark; null when there is none. */
  marked(): Promise<number | null>
  /** Its owner's to call, not the peer's. Twice is fine; everything after it rejects. */
  close(): Promise<void>
}

/** Where a peer counts what it sees; names are listed in PROTOCOL.md. */
export interface Metrics {
  count(name: string, by?: number): void
}
