/** One testnet from the first process to the last answer. The parent trains nothing and is nobody's coordinator. */
import type { EpochReport } from '../../peer/events.js'
import type { Topology } from '../../topology/index.js'
import { InputError } from '../cli/errors.js'
import { unlessInterrupted } from '../cli/interrupt.js'
import { processUsage } from '../usage.js'
import type { AloneCurve, Dial, Listening, Notice, PeerMeasure, PeerResult, PrepareInput } from './calls.js'
import { Children } from './children.js'
import { Settling } from './settling.js'
import { spreadPeers } from './spread.js'

export type TestnetPhase = 'starting' | 'training' | 'settling' | 'evaluating' | 'alone'

export interface TestnetObserver {
  phase(phase: TestnetPhase): void
  epoch(peer: number, report: EpochReport): void
  /** @param progress 0 … 1 of one peer's baseline */
  alone(peer: number, progress: number): void
  warning(message: string): void
  lost(peers: readonly number[], how: string): void
  /** What a process wrote to stderr, as it came. */
  stderr(text: string): void
}

export interface TestnetPlan {
  readonly topology: Topology
  readonly processes: number
  readonly prepare: Omit<PrepareInput, 'peers'>
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
  /** From the start of this process to the end of training. */
  readonly wallSeconds: number
  readonly firstEvaluationSeconds: number | null
  /** Until the end of training. */
  readonly cpuSeconds: number
  /** Sum over all processes of each one's own peak, until the very end. */
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
  const shares = spreadPeers(plan.topology, plan.processes)
  const settling = new Settling(plan.topology)
  let firstEvaluationSeconds: number | null = null
  let news = (): void => undefined

  const onNotice = (notice: Notice): void => {
    if (notice.notice === 'epoch') {
      if (notice.report.accuracy !== null) firstEvaluationSeconds ??= performance.now() / 1000
      observer.epoch(notice.peer, notice.report)
    } else if (notice.notice === 'trained') settling.trained(notice.peer)
    else if (notice.notice === 'settled') settling.settled(notice.peer, notice.setDigest)
    else if (notice.notice === 'alone') observer.alone(notice.peer, notice.progress)
    else observer.warning(`peer ${notice.peer}: ${notice.message}`)
    news()
  }
  const children = new Children({
    processes: shares.length,
    onNotice,
    onGone(child, how) {
      settling.lost(shares[child]!)
      observer.lost(shares[child]!, how)
      news()
    },
    onStderr: text => observer.stderr(text)
  })

  const work = async (): Promise<TestnetOutcome> => {
    observer.phase('starting')
    const prepared = await children.callAll('prepare', child => ({ ...plan.prepare, peers: shares[child]! }))
    const listening = new Map([...prepared.values()].flat().map(entry => [entry.peer, entry]))
    await children.callAll('start', () => null)
    await children.callAll('dial', child => dialsOf(plan.topology, shares[child]!, listening))
    observer.phase('training')
    await settled()
    return finish()
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
        if (settling.alive.length === 0) {
          reject(new InputError('every process of the testnet ended before training did; the lines above say how'))
          return
        }
        if (settling.allTrained && phase === 'training') {
          phase = 'settling'
          observer.phase(phase)
        }
        const open = settling.unsettled
        if (open.length === 0) {
          end()
          return
        }
        const patience = settling.allTrained ? SETTLE_MS : SETTLE_MS + 2 * plan.prepare.manifest.clock.maxEpochMs
        timer = setTimeout(() => {
          observer.warning(`gave up waiting for peers ${open.join(', ')}: nothing was heard for ${patience / 1000} s`)
          end()
        }, patience)
      }
      news()
    })

  const finish = async (): Promise<TestnetOutcome> => {
    const wallSeconds = performance.now() / 1000
    const measures = await children.callAll('measure', () => null)
    const used = await children.callAll('usage', () => null)
    const cpuSeconds = [...used.values()].reduce((sum, usage) => sum + usage.cpuSeconds, processUsage().cpuSeconds)
    observer.phase('evaluating')
    const results = await children.callAll('finish', () => null)
    const first = inOrder(results)[0]
    const owner = shares.findIndex(share => first !== undefined && share.includes(first.peer))
    if (first === undefined) throw new InputError('every process of the testnet ended; the lines above say how')
    const params = await children.call(owner, 'params', { peer: first.peer })
    observer.phase('alone')
    const alone = await children.callAll('alone', () => ({
      epochs: plan.prepare.manifest.stop.epochs ?? 0,
      checkpoints: plan.checkpoints,
      samples: plan.checkpointSamples
    }))
    const usedAtEnd = await children.callAll('usage', () => null)
    return {
      measures: inOrder(measures),
      results: inOrder(results),
      alone: inOrder(alone),
      missing: settling.missing,
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

  try {
    return await unlessInterrupted(signal, work())
  } finally {
    await children.stop()
  }
}

/** For the edge [a, b], a dials b. */
function dialsOf(topology: Topology, share: readonly number[], listening: ReadonlyMap<number, Listening>): Dial[] {
  return share.map(from => ({
    from,
    to: topology.edges.filter(([a]) => a === from).flatMap(([, b]) => listening.get(b)?.addresses.slice(0, 1) ?? [])
  }))
}

function inOrder<T extends { readonly peer: number }>(answers: ReadonlyMap<number, readonly T[]>): readonly T[] {
  return [...answers.values()].flat().sort((a, b) => a.peer - b.peer)
}
