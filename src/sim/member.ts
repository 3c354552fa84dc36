/** One place in a simulated swarm, and whoever runs there: a production peer life after life, or a hostile one. */
import type { Manifest } from '../core/protocol/manifest.js'
import type { SwarmState } from '../core/protocol/state.js'
import type { Random } from '../core/random.js'
import type { HostileKind, PeerPlan } from '../faults/index.js'
import type { Clock, Identity, PeerKey, Store, Trainer } from '../interface.js'
import { Peer } from '../peer/peer.js'
import { createVirtualDisk, type VirtualDisk } from './disk.js'
import { createHostile } from './hostile/create.js'
import type { VirtualNetwork } from './network.js'
import type { RunObserver, RunPeer } from './observer.js'
import { createPeerClock, type PeerClock } from './peer-clock.js'

export interface TrainerRequest {
  readonly peer: number
  /** The peer's own; local steps take time on it. */
  readonly clock: Clock
  readonly slowdown: number
}

export interface MemberInit {
  readonly peer: number
  readonly plan: PeerPlan
  readonly identity: Identity
  readonly manifest: Manifest
  readonly mode: 'sync' | 'async'
  readonly pulseMs: number
  readonly evaluationShare: number
  readonly clock: Clock
  readonly network: VirtualNetwork
  readonly random: Random
  readonly trainer: (request: TrainerRequest) => Trainer | undefined
  readonly condition: (peer: number) => RunPeer['condition']
  readonly observer: RunObserver
  /** Its clock reached another epoch, it settled, or it got an update after its training. */
  readonly onNews: () => void
  /** Something of it failed that no fault explains. */
  readonly onError: (error: unknown) => void
}

/** A hostile peer acts so many times while an honest one sends a pulse. */
const HOSTILE_TURNS = 2

type HowStarted = 'kept' | 'lost' | 'torn' | null

export class Member implements RunPeer {
  readonly peer: number
  readonly key: PeerKey
  readonly hostile: HostileKind | null
  readonly disk: VirtualDisk
  readonly penalties: ReadonlyMap<PeerKey, number>
  besieged = false
  life = -1
  state: Readonly<SwarmState> | undefined
  settled = false
  /** Undefined before the first life, while a process opens, and for hostile peers. */
  running: Peer | undefined
  trainer: Trainer | undefined
  readonly #init: MemberInit
  #clock: PeerClock | undefined
  #store: Store | undefined
  #leaving: Promise<void> = Promise.resolve()
  /** A process runs or opens. */
  #alive = false

  constructor(init: MemberInit) {
    this.#init = init
    this.peer = init.peer
    this.key = init.identity.key
    this.hostile = init.plan.hostile
    this.disk = createVirtualDisk({ clock: init.clock, random: init.random })
    this.penalties = init.network.endpoint(this.key).penalties
  }

  get condition(): RunPeer['condition'] {
    return this.#init.condition(this.peer)
  }

  /** Whether somebody is there to connect to, frozen or not. */
  get present(): boolean {
    return this.#alive
  }

  /** A new process. @param disk what the crash before it did; null: a first start or a return */
  start(disk: HowStarted): void {
    this.#alive = true
    this.life++
    this.state = undefined
    this.settled = false
    const { clock, plan } = this.#init
    this.#clock = createPeerClock(clock, plan.clockSkewPercent)
    const opened = this.hostile === null ? this.#startHonest(this.#clock, disk) : this.#startHostile(this.#clock)
    opened.catch(error => this.#init.onError(error))
  }

  async #startHostile(clock: PeerClock): Promise<void> {
    const { identity, network, manifest, random, pulseMs } = this.#init
    const components = { identity, clock, endpoint: network.endpoint(this.key) }
    await createHostile(this.hostile!, components, { manifest, random, everyMs: pulseMs / HOSTILE_TURNS }).start()
  }

  async #startHonest(clock: PeerClock, disk: HowStarted): Promise<void> {
    const { identity, network, manifest, mode, pulseMs, evaluationShare, plan, observer, onNews } = this.#init
    const { life } = this
    // Whoever left closes its store in its own time.
    await this.#leaving
    if (this.life !== life || !this.#alive) return
    const { gossip, streams } = network.endpoint(this.key)
    const trainer = this.#init.trainer({ peer: this.peer, clock, slowdown: plan.slowdown })
    this.trainer = trainer
    this.#store = this.disk.open()
    let epoch = -1
    let version = -1
    const peer = await Peer.open(
      {
        identity,
        gossip,
        streams,
        clock,
        store: this.#store,
        ...(trainer && { trainer }),
        watch: {
          began: state => {
            this.state = state
            observer.onStart?.(this, disk)
          },
          stepped: (input, { effects, verdict }) => {
            observer.onStep?.(this, { input, effects, verdict })
            const { clock, set, trained } = this.state!
            if (clock.epoch === epoch && (!trained || set.version === version)) return
            epoch = clock.epoch
            version = set.version
            onNews()
          }
        }
      },
      { manifest, mode, pulseMs, evaluationShare, resumed: life > 0 }
    )
    // Killed while it opened.
    if (this.life !== life || !this.#alive) return
    peer.on('epoch', report => observer.onEpoch?.(this, report))
    peer.on('trained', () => onNews())
    peer.on('still', () => onNews())
    for (const event of ['note', 'warning'] as const)
      peer.on(event, ({ message }) => observer.onWarning?.(this, message))
    peer.on('settled', ({ setDigest }) => {
      this.settled = true
      observer.onSettled?.(this, setDigest)
      onNews()
    })
    this.running = peer
    await peer.start()
  }

  /** Killed: whatever it was about to do never happens. */
  crash(disk: 'kept' | 'lost' | 'torn'): void {
    this.#clock?.kill()
    this.#init.network.kill(this.key)
    this.#gone()
    this.#init.observer.onGone?.(this, this.disk.crash(disk))
  }

  /** Stands still, with its connections open. */
  hold(isHeld: boolean): void {
    this.#init.network.hold(this.key, isHeld)
    this.#clock?.hold(isHeld)
  }

  /** Its user's wish. */
  rest(isResting: boolean): void {
    if (isResting) this.running?.rest('asked')
    else this.running?.wake('asked')
  }

  /** Says goodbye and goes. */
  leave(): void {
    const { running, trainer } = this
    this.#gone()
    this.#leaving = (async () => {
      await running?.stop()
      await trainer?.stop()
      await this.#store?.close()
      this.#init.network.kill(this.key)
      this.#init.observer.onGone?.(this, null)
    })()
    this.#leaving.catch(error => this.#init.onError(error))
  }

  #gone(): void {
    this.#alive = false
    this.running = undefined
    this.settled = false
  }
}
