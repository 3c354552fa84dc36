/** What each command takes, after its flags were checked. */
import type { Invite } from '../../core/wire/invite.js'
import type { TopologyKind } from '../../topology/index.js'
import type { Partition } from '../../train/partition.js'
import type { ShardNumber } from './values.js'

export const TASKS = ['digits', 'mnist', 'table'] as const
export type TaskName = (typeof TASKS)[number]

/** How the swarm shares bytes; the task decides where a flag is absent. */
export interface BudgetOptions {
  /** Bytes per epoch for the whole swarm, headers included. */
  readonly budget?: number
  /** Part of the coordinates that each peer sends in an epoch, 0 … 1. */
  readonly density?: number
  readonly valueBits?: 1 | 2 | 4 | 8
  /** Peers that train and publish per epoch; more draw lots. */
  readonly drawn?: number | 'all'
}

/** When training ends besides a number of epochs. */
export interface StopOptions {
  /** @default never */
  readonly plateau?: { readonly epochs: number; readonly minGain: number }
}

export interface DataOptions {
  readonly data?: string
  readonly label?: string
}

export interface TestnetOptions extends BudgetOptions, DataOptions, StopOptions {
  readonly task: TaskName
  readonly model?: 'mlp' | 'cnn'
  readonly epochs?: number
  readonly partition: Partition
  readonly seed: number
  readonly processes?: number
  /** File of what is to go wrong. */
  readonly faults?: string
  /** Go on without what real processes cannot do. */
  readonly skipUnsupported?: boolean
  readonly mode: 'sync' | 'async'
  readonly json?: boolean
  readonly out?: string
  /** Replaces what an earlier run left in `out`. */
  readonly force?: boolean
}

/** Task and data are of `--trainer real` only. */
export interface SimOptions extends BudgetOptions, DataOptions, StopOptions {
  /** File of what goes wrong. @default nothing does */
  readonly faults?: string
  readonly trainer: 'real' | 'synthetic'
  readonly task?: TaskName
  readonly model?: 'mlp' | 'cnn'
  readonly partition?: Partition
  readonly epochs?: number
  readonly seed: number
  readonly mode: 'sync' | 'async'
  readonly json?: boolean
  /** Tells of each fault and warning. */
  readonly verbose?: boolean
  readonly out?: string
  /** Replaces what an earlier run left in `out`. */
  readonly force?: boolean
}

/** How peers are looked for, besides asking neighbours. Absent is what a home remembers, or the default. */
export interface DiscoveryOptions {
  /** Multiaddrs of peers, and files of them. */
  readonly bootstrap?: readonly string[]
  /** On the local network. @default true where that can be reached */
  readonly mdns?: boolean
  /** @default true where somebody can be reached */
  readonly dht?: boolean
  /** Of somebody else's DHT, which is then used as a guest. */
  readonly dhtProtocol?: string
}

/** Of every command that runs a peer. */
export interface PeerOptions extends DiscoveryOptions {
  readonly data?: string
  /** Folder of what the peer keeps. */
  readonly home?: string
  readonly listen?: readonly string[]
  readonly shard?: ShardNumber
  readonly partition?: Partition
  readonly mode?: 'sync' | 'async'
  /** Ids of peers with whom to have nothing to do. */
  readonly block?: readonly string[]
  /** Seconds of repair service after the end. */
  readonly linger: number
  /** Percent of one core that the process may use; 0: no limit. */
  readonly maxCpu?: number
  /** Megabytes, sent and received together; 0: no limit. */
  readonly maxMbPerDay?: number
  readonly json?: boolean
  readonly out?: string
  /** Replaces what an earlier run left in `out`. */
  readonly force?: boolean
  /** Where the page of Starlings lies, for links. */
  readonly page?: string
  readonly qr?: boolean
  /** Port of the page that it serves. */
  readonly serve?: number
  /** True, or megabytes a second: whatever others say; false: nothing; absent or undefined: introductions. */
  readonly relay?: boolean | number | undefined
  /** Introductions again, whatever the home remembers. */
  readonly introduce?: boolean
  /** False: leaves the router alone. */
  readonly upnp?: boolean
  /** URLs. */
  readonly stun?: readonly string[]
  /** Multiaddrs that lead here by somebody else's doing. */
  readonly announce?: readonly string[]
}

