/** What the parent knows of a running testnet, for the live view. */
import type { EpochRecord } from '../json.js'
import type { LivePeer, LiveState } from '../report/live.js'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

export interface BoardInit {
  readonly title: string
  readonly peers: number
  /** At which training stops; null: never. */
  readonly epochs: number | null
  /** Length of the flat vector, for the comparison with dense updates; left out where peers come and go. */
  readonly params?: number
  /** Milliseconds on the clock of `now`. */
  readonly startedAt: number
}

/** Owns one {@link LiveState} and keeps it true. */
export class Board {
  readonly #peers: Mutable<LivePeer>[]
  readonly #payload: number[]
  readonly #params: number | undefined
  readonly #state: Mutable<LiveState>
  readonly #alone = new Map<number, number>()

  constructor(init: BoardInit) {
    this.#params = init.params
    this.#peers = Array.from({ length: init.peers }, (_, peer) => ({
      peer,
      state: 'starting',
      epoch: 0,
      accuracy: null
    }))
    this.#payload = new Array<number>(init.peers).fill(0)
    this.#state = {
      title: init.title,
      phase: 'starting',
      epochs: init.epochs,
      peers: this.#peers,
      payloadBytesReceived: 0,
      startedAt: init.startedAt,
      phaseStartedAt: init.startedAt
    }
  }

  get state(): LiveState {
    return this.#state
  }

  phase(name: string, now: number): void {
    this.#state.phase = name
    this.#state.phaseStartedAt = now
    delete this.#state.phaseProgress
  }

  epoch(record: EpochRecord): void {
    const peer = this.#peers[record.peer]!
    // A record with an accuracy may come after that of a later epoch: evaluating takes a while.
    peer.epoch = Math.max(peer.epoch, record.epoch + 1)
    peer.accuracy = record.accuracy ?? peer.accuracy
    if (peer.state !== 'down') peer.state = peer.epoch === this.#state.epochs ? 'done' : 'running'
    this.#payload[record.peer] = Math.max(this.#payload[record.peer]!, record.payloadBytesReceived)
    const here = this.#peers.filter(({ state }) => state !== 'down')
    const sum = here.reduce((total, { peer }) => total + this.#payload[peer]!, 0)
    this.#state.payloadBytesReceived = sum / Math.max(1, here.length)
    const epoch = here.reduce((most, peer) => Math.max(most, peer.epoch), 0)
    if (this.#params !== undefined) this.#state.denseBytes = denseBytes(this.#peers.length, epoch, this.#params)
  }

  lost(peers: readonly number[]): void {
    for (const peer of peers) this.#peers[peer]!.state = 'down'
  }

  /** @param progress 0 … 1 of one peer's baseline */
  alone(peer: number, progress: number): void {
    this.#alone.set(peer, progress)
    const here = this.#peers.filter(({ state }) => state !== 'down')
    const sum = here.reduce((total, { peer }) => total + (this.#alone.get(peer) ?? 0), 0)
    this.#state.phaseProgress = sum / Math.max(1, here.length)
  }
}

/** What a peer would receive if every other sent it dense float32 updates. */
export function denseBytes(peers: number, epochs: number, params: number): number {
  return (peers - 1) * epochs * params * 4
}
