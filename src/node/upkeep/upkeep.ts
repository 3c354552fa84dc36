/**
 * What a node that runs for weeks needs besides its peer: it can be asked, paused and sent away through its home, keeps to the
 * bytes of a day, and says what is wrong while it is wrong.
 */
import { setInterval } from 'node:timers'
import { type Manifest, swarmId } from '../../core/protocol/manifest.js'
import { shortId } from '../../core/protocol/short-id.js'
import { swarmDigest } from '../../core/protocol/swarm-id.js'
import type { Clock } from '../../interface.js'
import { type Control, createControl } from '../control/index.js'
import type { LocalPeer } from '../local-peer.js'
import { resumeCommand, shortPeerId } from '../node-lines.js'
import type { RouterFacts } from '../reach/router/gateway.js'
import type { Home } from '../store/home.js'
import { answers } from './answers.js'
import { type Circumstances, conditions } from './conditions.js'
import { DayBytes, MEGABYTE, nextMidnight } from './day-bytes.js'
import type { Glance, NodeStatus } from './status.js'
import { idOf, neighbourViews, seconds, updateView } from './views.js'

export interface UpkeepInit {
  readonly local: LocalPeer
  readonly manifest: Manifest
  /** Without one nobody can ask, and nothing is remembered. */
  readonly home?: Home | undefined
  readonly clock: Clock
  /** The user's calendar. @default the system's */
  readonly wall?: (() => Date) | undefined
  readonly limits: { readonly maxCpu?: number | undefined; readonly maxMbPerDay?: number | undefined }
  /** What the console knows: what goes on, and the newest evaluation. */
  readonly facts: () => {
    readonly phase: string
    readonly accuracy: { readonly value: number; readonly epoch: number } | null
  }
  readonly warn: (message: string) => void
  readonly say: (message: string) => void
  /** Makes an invite, when this node can. */
  readonly invite?: ((page: string | undefined) => unknown) | undefined
  /** Until when the addresses in its invites are good; undefined when they do not go stale. */
  readonly staleAt?: (() => Date | undefined) | undefined
  /** What routers were asked for (UPnP). @default none was asked */
  readonly routers?: (() => readonly RouterFacts[]) | undefined
  /** Leaves the swarm politely and ends. */
  readonly leave: () => void
}

export interface Upkeep {
  status(): NodeStatus
  /** All of it that takes no time. */
  glance(): Glance
  /** Off the air until the next day, as the day's bytes are spent. */
  readonly isShut: boolean
  /** Writes what is to be kept, and takes the socket away. Twice is fine. */
  stop(): Promise<void>
}

const LOOK_MS = 1000
/** A refusal by others is worth a word for so long, ms. */
const REFUSAL_MS = 600_000
/** A wall clock that went on so much more or less than the machine's own was set, or the machine slept, ms. */
const LEAP_MS = 60_000

export async function createUpkeep(init: UpkeepInit): Promise<Upkeep> {
  const keeper = new Keeper(init, await DayBytes.open(tallyOf(init)))
  await keeper.start()
  return keeper
}

function tallyOf({ local, home, wall = () => new Date() }: UpkeepInit) {
  return { counter: local.bytes, wall, place: home }
}

class Keeper implements Upkeep {
  readonly #init: UpkeepInit
  readonly #bytes: DayBytes
  readonly #wall: () => Date
  readonly #startedAt: number
  readonly #refusals = new Map<string, { readonly words: string; readonly atMs: number }>()
  readonly #undo: (() => void)[] = []
  #control: Control | undefined
  #told: ReadonlySet<string> = new Set()
  #differingSince: number | null = null
  #leap: { readonly wall: number; readonly own: number }
  isShut = false

  constructor(init: UpkeepInit, bytes: DayBytes) {
    this.#init = init
    this.#bytes = bytes
    this.#wall = init.wall ?? (() => new Date())
    this.#startedAt = init.clock.now()
    this.#leap = { wall: this.#wall().getTime(), own: this.#startedAt }
  }

