/** What the parent knows of a running testnet, for the live view. */
import type { EpochRecord, FaultRecord } from '../json.js'
import { isHere, type LivePeer, type LivePeerState, type LiveState } from '../report/live-state.js'

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
  /** Peers that come later. */
  readonly absent?: readonly number[]
  /** Peers of a simulated run that mean harm. */
  readonly hostile?: readonly number[]
  /** Name of the fault file. */
  readonly faults?: string
}

/** What a peer is after each of these was done to it. */
const STATES: Readonly<Record<PeerFault, LivePeerState>> = {
  crash: 'down',
  freeze: 'frozen',
  leave: 'left',
  // It is heard of again when it closes an epoch.
  restart: 'starting',
  return: 'starting',
  join: 'starting',
  thaw: 'running'
}

type PeerFault = Exclude<FaultRecord['fault'], 'partition' | 'heal' | 'links'>

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
      state: init.hostile?.includes(peer) ? 'hostile' : init.absent?.includes(peer) ? 'absent' : 'starting',
      epoch: 0,
      accuracy: null
    }))
    this.#payload = new Array<number>(init.peers).fill(0)
    this.#state = {
      title: init.title,
      ...(init.faults === undefined ? {} : { faults: init.faults }),
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
    peer.epoch = Math.max(peer.epoch, record.next)
    peer.accuracy = record.accuracy ?? peer.accuracy
    // A record may still arrive from one that was frozen or ended just now.
    if (isHere(peer)) peer.state = peer.epoch === this.#state.epochs ? 'done' : 'running'
    this.#payload[record.peer] = Math.max(this.#payload[record.peer]!, record.payloadBytesReceived)
    const here = this.#peers.filter(isHere)
    const sum = here.reduce((total, { peer }) => total + this.#payload[peer]!, 0)
    this.#state.payloadBytesReceived = sum / Math.max(1, here.length)
    const epoch = here.reduce((most, peer) => Math.max(most, peer.epoch), 0)
    if (this.#params !== undefined) this.#state.denseBytes = denseBytes(this.#peers.length, epoch, this.#params)
  }

  lost(peers: readonly number[]): void {
    for (const peer of peers) this.#peers[peer]!.state = 'down'
  }

  /** What `--faults` has done, or taken back. */
  fault({ fault, peers = [], groups = [] }: FaultRecord): void {
    if (fault === 'partition') this.#state.split = groups
    else if (fault === 'heal') delete this.#state.split
    else if (fault !== 'links') for (const peer of peers) this.#peers[peer]!.state = STATES[fault]
  }

  /** @param progress 0 … 1 of one peer's baseline */
  alone(peer: number, progress: number): void {
    this.#alone.set(peer, progress)
    const here = this.#peers.filter(isHere)
    const sum = here.reduce((total, { peer }) => total + (this.#alone.get(peer) ?? 0), 0)
    this.#state.phaseProgress = sum / Math.max(1, here.length)
  }
}

/** What a peer would receive if every other sent it dense float32 updates. */
export function denseBytes(peers: number, epochs: number, params: number): number {
  return (peers - 1) * epochs * params * 4
}
