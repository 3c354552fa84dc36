/** The state of one peer in one swarm; {@link step} owns it. ARCHITECTURE.md. */
import { decodeMember, type Membership, membershipOf } from './admit.js'
import { type Comparison, createComparison } from './antientropy.js'
import { createClock, type EpochClock } from './clock.js'
import { ledgerEpochs, noHistory } from './history.js'
import type { LiveAuthor } from './live.js'
import { createLots, type Lots } from './lots.js'
import { checkedInitialParams, type Manifest } from './manifest.js'
import { createModel, type Model } from './model.js'
import { createSet, type UpdateRecord, type UpdateSet } from './set.js'
import type { MadeSnapshot } from './snapshot.js'

export interface SwarmOptions {
  /** 64 hex digits. */
  readonly self: string
  /** `sync` waits for the epoch to close before the next local steps; `async` trains on. */
  readonly mode: 'sync' | 'async'
  readonly pulseMs: number
  /** Own training samples; 0 for an observer, which never publishes. */
  readonly samples: number
  /** Milliseconds of the peer's clock. */
  readonly now: number
  /** The identity was used before: listen for one epoch before publishing. @default false */
  readonly resumed?: boolean
}

/** Finished local steps that are not yet in the residual. */
export interface Work {
  /** Grid units, length n. */
  readonly delta: Int32Array
  readonly steps: number
}

/** The peer's own part: residual, local steps, publications. */
export interface OwnPart {
  readonly observer: boolean
  /** By its user's wish it publishes nothing for now, and follows. */
  resting: boolean
  /** The identity was used before this life, and what for is not yet known for certain. */
  returned: boolean
  /** What was trained and not yet sent, grid units, length n. */
  residual: Int32Array
  readonly weight: number
  /** Local steps are running. */
  training: boolean
  /** Finished, waiting for an epoch to be published in. */
  waiting: Work | null
  /** An update is being signed and stored. */
  sealing: boolean
  /** What the residual took in for that update; null when none is being signed. */
  taken: Work | null
  /** Latest epoch for which nothing is left to publish; −1 before the first. */
  doneEpoch: number
  /** Latest epoch ever signed; −1 before the first. Nothing is signed for it or an earlier one again. */
  signedEpoch: number
  /** Publishes nothing before this epoch: after a restart or a far jump a peer first listens. */
  watchUntil: number
  /** Since when the peer catches up with a history it was not there for; null when it is up to date. Milliseconds. */
  listeningSince: number | null
  /** First epoch of that history; null when it is known. Until then nothing is folded: it would fold a gap. */
  missedFrom: number | null
  /** Own updates of folded epochs, as far back as the ledger tells: another history may lack them. See carry.ts. */
  readonly mine: Map<number, UpdateRecord>
  /** Epoch in which local steps failed last; −1 before. */
  failedEpoch: number
  loss: number | null
}

export interface Neighbour {
  readonly since: number
  /** When its newest pulse came; null before the first. */
  pulsedAt: number | null
  /** Its next pulse comes within this, milliseconds. */
  intervalMs: number
  leaving: boolean
  observer: boolean
  /** Its newest pulse showed the own history; for who listens, as are the next three. */
  agreed: boolean
  /** Epochs that it was asked about and has not answered yet; null when nothing was. */
  owes: Set<number> | null
  /** End of the old epochs of the pulse after which it was asked. */
  oldEnd: number
  /** Since this peer listens it has told its history: it had the own one, or answered all that was asked about the difference. */
  told: boolean
  readonly comparison: Comparison
}

export interface Counters {
  /** Envelope bytes received, each update once. */
  payloadBytesReceived: number
  /** Local steps whose delta never entered the residual. */
  discardedSteps: number
  /** Sum of the magnitudes, grid units, of residuals that no longer held after a restart; at most 2^53 − 1. */
  lostResidual: number
  /** Own updates that another history lacked, whose values went back to the residual. */
  carriedUpdates: number
  /** Own updates that turned up in a later history after all, whose values left the residual again. */
  takenBackUpdates: number
  /** Own updates older than another history's ledger: whether it holds them nobody can tell. */
  lostUpdates: number
  /** Grid units cut off where a residual would have left its range, magnitudes added up. */
  clampedUnits: number
}

/** A snapshot on its way. */
export interface Fetch {
  readonly epoch: number
  /** SHA-256 of the whole. */
  readonly hash: Uint8Array
  /** Neighbours that serve it. */
  readonly vouchers: readonly string[]
  /** `join`: this peer was not there. `win`: that history wins over the own. `yield`: too few have the own one. */
  readonly why: 'join' | 'win' | 'yield'
}