  async start(): Promise<void> {
    const { home, local, clock, say, warn } = this.#init
    if (home?.settings.paused === true) {
      local.peer.rest('asked')
      say(`paused since it was asked to; go on with: ${resumeCommand(home.path, process.env)}`)
    }
    if (home !== undefined)
      this.#control = await createControl(
        home.path,
        answers({ ...this.#init, home, status: () => this.status() })
      ).catch(error => {
        warn(`starlings status and pause cannot reach this node: ${error instanceof Error ? error.message : error}`)
        return undefined
      })
    this.#undo.push(
      local.onRefused(({ peer, reason, byUs, words }) => {
        // What this peer refuses is as its user wants it.
        if (!byUs) this.#refusals.set(`${peer} ${reason}`, { words, atMs: clock.now() })
      })
    )
    this.#look()
    const timer = setInterval(() => this.#look(), LOOK_MS)
    this.#undo.push(() => clearInterval(timer))
  }

  async stop(): Promise<void> {
    for (const undo of this.#undo.splice(0)) undo()
    await this.#control?.close()
    await this.#bytes.save(this.#init.clock.now(), true)
  }

  status(): NodeStatus {
    return { ...this.glance(), unsent: this.#init.local.peer.unsent() }
  }

  glance(): Glance {
    const { local, manifest, home, limits, facts, routers, clock } = this.#init
    const now = clock.now()
    const status = local.peer.status()
    const { phase, accuracy } = facts()
    const id = swarmId(manifest)
    return {
      type: 'status',
      swarm: id,
      words: shortId(swarmDigest(id)),
      name: manifest.name,
      peer: idOf(local.key),
      home: home?.path ?? null,
      phase,
      resting: status.resting,
      epoch: status.epoch,
      epochs: manifest.stop.epochs,
      plateau: manifest.stop.plateau,
      accuracy: accuracy?.value ?? null,
      accuracyEpoch: accuracy?.epoch ?? null,
      liveAuthors: status.liveAuthors,
      neighbours: neighbourViews(local, now),
      addresses: local.addresses(),
      routers: routers?.() ?? [],
      bytes: this.#bytes.look(),
      limits: { maxCpu: limits.maxCpu ?? null, maxMbPerDay: limits.maxMbPerDay ?? null },
      lastUpdate: updateView(status.lastUpdate, now),
      lastOwnUpdate: updateView(status.lastOwnUpdate, now),
      storing: status.storing,
      warnings: conditions(this.#circumstances(now)),
      upSeconds: seconds(now - this.#startedAt)
    }
  }

  #circumstances(now: number): Circumstances {
    const { local, limits } = this.#init
    const status = local.peer.status()
    for (const [key, { atMs }] of this.#refusals) if (now - atMs > REFUSAL_MS) this.#refusals.delete(key)
    const { sent, received } = this.#bytes.look().today
    const allowed = limits.maxMbPerDay === undefined ? undefined : limits.maxMbPerDay * MEGABYTE
    return {
      status,
      neighbours: local.peer.neighbours(),
      // Whoever has neighbours is not refused by the swarm, only by some.
      refusals: status.neighbours > 0 ? [] : [...this.#refusals.values()].map(({ words }) => words),
      refusing: local.peer.refusing().map(shortPeerId),
      differingMs: this.#differingSince === null ? null : now - this.#differingSince,
      staleInMs: this.#staleInMs(),
      spent: allowed === undefined ? null : { used: sent + received, allowed },
      isShut: this.isShut
    }
  }

  #staleInMs(): number | null {
    const { local, staleAt } = this.#init
    const at = local.addresses().some(address => address.includes('/webrtc-direct/')) ? staleAt?.() : undefined
    return at === undefined ? null : at.getTime() - this.#wall().getTime()
  }

  #look(): void {
    const { local, clock, warn } = this.#init
    const now = clock.now()
    this.#noteLeap(now)
    const neighbours = local.peer.neighbours()
    const differs = neighbours.length > 0 && neighbours.every(({ differs }) => differs)
    this.#differingSince = differs ? (this.#differingSince ?? now) : null
    const circumstances = this.#circumstances(now)
    this.#keepToBytes(circumstances)
    const lines = conditions(circumstances)
    // Figures in a line change while what it tells of goes on: the words before them do not.
    const kinds = new Set(lines.map(kindOf))
    for (const line of lines) if (!this.#told.has(kindOf(line))) warn(line)
    this.#told = kinds
    void this.#bytes.save(now)
  }

  #keepToBytes({ spent }: Circumstances): void {
    const { local, say } = this.#init
    const isSpent = spent !== null && spent.used >= spent.allowed
    if (isSpent === this.isShut) return
    this.isShut = isSpent
    if (isSpent) {
      local.peer.rest('bytes')
      local.shut(true)
      const until = nextMidnight(this.#wall())
      say(`the day's bytes are used: this peer is off the air until ${until.toLocaleString()}, and forgets nothing`)
    } else {
      local.shut(false)
      local.peer.wake('bytes')
      say('a new day: on the air again')
    }
  }

  #noteLeap(now: number): void {
    const wall = this.#wall().getTime()
    const leap = wall - this.#leap.wall - (now - this.#leap.own)
    this.#leap = { wall, own: now }
    if (Math.abs(leap) < LEAP_MS) return
    const minutes = Math.round(Math.abs(leap) / 60_000)
    this.#init.say(
      leap > 0
        ? `this machine slept for about ${minutes} min, or its clock was set forward; catching up`
        : `the clock of this machine was set back by ${minutes} min`
    )
  }
}

const kindOf = (line: string) => line.replace(/[\d.,]+/g, '#')
