/** What there is to see of a running swarm, and what its peers have in common: plain data, no text. */

export interface Company {
  /** Connected now. */
  readonly neighbours: number
  /** Whose updates came lately, the own ones included. */
  readonly liveAuthors: number
  /** Since when there is nobody, on the clock of `now`, in ms; left out while there is. */
  readonly aloneSince?: number | undefined
  /** Whether what the peer learns is stored; left out for one that keeps nothing. */
  readonly saved?: boolean | undefined
}

export type LivePeerState =
  | 'starting'
  | 'running'
  | 'done'
  /** Its process is gone. */
  | 'down'
  /** Its process stands still. */
  | 'frozen'
  /** Not there yet. */
  | 'absent'
  /** It said goodbye. */
  | 'left'
  /** In the simulator alone: it takes part to do harm, and reports nothing. */
  | 'hostile'

/** Those that are not here, in the order in which they are told, and how. */
const AWAY = ['down', 'frozen', 'left', 'absent', 'hostile'] as const
export type Away = (typeof AWAY)[number]

/** In a sentence: `2 down`, `1 to join`. */
const AWAY_TEXTS: Readonly<Record<Away, string>> = {
  down: 'down',
  frozen: 'frozen',
  left: 'left',
  absent: 'to join',
  hostile: 'hostile'
}

/** How a peer is not here; undefined for one that takes part. */
export function awayState({ state }: { readonly state: LivePeerState }): Away | undefined {
  return AWAY.find(away => away === state)
}

/** Whether a peer takes part just now. */
export function isHere(peer: { readonly state: LivePeerState }): boolean {
  return awayState(peer) === undefined
}

/** How a peer that was started by hand gets on. */
export interface Upkeep {
  /** How it is connected, such as `2 tcp, 1 webrtc`; empty without neighbours. */
  readonly links: string
  /** Bytes at the sockets since midnight. */
  readonly today: { readonly sent: number; readonly received: number }
  /** Those that the day may cost; null: no limit. */
  readonly maxBytes: number | null
  /** Why it publishes nothing for now; empty when it takes part. */
  readonly resting: string
  /** What is wrong just now. */
  readonly warnings: readonly string[]
  readonly seenSecondsAgo: number | null
  readonly sentSecondsAgo: number | null
}

export interface LivePeer {
  /** Number in the topology. */
  readonly peer: number
  readonly state: LivePeerState
  /** Epochs closed so far. */
  readonly epoch: number
  /** 0 … 1, the newest one; null before the first evaluation. */
  readonly accuracy: number | null
}

/** What the live view shows; the owner may mutate it between updates. */
export interface LiveState {
  /** What is trained, such as `digits, dirichlet:0.1`. */
  readonly title: string
  /** What goes on now, such as `starting`, `training`, `settling`, `training alone`. */
  readonly phase: string
  /** 0 … 1 of a phase that is not told by the peers' epochs, such as the alone baseline. */
  readonly phaseProgress?: number
  /** At which training stops; null: never. */
  readonly epochs: number | null
  readonly peers: readonly LivePeer[]
  /** Name of the file of what is to go wrong. */
  readonly faults?: string
  /** Peers that cannot reach those of the other groups. */
  readonly split?: readonly (readonly number[])[]
  /** Whom a peer that was started by hand is with; left out for a whole swarm. */
  readonly company?: Company
  /** What else there is to know of such a peer. */
  readonly upkeep?: Upkeep
  /** Whether accuracies are of the live evaluation's subsample, or of everything held out. @default true */
  readonly sampled?: boolean
  /** Mean over the peers, each update's envelope once. */
  readonly payloadBytesReceived: number
  /** What dense float32 updates would have cost until now; left out when unknown. */
  readonly denseBytes?: number
  /** When the process began, on the clock of `now`, in ms. */
  readonly startedAt: number
  /** When the present phase began; time left is reckoned from it. */
  readonly phaseStartedAt: number
  /** 0 … 1, where the present phase began. @default 0 */
  readonly phaseStartProgress?: number
}

/** What the peers have in common just now. */
export interface LiveFigures {
  /** Lower median of the peers that are not down. */
  readonly epoch: number
  /** 0 … 1, or null where there is no end. */
  readonly progress: number | null
  readonly accuracy: { readonly mean: number; readonly min: number; readonly max: number } | null
  /** Milliseconds; null while unknown. */
  readonly left: number | null
  /** Who is not here, by how. */
  readonly away: readonly { readonly how: string; readonly state: Away; readonly peers: readonly number[] }[]
}

/** Below this part of the way an estimate of the time left would only jump about. */
const LEAST_PROGRESS = 0.04

export function liveFigures(state: LiveState, now: number): LiveFigures {
  const here = state.peers.filter(isHere)
  const epochs = here.map(peer => peer.epoch).sort((a, b) => a - b)
  const accuracies = here.flatMap(peer => (peer.accuracy === null ? [] : [peer.accuracy]))
  const progress = state.phaseProgress ?? trainingProgress(epochs, state.epochs)
  const spent = now - state.phaseStartedAt
  const gone = (progress ?? 0) - (state.phaseStartProgress ?? 0)
  return {
    epoch: epochs[Math.max(0, Math.ceil(epochs.length / 2) - 1)] ?? 0,
    progress,
    accuracy:
      accuracies.length === 0
        ? null
        : {
            mean: accuracies.reduce((sum, value) => sum + value, 0) / accuracies.length,
            min: Math.min(...accuracies),
            max: Math.max(...accuracies)
          },
    left: progress !== null && gone >= LEAST_PROGRESS ? (spent * (1 - progress)) / gone : null,
    away: AWAY.flatMap(away => {
      const peers = state.peers.filter(peer => peer.state === away).map(({ peer }) => peer)
      return peers.length === 0 ? [] : [{ how: AWAY_TEXTS[away], state: away, peers }]
    })
  }
}

function trainingProgress(epochs: readonly number[], end: number | null): number | null {
  if (end === null) return null
  if (epochs.length === 0) return 0
  const sum = epochs.reduce((total, epoch) => total + Math.min(epoch, end), 0)
  return sum / (epochs.length * end)
}
