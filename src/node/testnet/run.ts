/** One testnet from the first process to the last answer. The parent trains nothing and is nobody's coordinator. */
import type { Manifest } from '../../core/protocol/manifest.js'
import type { Timeline } from '../../faults/index.js'
import { systemClock } from '../../net/clock.js'
import type { EpochReport } from '../../peer/events.js'
import type { Topology } from '../../topology/index.js'
import { InputError } from '../cli/errors.js'
import { unlessInterrupted } from '../cli/interrupt.js'
import type { FaultRecord, FaultTally } from '../json.js'
import { processUsage } from '../usage.js'
import { temporaryHomes } from './belongings.js'
import type { AloneCurve, Notice, PeerMeasure, PeerResult, PrepareInput } from './calls.js'
import { Children } from './children.js'
import { FaultDriver } from './fault-driver.js'
import { Roster } from './roster.js'
import { Settling } from './settling.js'

export type TestnetPhase = 'starting' | 'training' | 'settling' | 'evaluating' | 'alone'

export interface TestnetObserver {
  phase(phase: TestnetPhase): void
  epoch(peer: number, report: EpochReport): void
  /** @param progress 0 … 1 of one peer's baseline */
  alone(peer: number, progress: number): void
  warning(message: string): void
  /** Something that was meant to go wrong, or its end. */
  fault(record: FaultRecord): void
  /** A process ended that nobody meant to end. */
  lost(peers: readonly number[], how: string): void
  /** What a process wrote to stderr, as it came. */
  stderr(text: string): void
}

export interface TestnetPlan {
  readonly topology: Topology
  /** Peers of each process. */
  readonly shares: readonly (readonly number[])[]
  readonly prepare: Omit<PrepareInput, 'peers'>
  /** What is to go wrong; null: nothing. */
  readonly faults: Timeline | null
  /** Whether peers go down, and so need to keep what they have. */
  readonly keeps: boolean
  /** Epochs after which the alone baseline is evaluated, for the plot. */
  readonly checkpoints: readonly number[]
  /** Held-out samples of each of those evaluations. */
  readonly checkpointSamples: number
}

export interface TestnetOutcome {
  /** All by peer number, survivors only. */
  readonly measures: readonly PeerMeasure[]
  readonly results: readonly PeerResult[]
  readonly alone: readonly AloneCurve[]
  readonly missing: readonly number[]
  /** Null without faults. */
  readonly faults: FaultTally | null
  /** From the start of this process to the end of training. */
  readonly wallSeconds: number
  readonly firstEvaluationSeconds: number | null
  /** Until the end of training, of the processes that reached it. */
  readonly cpuSeconds: number
  /** Sum over those processes of each one's own peak, until the very end. */
  readonly peakRssBytes: number
  /** Of the first survivor. */
  readonly params: Float32Array
}

/** Longest silence while every peer has trained and some are not settled. */
const SETTLE_MS = 30_000

