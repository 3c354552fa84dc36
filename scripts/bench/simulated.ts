/** One simulated run of real digits peers, and the figures that benchmarks compare. */
import { toFloat32 } from '#src/core/grid.js'
import { deadlineMs } from '#src/core/protocol/deadline.js'
import { type Manifest, parseManifest } from '#src/core/protocol/manifest.js'
import { followSet } from '#src/core/protocol/model.js'
import type { Faults } from '#src/faults/index.js'
import { SIM_CLOCK } from '#src/node/sim/plan.js'
import { runPlanned } from '#src/node/sim/run.js'
import { realTrainers } from '#src/node/sim/trainers.js'
import type { RunObserver } from '#src/sim/observer.js'
import type { Topology } from '#src/topology/index.js'
import { createManifest, type ManifestOptions } from '#src/train/manifest.js'

export interface SimulatedRun {
  readonly topology: Topology
  readonly seed: number
  readonly epochs: number
  readonly faults?: Faults | undefined
  readonly mode?: 'sync' | 'async' | undefined
  readonly manifest?: Partial<ManifestOptions> | undefined
  readonly limits?: Partial<Manifest['limits']> | undefined
  readonly clock?: Partial<Manifest['clock']> | undefined
}

export interface SimulatedFigures {
  /** Mean over the peers and the last ten epochs, on everything held out, 0 … 1. */
  readonly accuracy: number
  readonly digestsEqual: boolean
  /** Different bases at the end. */
  readonly bases: number
  /** Invariants that did not hold; a run that did not settle broke I4. */
  readonly broken: readonly string[]
  readonly virtualSeconds: number
  /** From the end of training to equal sets. */
  readonly settleSeconds: number
  /** Updates published, of which each peer's final set or base must hold all. */
  readonly published: number
  /** Entries in the final history, folded ones included; the least of all peers. */
  readonly held: number
  /** By peer: updates published a second of virtual training. */
  readonly rate: readonly number[]
  /** Longest epoch that was closed by its deadline, and the longest deadline, milliseconds. */
  readonly longestMs: number
  readonly longestDeadlineMs: number
  /** Median deadline of the peers in the middle of training and at its end, milliseconds. */
  readonly deadlines: ReadonlyMap<number, number>
  readonly carriedUpdates: number
  readonly lostUpdates: number
  readonly payloadPerPeer: number
}

/** Accuracy is a mean over so many last epochs. */
const LAST_EPOCHS = 10

export async function runSimulated(run: SimulatedRun): Promise<SimulatedFigures> {
  const { topology, seed, epochs, faults, mode = 'sync' } = run
  const made = createManifest({
    task: { kind: 'digits' },
    seed,
    epochs,
    expectedPeers: topology.peers,
    clock: { ...SIM_CLOCK, ...run.clock },
    ...run.manifest
  })
  const manifest = parseManifest({ ...made, limits: { ...made.limits, ...run.limits } })
  const partition = { kind: 'dirichlet', alpha: 0.1 } as const
  const trainers = await realTrainers({ manifest, peers: topology.peers, partition, seed })
  const watch = createWatch(topology.peers, epochs)
  const { outcome, broken } = await runPlanned(
    topology,
    { manifest, faults },
    trainers,
    { seed, mode },
    {
      observers: [watch.observer],
      // The model is judged here, on everything held out.
      evaluationShare: 0
    }
  )
  const judge = trainers.open({ peer: 0, clock: { now: () => 0, after: () => () => {} }, slowdown: 1 })
  let sum = 0
  for (const params of watch.late) sum += (await judge.evaluate(params)).accuracy
  const statuses = outcome.peers.map(({ status }) => status)
  return {
    accuracy: sum / watch.late.length,
    digestsEqual: outcome.end === 'settled' && new Set(outcome.peers.map(peer => peer.stateDigest)).size === 1,
    bases: new Set(statuses.map(({ keptFrom }) => keptFrom)).size,
    broken: broken.map(({ id }) => id),
    virtualSeconds: outcome.virtualSeconds,
    settleSeconds: outcome.settleSeconds,
    ...watch.figures(),
    payloadPerPeer: statuses.reduce((total, status) => total + status.payloadBytesReceived, 0) / statuses.length
  }
}

function createWatch(peers: number, epochs: number) {
  const late: Float32Array[] = []
  const signed = new Set<string>()
  const times: number[][] = Array.from({ length: peers }, () => [])
  const deadlines = new Map<number, number[]>()
  let longestMs = 0
  let longestDeadlineMs = 0
  let held = Number.POSITIVE_INFINITY
  let carriedUpdates = 0
  let lostUpdates = 0
  const observer: RunObserver = {
    onStep({ peer, key, state }, { effects }) {
      if (state === undefined) return
      for (const effect of effects) {
        if (effect.type === 'gossip') {
          signed.add(`${key} ${state.own.signedEpoch}`)
          times[peer]!.push(state.clock.enteredAt)
        }
        if (effect.type !== 'closed') continue
        const deadline = deadlineMs(state.clock, state.manifest.clock)
        deadlines.set(effect.epoch, [...(deadlines.get(effect.epoch) ?? []), deadline])
        if (effect.closedBy === 'deadline') {
          longestMs = Math.max(longestMs, effect.durationMs)
          longestDeadlineMs = Math.max(longestDeadlineMs, deadline)
        }
        if (effect.epoch < epochs - LAST_EPOCHS) continue
        followSet(state.model, state.set)
        late.push(toFloat32(state.model.params))
      }
    },
    onEnd({ peers: places }) {
      for (const { state, condition } of places) {
        if (state === undefined || condition !== 'up') continue
        let { entries } = state.set.history
        for (const kept of state.set.epochs.values()) entries += kept.entries.size
        held = Math.min(held, entries)
        carriedUpdates += state.counters.carriedUpdates
        lostUpdates += state.counters.lostUpdates
      }
    }
  }
  return {
    observer,
    late,
    figures: () => ({
      published: signed.size,
      held,
      rate: times.map(at => (at.length < 2 ? 0 : (1000 * (at.length - 1)) / (at.at(-1)! - at[0]!))),
      longestMs,
      longestDeadlineMs,
      deadlines: new Map([...deadlines].map(([epoch, all]) => [epoch, median(all)])),
      carriedUpdates,
      lostUpdates
    })
  }
}

/** Of an even number the lower one, so that it is a figure that was measured. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[(values.length - 1) >> 1] ?? Number.NaN
}
