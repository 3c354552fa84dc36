/** Makes a fault file happen to real processes, by the epochs that they report and the time. */
import type { FaultAction, Timeline } from '../../faults/index.js'
import type { Clock } from '../../interface.js'
import type { FaultRecord, FaultTally } from '../json.js'
import { roundSeconds } from '../records.js'
import type { Roster } from './roster.js'
import type { Settling } from './settling.js'

export interface FaultDriverInit {
  readonly timeline: Timeline
  readonly roster: Pick<Roster, 'crash' | 'leave' | 'bring' | 'freeze' | 'thaw' | 'orderLinks'>
  readonly settling: Settling
  readonly clock: Clock
  /** At which training stops; null: never. */
  readonly epochs: number | null
  /** Something began or ended. */
  onFault(record: FaultRecord): void
}

/** A peer that left and comes again joins. */
const TALLIED = {
  crash: 'crashes',
  freeze: 'freezes',
  leave: 'leaves',
  restart: 'restarts',
  return: 'joins',
  join: 'joins'
} as const

export class FaultDriver {
  readonly #init: FaultDriverInit
  readonly #tally = { crashes: 0, restarts: 0, freezes: 0, leaves: 0, joins: 0, partitions: 0 }
  /** Of those that are up; who came late or back counts as soon as it is heard of. */
  readonly #epochs = new Map<number, number>()
  #epoch = 0
  #startedAt = 0
  #cancel = (): void => undefined
  #ended = false

  constructor(init: FaultDriverInit) {
    this.#init = init
  }

  /** The time begins. */
  begin(): void {
    const { timeline, clock } = this.#init
    this.#startedAt = clock.now()
    for (const peer of timeline.peers.keys()) if (timeline.condition(peer) === 'up') this.#epochs.set(peer, 0)
    this.#advance()
  }

  /** A peer is in this epoch now. */
  entered(peer: number, epoch: number): void {
    if (this.#init.timeline.condition(peer) !== 'up') return
    this.#epochs.set(peer, Math.max(epoch, this.#epochs.get(peer) ?? 0))
    this.#count()
  }

  /** A process ended that nobody meant to end. */
  lost(peers: readonly number[]): void {
    for (const peer of peers) this.#epochs.delete(peer)
    this.#count()
  }

  /** Training is over: whatever is to end ends now, and whoever is to come back does. Twice is fine. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#cancel()
    for (const action of this.#init.timeline.end()) this.#perform(action)
  }

  /** No timer is left. */
  stop(): void {
    this.#ended = true
    this.#cancel()
  }

  /** What was done so far. */
  get tally(): FaultTally {
    const neverCame = this.#init.timeline.never()
    return neverCame.length === 0 ? this.#tally : { ...this.#tally, neverCame }
  }

  get #seconds(): number {
    return (this.#init.clock.now() - this.#startedAt) / 1000
  }

  /** Where the median jumps, all that was due on the way comes at once; also where it jumps to the end. */
  #count(): void {
    while (!this.#ended) {
      const epochs = [...this.#epochs.values()].sort((a, b) => a - b)
      const median = epochs[Math.ceil(epochs.length / 2) - 1] ?? 0
      if (median <= this.#epoch) return
      this.#epoch = median
      // Who counts may change by that.
      this.#advance()
      if (median === this.#init.epochs) this.end()
    }
  }

  #advance(): void {
    if (this.#ended) return
    const { timeline, clock } = this.#init
    this.#cancel()
    for (const action of timeline.advance({ epoch: this.#epoch, seconds: this.#seconds })) this.#perform(action)
    const next = timeline.nextSeconds()
    if (Number.isFinite(next))
      this.#cancel = clock.after(Math.max(1, 1000 * (next - this.#seconds)), () => {
        this.#advance()
        this.#count()
      })
  }

  #perform(action: FaultAction): void {
    const { roster, settling, onFault } = this.#init
    const record = { type: 'fault', seconds: roundSeconds(this.#seconds), epoch: this.#epoch } as const
    switch (action.do) {
      case 'crash':
      case 'freeze':
      case 'leave':
        this.#tally[TALLIED[action.do]] += action.peers.length
        settling.lost(action.peers)
        for (const peer of action.peers) {
          this.#epochs.delete(peer)
          if (action.do === 'crash') roster.crash(peer, action.disk === 'lost' ? 'lost' : 'kept')
          else roster[action.do](peer)
        }
        onFault({ ...record, fault: action.do, peers: action.peers, ...diskOf(action) })
        break
      case 'thaw':
        settling.back(action.peers, { again: false })
        for (const peer of action.peers) roster.thaw(peer)
        onFault({ ...record, fault: action.do, peers: action.peers })
        break
      case 'restart':
      case 'return':
      case 'join':
        this.#tally[TALLIED[action.do]] += action.peers.length
        settling.back(action.peers, { again: true })
        for (const peer of action.peers) roster.bring(peer)
        onFault({ ...record, fault: action.do, peers: action.peers, ...diskOf(action) })
        break
      case 'partition':
      case 'heal':
        if (action.do === 'partition') this.#tally.partitions++
        roster.orderLinks()
        onFault({ ...record, fault: action.do, groups: action.groups })
        break
      case 'links':
        roster.orderLinks()
        onFault({ ...record, fault: action.do })
    }
  }
}

function diskOf(action: FaultAction): { readonly disk?: 'kept' | 'lost' } {
  if (action.do !== 'crash' && action.do !== 'restart') return {}
  return { disk: action.disk === 'lost' ? 'lost' : 'kept' }
}
