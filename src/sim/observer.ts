/**
 * Who looks on while a run is simulated: the checks of invariants, the event log, a live view. Whoever looks on changes nothing,
 * and draws nothing from the run's seed.
 */
import type { Effect, Input } from '../core/protocol/effects.js'
import type { Manifest } from '../core/protocol/manifest.js'
import type { SwarmState } from '../core/protocol/state.js'
import type { Verdict } from '../core/protocol/verdict.js'
import type { FaultAction, Faults, HostileKind } from '../faults/index.js'
import type { PeerKey } from '../interface.js'
import type { EpochReport } from '../peer/events.js'
import type { CrashReport, VirtualDisk } from './disk.js'

/** One place in the topology. Who runs there may crash and start again: each life is a new process with a new state. */
export interface RunPeer {
  readonly peer: number
  readonly key: PeerKey
  /** Null: honest. */
  readonly hostile: HostileKind | null
  /** At least half of its neighbours are hostile: it cannot tell whom to believe, and nothing is promised to it. */
  readonly besieged: boolean
  readonly condition: 'up' | 'absent' | 'crashed' | 'frozen' | 'left'
  /** Counted from 0; −1 before the first. */
  readonly life: number
  /** Of the process that runs, or ran last; undefined before the first and for hostile peers. To be read only. */
  readonly state: Readonly<SwarmState> | undefined
  readonly disk: VirtualDisk
  /** Score it took from its neighbours, in all its lives. */
  readonly penalties: ReadonlyMap<PeerKey, number>
  /** `settled` was the last thing it said about its set, in this life. */
  readonly settled: boolean
}

export interface RunView {
  readonly manifest: Manifest
  /** Null: nothing goes wrong. */
  readonly faults: Faults | null
  readonly peers: readonly RunPeer[]
  /** Of the topology, and those that came since. */
  readonly edges: readonly (readonly [number, number])[]
  readonly pulseMs: number
  /** Virtual milliseconds. */
  now(): number
  /** Whether two peers have a link that a partition does not cut now. Lossy links count. */
  connected(a: number, b: number): boolean
  /** The faults have ended, and since when, virtual milliseconds; null: not yet. */
  faultsEndedAt(): number | null
  /** Messages on their way now. */
  inFlight(): number
}

export interface StepSeen {
  readonly input: Input
  readonly effects: readonly Effect[]
  readonly verdict: Verdict | undefined
}

/** All are called for honest peers only, but the first and the last; what they throw ends the run. */
export interface RunObserver {
  /** Once, before anybody starts. */
  onBegin?(run: RunView): void
  /** A process begins, its state as restored. `disk`: what the crash before it did; null: a first start or a return. */
  onStart?(peer: RunPeer, disk: 'kept' | 'lost' | 'torn' | null): void
  /** After a step of the core and before its effects are run. */
  onStep?(peer: RunPeer, step: StepSeen): void
  /** Killed, or gone with a goodbye (no report). */
  onGone?(peer: RunPeer, crash: CrashReport | null): void
  onEpoch?(peer: RunPeer, report: EpochReport): void
  onWarning?(peer: RunPeer, message: string): void
  onSettled?(peer: RunPeer, setDigest: string): void
  /** A fault begins or ends. */
  onFault?(action: FaultAction): void
  /** Every virtual second, between events. */
  onSecond?(run: RunView): void
  /** Faults and training are over, and the run with them. `settled`: every honest peer that is up is. */
  onEnd?(run: RunView, end: { readonly settled: boolean }): void
}
