/** What is known of one peer that was started by hand, for the live view. */
import type { Manifest } from '../core/protocol/manifest.js'
import type { EpochReport, PeerStatus } from '../peer/events.js'
import type { LivePeer, LiveState } from './report/live-state.js'
import { MEGABYTE } from './upkeep/day-bytes.js'
import type { Glance } from './upkeep/status.js'
import { restingText } from './upkeep/status-text.js'

/** Whoever jumps has a model that is behind: a newcomer's is blank. What it reaches would be shown as the swarm's. */
export function tellsOfSwarm({ closedBy }: EpochReport): boolean {
  return closedBy !== 'jump'
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** What a peer does; while it trains without neighbours it is shown as alone. */
export type NodePhase = 'training' | 'settling' | 'helping others'

const ALONE = 'training alone'

/** Owns one {@link LiveState} and keeps it true. */
export class NodeBoard {
  readonly #self: Mutable<LivePeer> = { peer: 0, state: 'starting', epoch: 0, accuracy: null }
  readonly #state: Mutable<LiveState>
  #phase: NodePhase | undefined
  #rests = false
  /** Epoch of the newest evaluation. */
  #evaluated = -1

  readonly #resume: string | undefined

  /** @param resume the command that ends a pause */
  constructor({ name, stop }: Manifest, resume?: string) {
    this.#resume = resume
    this.#state = {
      title: name,
      phase: 'starting',
      epochs: stop.epochs,
      peers: [this.#self],
      company: { neighbours: 0, liveAuthors: 0 },
      payloadBytesReceived: 0,
      startedAt: 0,
      phaseStartedAt: 0
    }
  }

  get state(): LiveState {
    return this.#state
  }

  phase(phase: NodePhase, now: number): void {
    this.#phase = phase
    this.#show(now)
  }

  /** @returns whether there is anything to show that was not shown before */
  status(status: PeerStatus, now: number): boolean {
    const { neighbours, aloneMs, liveAuthors, epoch, storing, resting } = status
    const { company } = this.#state
    const saved = storing === 'nothing' ? undefined : storing === 'saved'
    const same =
      this.#rests === resting.length > 0 &&
      epoch === this.#self.epoch &&
      neighbours === company?.neighbours &&
      liveAuthors === company.liveAuthors &&
      saved === company.saved
    // Whoever has just come may not have been reckoned with yet.
    const aloneSince = aloneMs === null || neighbours > 0 ? undefined : now - aloneMs
    this.#state.company = { neighbours, liveAuthors, aloneSince, saved }
    this.#state.payloadBytesReceived = status.payloadBytesReceived
    const passed = epoch - this.#self.epoch
    this.#self.epoch = epoch
    this.#rests = status.resting.length > 0
    this.#self.state = status.trained ? 'done' : 'running'
    // Epochs that were jumped over, or spent alone, say nothing about the time that the others will take.
    if (passed > 1 || this.#phaseName() !== this.#state.phase) this.#show(now)
    return !same
  }

  /** How it is connected, what the day has cost, and what is wrong. @returns whether that is news */
  upkeep({ neighbours, bytes, limits, resting, warnings, lastUpdate, lastOwnUpdate }: Glance): boolean {
    const before = JSON.stringify(this.#state.upkeep)
    const { today } = bytes
    this.#state.upkeep = {
      links: countBy(neighbours.map(({ how }) => how)),
      today,
      maxBytes: limits.maxMbPerDay === null ? null : limits.maxMbPerDay * MEGABYTE,
      resting: restingText(resting, this.#resume),
      warnings,
      seenSecondsAgo: lastUpdate?.secondsAgo ?? null,
      sentSecondsAgo: lastOwnUpdate?.secondsAgo ?? null
    }
    return JSON.stringify(this.#state.upkeep) !== before
  }

  /** A record with an accuracy may come after that of a later epoch: evaluating takes a while. */
  epoch(report: EpochReport): void {
    const { epoch, accuracy } = report
    if (accuracy === null || epoch <= this.#evaluated || !tellsOfSwarm(report)) return
    this.#evaluated = epoch
    this.#self.accuracy = accuracy
  }

  /** @param accuracy 0 … 1, on everything held out */
  tested(accuracy: number): void {
    this.#evaluated = Number.POSITIVE_INFINITY
    this.#self.accuracy = accuracy
    this.#state.sampled = false
  }

  #phaseName(): string {
    if (this.#phase === undefined) return 'starting'
    if (this.#phase === 'training' && this.#rests) return 'resting'
    return this.#phase === 'training' && this.#state.company?.neighbours === 0 ? ALONE : this.#phase
  }

  /** Reckons the time left from here on. */
  #show(now: number): void {
    const { epochs } = this.#state
    this.#state.phase = this.#phaseName()
    this.#state.phaseStartedAt = now
    this.#state.phaseStartProgress = epochs === null ? 0 : this.#self.epoch / epochs
  }
}

/** `2 tcp, 1 webrtc`: the most frequent first. */
function countBy(words: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  return [...counts]
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .map(([word, count]) => `${count} ${word}`)
    .join(', ')
}
