/** What a running node tells of itself: `starlings status --json` prints exactly this. */
import type { AddressKind } from '../../net/address.js'
import type { RouterFacts } from '../reach/router/gateway.js'

export interface NeighbourView {
  /** Its peer id. */
  readonly peer: string
  readonly how: AddressKind
  /** Its end of the connection; null when it is just gone. */
  readonly address: string | null
  /** Who dialled. */
  readonly direction: 'inbound' | 'outbound' | null
  /** Peer id of who introduced the two, or passes every byte on. */
  readonly introducedBy: string | null
  readonly connectedSeconds: number | null
  /** Since its last sign of life that this peer understood; null before the first. */
  readonly heardSecondsAgo: number | null
  /** Null before its first pulse. */
  readonly epoch: number | null
  /** It publishes nothing for now. */
  readonly resting: boolean
}

export interface UpdateView {
  /** Peer id. */
  readonly author: string
  readonly epoch: number
  readonly secondsAgo: number
}

export interface BytesView {
  readonly sent: number
  readonly received: number
}

export interface NodeStatus {
  readonly type: 'status'
  readonly swarm: string
  /** For two people to compare aloud. */
  readonly words: readonly string[]
  readonly name: string
  /** Own peer id. */
  readonly peer: string
  readonly home: string | null
  readonly phase: string
  /** Why it publishes nothing for now: `asked`, `plateau`, `bytes`; empty when it takes part. */
  readonly resting: readonly string[]
  readonly epoch: number
  /** At which training ends; null: no number of epochs ends it. */
  readonly epochs: number | null
  /** Training rests when nothing was gained for so many epochs; null: never. */
  readonly plateau: { readonly epochs: number; readonly minGain: number } | null
  /** Of the newest evaluation, 0 … 1. */
  readonly accuracy: number | null
  readonly accuracyEpoch: number | null
  readonly liveAuthors: number
  readonly neighbours: readonly NeighbourView[]
  /** Where it can be dialled. */
  readonly addresses: readonly string[]
  /** Those that were asked to open ports (UPnP), and answered. */
  readonly routers: readonly RouterFacts[]
  readonly bytes: { readonly today: BytesView; readonly total: BytesView }
  readonly limits: { readonly maxCpu: number | null; readonly maxMbPerDay: number | null }
  readonly lastUpdate: UpdateView | null
  readonly lastOwnUpdate: UpdateView | null
  /** Coordinates of which something was trained and is not yet sent. */
  readonly unsent: number
  readonly storing: 'nothing' | 'saved' | 'unsaved'
  /** What is wrong just now, a sentence each. */
  readonly warnings: readonly string[]
  readonly upSeconds: number
}

/** What costs nothing to tell, whatever the size of the model. */
export type Glance = Omit<NodeStatus, 'unsent'>