export interface NodeOptions extends PeerOptions {
  /** Absent when the home has a manifest. */
  readonly swarm?: string
  readonly peer?: readonly string[]
}

export interface SwarmCreateOptions extends BudgetOptions, DataOptions, StopOptions {
  readonly out?: string
  readonly force?: boolean
  readonly model?: 'mlp' | 'cnn'
  readonly epochs?: number
  readonly forever?: boolean
  /** Seconds that an epoch takes at least. */
  readonly pace?: number
  /** Absent: that of the swarm before. */
  readonly seed?: number
  /** Absent: that of the swarm before. */
  readonly expectedPeers?: number
  readonly name?: string
  /** Folder of the first peer, which is made ready. */
  readonly home?: string
  readonly listen?: readonly string[]
  readonly private?: boolean
  /** Peer ids, with commas between them, or files of them. */
  readonly allow?: readonly string[]
  readonly without?: readonly string[]
  /** Home or model folder to go on from. */
  readonly from?: string
  /** Where the page of Starlings lies, for links. */
  readonly page?: string
  readonly qr?: boolean
}

/** Those with which the tasks' defaults were found; a swarm of fewer loses nothing by it. */
export const EXPECTED_PEERS = 16

export interface ServeOptions {
  readonly port: number
  readonly host: string
  readonly https?: boolean
  /** Folder of a node that runs on this machine. */
  readonly home?: string
  readonly invite?: string
}

export interface JoinOptions extends PeerOptions {
  /** Nobody is asked. */
  readonly yes?: boolean
  /** Home whose identity a new one takes over. */
  readonly like?: string
}

export interface InviteOptions {
  readonly home?: string
  readonly page?: string
  readonly qr?: boolean
  readonly json?: boolean
}

export interface IdOptions {
  readonly home: string
}

/** Of commands that ask a running node. */
export interface ControlOptions {
  /** @default this folder, when it is a home */
  readonly home?: string
  readonly json?: boolean
}

export interface DoctorOptions {
  readonly home?: string
  readonly peer?: readonly string[]
  readonly listen?: readonly string[]
  readonly upnp?: boolean
  readonly json?: boolean
}

export interface StatusOptions extends ControlOptions {
  readonly watch?: boolean
}

export interface TopologyOptions {
  readonly peers: number
  readonly degree?: number
  readonly seed?: number
}

/** A command line that was understood. */
export type Invocation =
  | { readonly command: 'text'; readonly text: string }
  | { readonly command: 'testnet'; readonly topology: string; readonly options: TestnetOptions }
  | { readonly command: 'sim'; readonly topology: string; readonly options: SimOptions }
  | { readonly command: 'node'; readonly options: NodeOptions }
  | { readonly command: 'swarm create'; readonly task: TaskName; readonly options: SwarmCreateOptions }
  /** An invite of undefined comes by stdin. */
  | { readonly command: 'join'; readonly invite: Invite | undefined; readonly options: JoinOptions }
  | { readonly command: 'invite'; readonly options: InviteOptions }
  | { readonly command: 'id'; readonly options: IdOptions }
  | { readonly command: 'topology'; readonly kind: TopologyKind; readonly options: TopologyOptions }
  | { readonly command: 'serve'; readonly options: ServeOptions }
  | { readonly command: 'doctor'; readonly invite: string | undefined; readonly options: DoctorOptions }
  | { readonly command: 'status'; readonly options: StatusOptions }
  | { readonly command: 'pause' | 'resume' | 'leave'; readonly options: ControlOptions }
