/**
 * What the histories hold that were folded: known to the simulator alone, which has seen every update go in. Whatever history
 * a peer adopts, an honest peer must have folded it (I8).
 */
import { toHex } from '../../core/bytes.js'
import { entriesOf, type UpdateRecord } from '../../core/protocol/set.js'
import type { SwarmState } from '../../core/protocol/state.js'
import type { RunObserver, RunPeer } from '../observer.js'
import type { Report } from './violation.js'

/** What there is of an author at an epoch: the content hash in hex, or a conflict. */
type Held = string

export const CONFLICT: Held = 'conflict'

interface Folded {
  readonly base: number
  /** What was folded before `since`; null when that is 0, or so long ago that nobody asks. */
  before: Folded | null
  readonly since: number
  /** By epoch, then author: honest authors only. */
  readonly epochs: ReadonlyMap<number, ReadonlyMap<string, Held>>
}

/** Where a peer stands: the fold below, and what it held above when it was last looked at. */
interface Stand {
  folded: Folded
  readonly epochs: Map<number, Map<string, Held>>
}

export interface Histories extends RunObserver {
  /** What the peer's history holds of an honest author at an epoch: a content hash, `conflict` or nothing. */
  holds(peer: number, epoch: number, author: string): Held | undefined
}

/** More than any check looks back. */
const FORGOTTEN_RETENTIONS = 8

/** Folds remembered. */
const FOLDS = 1024

const EMPTY: Folded = { base: 0, before: null, since: 0, epochs: new Map() }

export function createHistories(report: Report): Histories {
  let honest: ReadonlySet<string> = new Set()
  const byChain = new Map<string, Folded>([[toHex(new Uint8Array(32)), EMPTY]])
  const stands: Stand[] = []

  const chainOf = (state: Readonly<SwarmState>) => toHex(state.set.chain[0]!)

  function read(state: Readonly<SwarmState>, epoch: number): Map<string, Held> {
    const out = new Map<string, Held>()
    for (const [author, entry] of entriesOf(state.set, epoch))
      if (honest.has(author)) out.set(author, entry.kind === 'one' ? toHex(entry.update.contentHash) : CONFLICT)
    return out
  }

  /** It did not fold what is below its base: it started there or adopted it. */
  function stand({ peer, state }: RunPeer, how: string): void {
    if (state === undefined) return
    const folded = byChain.get(chainOf(state))
    if (folded?.base !== state.set.base)
      report('I8', peer, `${how} a history before epoch ${state.set.base} that no honest peer has folded`)
    const epochs = new Map<number, Map<string, Held>>()
    for (const epoch of state.set.epochs.keys()) epochs.set(epoch, read(state, epoch))
    stands[peer] = { folded: folded ?? { ...EMPTY, base: state.set.base, since: state.set.base }, epochs }
  }

  /** Taken in and folded in one step, so that the set no longer shows it. */
  function join(epochs: Stand['epochs'], { epoch, author, contentHash }: UpdateRecord): void {
    if (!honest.has(author)) return
    const held = epochs.get(epoch) ?? new Map<string, Held>()
    const hash = toHex(contentHash)
    const known = held.get(author)
    held.set(author, known === undefined || known === hash ? hash : CONFLICT)
    epochs.set(epoch, held)
  }

  function fold(mine: Stand, state: Readonly<SwarmState>): void {
    const { base } = state.set
    const gone = new Map<number, ReadonlyMap<string, Held>>()
    for (const [epoch, held] of mine.epochs) {
      if (epoch >= base) continue
      gone.set(epoch, held)
      mine.epochs.delete(epoch)
    }
    const chain = chainOf(state)
    const { folded } = mine
    mine.folded = byChain.get(chain) ?? { base, before: folded, since: folded.base, epochs: gone }
    byChain.set(chain, mine.folded)
    if (byChain.size > FOLDS) byChain.delete([...byChain.keys()][1]!) // the first is nothing folded
    const horizon = base - FORGOTTEN_RETENTIONS * state.manifest.limits.retentionEpochs
    for (let at: Folded | null = mine.folded; at !== null; at = at.before) if (at.since < horizon) at.before = null
  }

  return {
    onBegin(run) {
      honest = new Set(run.peers.filter(peer => peer.hostile === null).map(peer => peer.key))
    },
    onStart: peer => stand(peer, 'started from'),
    onStep(peer, { input }) {
      const { state } = peer
      const mine = stands[peer.peer]
      if (state === undefined || mine === undefined) return
      const { base } = state.set
      if (input.type === 'update' || input.type === 'sealed') {
        const { update } = input.candidate
        if (update.epoch >= base) mine.epochs.set(update.epoch, read(state, update.epoch))
        else if (update.epoch >= mine.folded.base) join(mine.epochs, update)
      }
      if (base > mine.folded.base && input.type !== 'snapshot') fold(mine, state)
      else if (base !== mine.folded.base || input.type === 'snapshot') stand(peer, 'adopted')
    },
    holds(peer, epoch, author) {
      const mine = stands[peer]
      if (mine === undefined) return undefined
      if (epoch >= mine.folded.base) return mine.epochs.get(epoch)?.get(author)
      for (let at: Folded | null = mine.folded; at !== null; at = at.before)
        if (epoch >= at.since) return at.epochs.get(epoch)?.get(author)
      return undefined
    }
  }
}