/** The order in which counters are kept; new ones come last. */
export const COUNTERS = [
  'payloadBytesReceived',
  'discardedSteps',
  'lostResidual',
  'carriedUpdates',
  'takenBackUpdates',
  'lostUpdates',
  'clampedUnits'
] as const satisfies (keyof Counters)[]

export interface SwarmState {
  readonly options: SwarmOptions
  readonly manifest: Manifest
  readonly membership: Membership
  readonly x0: Float64Array
  readonly clock: EpochClock
  readonly lots: Lots
  set: UpdateSet
  model: Model
  readonly own: OwnPart
  readonly neighbours: Map<string, Neighbour>
  /** Claims worth passing on, as signed, by signer. */
  readonly relays: Map<string, Uint8Array>
  /** Counter of the own claims. */
  claims: number
  /** When the next pulse is due. */
  pulseAt: number
  /** Milliseconds from the last pulse to the next, grown while there is nothing to tell. */
  pulseEveryMs: number
  /** Epoch that neighbours know of, from an own update or pulse. */
  toldEpoch: number
  readonly counters: Counters
  /** Set digest at the last report of a settled set. */
  settled: string | null
  /** The last epoch has closed. */
  trained: boolean
  /** The clock stands still, because all rest. */
  still: boolean
  /** Live authors as last computed. */
  live:
    | {
        readonly set: UpdateSet
        readonly version: number
        readonly epoch: number
        readonly authors: ReadonlyMap<string, LiveAuthor>
      }
    | undefined
  /** The snapshot of the base, once it is made, and the one before it, newest first. */
  snapshots: readonly MadeSnapshot[]
  /** The snapshot that is being fetched. */
  fetch: Fetch | null
  /** Since when a snapshot is needed; null when none is. Milliseconds. */
  joiningSince: number | null
  /** What the user was told once. */
  readonly warned: Set<string>
  /** Epoch of the snapshot that the user was last told too few vouch for; null before. */
  doubtedSnapshot: number | null
  /** Old updates each author may still deliver through repair; refilled with time. */
  readonly repairQuota: Map<string, { left: number; at: number }>
}

/** @throws {ManifestError} when x0 is not what the manifest says */
export function createState(manifest: Manifest, options: SwarmOptions): SwarmState {
  const membership = membershipOf(manifest)
  const x0 = checkedInitialParams(manifest)
  const observer = options.samples === 0
  return {
    options,
    manifest,
    membership,
    x0,
    clock: createClock(0, options.now),
    lots: createLots(manifest),
    set: createSet(0, undefined, noHistory(ledgerEpochs(manifest))),
    model: createModelAt(manifest, membership, x0.slice()),
    own: {
      observer,
      resting: false,
      returned: options.resumed ?? false,
      residual: new Int32Array(observer ? 0 : x0.length),
      weight: manifest.aggregation.weighting === 'equal' ? 1 : Math.min(options.samples, manifest.limits.maxWeight),
      training: false,
      waiting: null,
      sealing: false,
      taken: null,
      doneEpoch: -1,
      signedEpoch: -1,
      watchUntil: options.resumed ? 1 : 0,
      listeningSince: options.resumed ? options.now : null,
      missedFrom: null,
      mine: new Map(),
      failedEpoch: -1,
      loss: null
    },
    neighbours: new Map(),
    relays: new Map(),
    claims: 0,
    pulseAt: options.now,
    pulseEveryMs: options.pulseMs,
    toldEpoch: -1,
    counters: {
      payloadBytesReceived: 0,
      discardedSteps: 0,
      lostResidual: 0,
      carriedUpdates: 0,
      takenBackUpdates: 0,
      lostUpdates: 0,
      clampedUnits: 0
    },
    settled: null,
    trained: false,
    still: false,
    live: undefined,
    snapshots: [],
    fetch: null,
    joiningSince: null,
    warned: new Set(),
    doubtedSnapshot: null,
    repairQuota: new Map()
  }
}

export function createModelAt(
  manifest: Manifest,
  membership: Membership,
  params: Float64Array,
  folded: Model['folded'] = new Map()
): Model {
  const { minAuthors, liveWindow } = manifest.aggregation
  return createModel(
    params,
    {
      minAuthors,
      liveWindow,
      maxAuthors: manifest.limits.maxAuthors,
      decode: update => decodeMember(membership, update)
    },
    folded
  )
}

export function createNeighbour(now: number, intervalMs: number): Neighbour {
  return {
    since: now,
    pulsedAt: null,
    intervalMs,
    leaving: false,
    observer: false,
    agreed: false,
    owes: null,
    oldEnd: 0,
    told: false,
    comparison: createComparison()
  }
}
