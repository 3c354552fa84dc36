/** Ways of looking for peers besides asking neighbours: what each offers, and what the neighbourhood does with it. */
import type { Libp2p } from '@libp2p/interface'
import type { Ping } from '@libp2p/ping'
import type { Libp2pOptions } from 'libp2p'
import type { Random } from '../core/random.js'
import type { Clock, PeerKey } from '../interface.js'
import type { Source } from './contacts.js'

/** How much neighbours are wanted: there is none, there are fewer than the low bound, there are enough. */
export type Need = 'all' | 'some' | 'none'

/** Somebody who may be of this swarm. Its word for nothing: dialling it shows. */
export interface Found {
  readonly key: PeerKey
  /** Multiaddrs without `/p2p`. */
  readonly addresses: readonly string[]
}

export interface Finder {
  readonly name: Source
  /** Whether addresses on this machine, from this source, mean this machine. */
  readonly local: boolean
  /** What it looked through, for the user, as in "looked on the local network"; undefined while there is nothing. */
  readonly where: string | undefined
  /** Called at every look of the neighbourhood, about once a second; it keeps its own pace. */
  look(need: Need, heardOf: (found: readonly Found[]) => void): void
  /** The network may be another one. */
  wake(): void
  /** Twice is fine. */
  stop(): Promise<void>
}

export interface FinderComponents {
  readonly libp2p: Libp2p
  readonly clock: Clock
  readonly random: Random
}

/** What a libp2p node offers besides what a swarm needs, each by a name of its own. */
export type MoreServices = Readonly<Record<string, (components: NodeComponents) => unknown>>
type NodeComponents = Parameters<NonNullable<Libp2pOptions<{ ping: Ping }>['services']>['ping']>[0]

/** What a libp2p node is given for a way of looking for peers, and what then looks through it. */
export interface Discovery {
  readonly services: MoreServices
  /** Called once, when the node runs. */
  open(components: FinderComponents): Finder
}
