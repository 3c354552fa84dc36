/** Who runs where: the process of each peer, where it listens, and how it goes and comes back. */
import { join } from 'node:path'
import { type LinkFaults, NO_LINK_FAULTS, type Timeline } from '../../faults/index.js'
import { neighbours } from '../../topology/graph.js'
import type { Topology } from '../../topology/index.js'
import { loseDisk } from './belongings.js'
import type { Dial, LineOrder, LinkOrder, Listening, PeerLinks, PrepareInput, Seat } from './calls.js'
import { type Children, ProcessGone } from './children.js'

export interface RosterInit {
  readonly topology: Topology
  /** Peers of each process; those that go and come have one of their own. */
  readonly shares: readonly (readonly number[])[]
  readonly prepare: Omit<PrepareInput, 'peers'>
  /** Null where nobody comes or goes, no link is bad and nobody is slow. */
  readonly timeline: Timeline | null
  /** Folder for what peers keep while they are down; null where none goes down. */
  readonly homes: string | null
  /** Bringing a peer back failed. */
  onFailure(peer: number, error: unknown): void
}

type Links = Pick<Timeline, 'link' | 'separated'>

export class Roster {
  readonly #init: RosterInit
  readonly #children: Children
  readonly #neighbours: readonly (readonly number[])[]
  readonly #listening = new Map<number, Listening>()
  /** Orders of each running peer as last sent. */
  readonly #ordered = new Map<number, string>()
  /** How often each was started. */
  readonly #starts = new Map<number, number>()
  readonly #frozen = new Set<number>()
  /** How often each was ordered to go and is not gone yet. */
  readonly #going = new Map<number, number>()
  /** Of each peer, the end of all that was asked for: one thing at a time. */
  readonly #turns = new Map<number, Promise<void>>()

  constructor(init: RosterInit, children: Children) {
    this.#init = init
    this.#children = children
    this.#neighbours = neighbours(init.topology.peers, init.topology.edges)
    init.shares.forEach((share, child) => {
      if (share.some(peer => init.timeline?.peers[peer]?.late !== true)) children.start(child)
    })
  }