/** @throws {InputError} when nothing is left to go on with, {Interrupted} when `signal` was aborted */
export async function runTestnet(
  plan: TestnetPlan,
  observer: TestnetObserver,
  signal: AbortSignal
): Promise<TestnetOutcome> {
  const { topology, shares, prepare, faults } = plan
  const absent = faults === null ? [] : shares.flat().filter(peer => faults.peers[peer]?.late)
  const settling = new Settling(topology, absent)
  let firstEvaluationSeconds: number | null = null
  let news = (): void => undefined
  let driver: FaultDriver | undefined
  let roster: Roster | undefined

  const onNotice = (notice: Notice): void => {
    if (notice.notice === 'warning') observer.warning(`peer ${notice.peer}: ${notice.message}`)
    // Of a life that was ordered to end: whoever comes back says all of it anew.
    else if (roster?.isGoing(notice.peer)) return
    else if (notice.notice === 'epoch') {
      if (notice.report.accuracy !== null) firstEvaluationSeconds ??= performance.now() / 1000
      observer.epoch(notice.peer, notice.report)
      driver?.entered(notice.peer, notice.report.next)
    } else if (notice.notice === 'trained') {
      settling.trained(notice.peer)
      // The report of its last epoch may wait for an evaluation.
      driver?.entered(notice.peer, notice.epoch)
    } else if (notice.notice === 'awake') settling.awake(notice.peer)
    else if (notice.notice === 'settled') settling.settled(notice.peer, notice.setDigest)
    else observer.alone(notice.peer, notice.progress)
    news()
  }
  const lose = (peers: readonly number[], how: string): void => {
    settling.lost(peers)
    driver?.lost(peers)
    observer.lost(peers, how)
    news()
  }
  const children = new Children({
    onNotice,
    onGone: (child, how) => lose(shares[child]!, how),
    onStderr: text => observer.stderr(text)
  })

  const work = async (homes: string | null): Promise<TestnetOutcome> => {
    observer.phase('starting')
    const onFailure = (peer: number, error: unknown) =>
      lose([peer], error instanceof Error ? error.message : String(error))
    roster = new Roster({ topology, shares, prepare, timeline: faults, homes, onFailure }, children)
    await roster.prepare()
    if (faults !== null) {
      const onFault = (record: FaultRecord) => observer.fault(record)
      driver = new FaultDriver({
        timeline: faults,
        roster,
        settling,
        clock: systemClock,
        epochs: prepare.manifest.stop.epochs,
        onFault
      })
      driver.begin()
    }
    await roster.start()
    observer.phase('training')
    await settled()
    return finish(roster)
  }

  /** Waits for the last peer; gives up, with a warning that names them, when nothing is heard for long. */
  const settled = (): Promise<void> =>
    new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined
      let phase: TestnetPhase = 'training'
      const end = (): void => {
        clearTimeout(timer)
        news = () => undefined
        resolve()
      }
      news = () => {
        clearTimeout(timer)
        if (settling.allTrained && phase === 'training') {
          // Nobody counts epochs any more, and all who can come back are waited for.
          driver?.end()
          phase = 'settling'
          observer.phase(phase)
        }
        if (settling.alive.length === 0) {
          reject(new InputError('every process of the testnet ended before training did; the lines above say how'))
          return
        }
        const open = settling.unsettled
        if (open.length === 0) {
          end()
          return
        }
        const patience = settling.allTrained ? SETTLE_MS : SETTLE_MS + 2 * prepare.manifest.clock.maxEpochMs
        timer = setTimeout(() => {
          observer.warning(`gave up waiting for peers ${open.join(', ')}: nothing was heard for ${patience / 1000} s`)
          end()
        }, patience)
      }
      news()
    })

  const finish = async (roster: Roster): Promise<TestnetOutcome> => {
    driver?.stop()
    await roster.quiet()
    const wallSeconds = performance.now() / 1000
    const measures = await children.callAll('measure', () => null)
    const used = await children.callAll('usage', () => null)
    const cpuSeconds = [...used.values()].reduce((sum, usage) => sum + usage.cpuSeconds, processUsage().cpuSeconds)
    observer.phase('evaluating')
    const results = await children.callAll('finish', () => null)
    const first = inOrder(results)[0]
    if (first === undefined) throw new InputError('every process of the testnet ended; the lines above say how')
    const params = await children.call(roster.processOf(first.peer), 'params', { peer: first.peer })
    observer.phase('alone')
    const alone = await children.callAll('alone', () => ({
      epochs: trainedEpochs(prepare.manifest, inOrder(measures)),
      checkpoints: plan.checkpoints,
      samples: plan.checkpointSamples
    }))
    const usedAtEnd = await children.callAll('usage', () => null)
    return {
      measures: inOrder(measures),
      results: inOrder(results),
      alone: inOrder(alone),
      missing: settling.missing,
      faults: driver?.tally ?? null,
      wallSeconds,
      firstEvaluationSeconds,
      cpuSeconds,
      peakRssBytes: [...usedAtEnd.values()].reduce(
        (sum, usage) => sum + usage.peakRssBytes,
        processUsage().peakRssBytes
      ),
      params
    }
  }

  const homes = plan.keeps ? await temporaryHomes() : null
  try {
    return await unlessInterrupted(signal, work(homes?.folder ?? null))
  } finally {
    driver?.stop()
    await children.stop()
    await homes?.remove()
  }
}

function inOrder<T extends { readonly peer: number }>(answers: ReadonlyMap<number, readonly T[]>): readonly T[] {
  return [...answers.values()].flat().sort((a, b) => a.peer - b.peer)
}

/** As many as peers alone are compared over: where a plateau ended training, those until then. */
function trainedEpochs({ stop }: Manifest, measures: readonly PeerMeasure[]): number {
  if (stop.plateau === null) return stop.epochs ?? 0
  return Math.max(0, ...measures.map(({ status }) => status.epoch))
}
