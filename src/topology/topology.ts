/** Who dials whom at the start: a simple, connected, undirected graph over numbered peers. ARCHITECTURE.md. */

export const TOPOLOGY_KINDS = [
  'ring',
  'line',
  'star',
  'regular',
  'torus',
  'small-world',
  'exponential',
  'complete',
  'two-cliques'
] as const

export type TopologyKind = (typeof TOPOLOGY_KINDS)[number]

/** Two peers by number, the lower one first. */
export type Edge = readonly [number, number]

export interface Topology {
  /** Version of the format. */
  readonly topology: 1
  /** How it was made; `custom` for one written by hand. */
  readonly kind: TopologyKind | 'custom'
  /** 1 … {@link MAX_PEERS}; peers are numbered from 0. */
  readonly peers: number
  /** Of the kinds that draw lots. */
  readonly seed?: number
  /** Of the kinds that take one. */
  readonly degree?: number
  /** Each edge once, sorted. */
  readonly edges: readonly Edge[]
}

/** A swarm on one machine runs out of sockets long before; a simulated one out of patience. */
export const MAX_PEERS = 10_000

/** A complete graph of 2,000 peers; its file is some 20 MB. */
export const MAX_EDGES = 2_000_000

/** A topology that cannot be made or must not be used. The message names the place and the remedy. */
export class TopologyError extends Error {
  override readonly name = 'TopologyError'

  constructor(
    message: string,
    /** `usage`: an impossible request; `file`: a bad file. */
    readonly fault: 'usage' | 'file'
  ) {
    super(message)
  }
}