  /** Whether it was told to go and what it still says is of no use: it may be back, as far as the plan goes, already. */
  isGoing(peer: number): boolean {
    return (this.#going.get(peer) ?? 0) > 0
  }

  peersOf(child: number): readonly number[] {
    return this.#init.shares[child]!
  }

  processOf(peer: number): number {
    return this.#init.shares.findIndex(share => share.includes(peer))
  }

  /** Everybody who is there from the start listens; nobody speaks yet. */
  async prepare(): Promise<void> {
    const prepared = await this.#children.callAll('prepare', child => this.#prepareInput(child))
    for (const entry of [...prepared.values()].flat()) this.#listening.set(entry.peer, entry)
  }

  async start(): Promise<void> {
    await this.#children.callAll('start', () => null)
    // For the edge [a, b], a dials b; who is not there yet will dial by itself.
    const dials = (from: number): Dial => ({
      from,
      to: this.#addresses(this.#init.topology.edges.flatMap(([a, b]) => (a === from ? [b] : [])))
    })
    await this.#children.callAll('dial', child => this.peersOf(child).map(dials))
  }

  /** kill -9. @param disk whether what the peer kept is lost, too, all but its identity */
  crash(peer: number, disk: 'kept' | 'lost'): void {
    this.#endAfter(peer, async () => undefined)
    const home = this.#homeOf(peer)
    if (disk === 'lost' && home !== null) this.#turn(peer, () => loseDisk(home))
  }

  /** Says goodbye and goes. */
  leave(peer: number): void {
    this.#endAfter(peer, child => this.#children.call(child, 'leave', null))
  }

  /** For the first time or again: a new process, which dials all neighbours. */
  bring(peer: number): void {
    this.#turn(peer, async child => {
      this.#children.start(child)
      const known = this.#listening.get(peer)
      const [listening] = await this.#children.call(child, 'prepare', this.#prepareInput(child))
      if (listening === undefined) throw new Error('a process has no peer')
      this.#listening.set(peer, listening)
      this.orderLinks()
      await this.#children.call(child, 'start', null)
      await this.#children.call(child, 'dial', [{ from: peer, to: this.#addresses(this.#neighbours[peer]!) }])
      if (known !== undefined && known.addresses[0] !== listening.addresses[0]) await this.#tellAddress(peer)
    })
  }

  freeze(peer: number): void {
    this.#turn(peer, async child => {
      this.#frozen.add(peer)
      this.#children.freeze(child)
    })
  }

  thaw(peer: number): void {
    this.#turn(peer, async child => {
      this.#frozen.delete(peer)
      this.#children.thaw(child)
    })
  }

  /** Tells each running peer what lies between it and the others, where that has changed. */
  orderLinks(): void {
    const { timeline, shares, prepare } = this.#init
    if (timeline === null || !prepare.faultyLinks) return
    for (const [child, share] of shares.entries()) {
      const changed: PeerLinks[] = []
      for (const peer of share) {
        if (!this.#listening.has(peer) || !this.#children.alive.includes(child)) continue
        const links = linksOf(peer, timeline, this.#listening)
        const text = JSON.stringify(links)
        if (text === (this.#ordered.get(peer) ?? '[]')) continue
        this.#ordered.set(peer, text)
        changed.push({ peer, links })
      }
      // Orders keep their turn among the other calls of a process, so nobody needs to wait for them.
      if (changed.length > 0) this.#children.call(child, 'links', changed).catch(ignoreGone)
    }
  }

  /** Nothing is under way any more; who is still frozen will answer nobody and is gone. */
  async quiet(): Promise<void> {
    await Promise.all(this.#turns.values())
    await Promise.all([...this.#frozen].map(peer => this.#children.kill(this.processOf(peer))))
  }

  /** The process ends, whatever comes of the farewell. */
  #endAfter(peer: number, farewell: (child: number) => Promise<unknown>): void {
    this.#going.set(peer, (this.#going.get(peer) ?? 0) + 1)
    this.#turn(peer, async child => {
      try {
        await farewell(child)
      } finally {
        await this.#children.kill(child)
        this.#going.set(peer, (this.#going.get(peer) ?? 0) - 1)
        this.#ordered.delete(peer)
        this.#frozen.delete(peer)
      }
    })
  }

  #turn(peer: number, work: (child: number) => Promise<void>): void {
    const before = this.#turns.get(peer) ?? Promise.resolve()
    const turn = before
      .then(() => work(this.processOf(peer)))
      .catch(error => {
        if (!(error instanceof ProcessGone)) this.#init.onFailure(peer, error)
      })
    this.#turns.set(peer, turn)
  }

  /** Those that dial a peer at its old address. */
  async #tellAddress(peer: number): Promise<void> {
    const to = this.#addresses([peer])
    for (const [from, other] of this.#init.topology.edges)
      if (other === peer) this.#children.call(this.processOf(from), 'dial', [{ from, to }]).catch(ignoreGone)
  }

  #prepareInput(child: number): PrepareInput {
    const peers = this.peersOf(child).map(peer => this.#seat(peer))
    for (const { peer, order } of peers) this.#starts.set(peer, order + 1)
    return { ...this.#init.prepare, peers }
  }

  #seat(peer: number): Seat & { readonly order: number } {
    const home = this.#homeOf(peer)
    const port = portOf(this.#listening.get(peer))
    const slowdown = this.#init.timeline?.peers[peer]?.slowdown ?? 1
    const order = this.#starts.get(peer) ?? 0
    return { peer, order, slowdown, ...(home === null ? {} : { home }), ...(port === undefined ? {} : { port }) }
  }

  /** A peer with a process of its own may go down and come back; the others keep nothing. */
  #homeOf(peer: number): string | null {
    const { homes } = this.#init
    return homes === null || this.peersOf(this.processOf(peer)).length > 1 ? null : join(homes, String(peer))
  }

  #addresses(peers: readonly number[]): readonly string[] {
    return peers.flatMap(peer => this.#listening.get(peer)?.addresses.slice(0, 1) ?? [])
  }
}

function ignoreGone(error: unknown): void {
  if (!(error instanceof ProcessGone)) throw error
}

function portOf(listening: Listening | undefined): number | undefined {
  const port = /\/tcp\/(\d+)/.exec(listening?.addresses[0] ?? '')?.[1]
  return port === undefined ? undefined : Number(port)
}

function linksOf(peer: number, links: Links, listening: ReadonlyMap<number, Listening>): LinkOrder[] {
  const orders: LinkOrder[] = []
  for (const [other, { key }] of listening) {
    if (other === peer) continue
    const cut = links.separated(peer, other)
    const inbound = lineOf(links.link(other, peer))
    const outbound = lineOf(links.link(peer, other))
    if (cut || inbound !== null || outbound !== null) orders.push({ key, cut, inbound, outbound })
  }
  return orders
}

function lineOf({ loss, delayMs, bandwidthKbps }: LinkFaults): LineOrder | null {
  if (loss === NO_LINK_FAULTS.loss && delayMs === null && bandwidthKbps === null) return null
  return { loss, delayMs, bandwidthKbps }
}
