/** When a testnet is done: every peer that is left has trained to the end and holds the same set as all it can reach. */
import { components } from '../../topology/graph.js'
import type { Topology } from '../../topology/index.js'

export class Settling {
  readonly #topology: Topology
  readonly #alive: Set<number>
  readonly #trained = new Set<number>()
  readonly #digests = new Map<number, string>()

  /** @param absent peers that are not there yet */
  constructor(topology: Topology, absent: readonly number[] = []) {
    this.#topology = topology
    this.#alive = new Set(Array.from({ length: topology.peers }, (_, peer) => peer))
    this.lost(absent)
  }

  /** They will not be there at the end, unless they come back. */
  lost(peers: readonly number[]): void {
    for (const peer of peers) this.#alive.delete(peer)
  }

  /** @param again whether they start anew, and so will say anew that they have trained and settled */
  back(peers: readonly number[], { again }: { readonly again: boolean }): void {
    for (const peer of peers) {
      this.#alive.add(peer)
      if (!again) continue
      this.#trained.delete(peer)
      this.#digests.delete(peer)
    }
  }

  trained(peer: number): void {
    this.#trained.add(peer)
  }

  /** What it had come to is no longer so. */
  awake(peer: number): void {
    this.#trained.delete(peer)
    this.#digests.delete(peer)
  }

  settled(peer: number, setDigest: string): void {
    this.#digests.set(peer, setDigest)
  }

  get alive(): readonly number[] {
    return [...this.#alive].sort((a, b) => a - b)
  }

  get missing(): readonly number[] {
    return Array.from({ length: this.#topology.peers }, (_, peer) => peer).filter(peer => !this.#alive.has(peer))
  }

  get allTrained(): boolean {
    return this.alive.every(peer => this.#trained.has(peer))
  }

  /**
   * Peers that are not done. Where losses cut the topology in two, either part settles for itself: nobody is left who
   * could carry an update across.
   */
  get unsettled(): readonly number[] {
    const edges = this.#topology.edges.filter(([a, b]) => this.#alive.has(a) && this.#alive.has(b))
    const parts = components(this.#topology.peers, edges).filter(part => this.#alive.has(part[0]!))
    return parts.flatMap(part => this.#unsettledOf(part)).sort((a, b) => a - b)
  }

  #unsettledOf(part: readonly number[]): readonly number[] {
    const untrained = part.filter(peer => !this.#trained.has(peer))
    // Whoever is left alone has nobody to agree with.
    if (part.length === 1) return untrained
    const open = part.filter(peer => untrained.includes(peer) || !this.#digests.has(peer))
    if (open.length > 0) return open
    return new Set(part.map(peer => this.#digests.get(peer))).size > 1 ? part : []
  }
}
