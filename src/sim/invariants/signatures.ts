/** I3: an honest peer never signs two bodies for one epoch, in none of its lives. */
import { equalBytes, toHex } from '../../core/bytes.js'
import { entryOf } from '../../core/protocol/set.js'
import type { RunObserver, RunPeer, RunView } from '../observer.js'
import { isUp } from './graph.js'
import type { Report } from './violation.js'

interface Signed {
  readonly hash: Uint8Array
  readonly atMs: number
}

interface Excused {
  readonly author: string
  readonly epoch: number
}

export interface Signatures extends RunObserver {
  /** Epochs signed twice because a disk had lost the first and nobody was there to ask. */
  readonly excused: () => number
}

/** Signatures of an author that are remembered. */
const REMEMBERED = 16_384

export function createSignatures(report: Report): Signatures {
  let run: RunView | undefined
  const places = new Map<string, number>()
  /** By place, then epoch. */
  const signed: Map<number, Signed>[] = []
  const excused: Excused[] = []
  /** Places and epochs that were signed twice. */
  const told = new Set<string>()
  /** When the disk of a place last lost something that it had called durable. */
  const forgotAt: number[] = []

  /** Did anybody whom the author could have asked know its first body? */
  function couldAsk(place: number, epoch: number, first: Signed): boolean {
    const author = run!.peers[place]!
    return run!.peers.some(peer => {
      if (peer.peer === place || !isUp(peer) || !run!.connected(place, peer.peer)) return false
      const entry = entryOf(peer.state!.set, epoch, author.key)
      return entry?.kind === 'conflict' || (entry?.kind === 'one' && equalBytes(entry.update.contentHash, first.hash))
    })
  }

  function see(author: string, epoch: number, hash: Uint8Array): void {
    const place = places.get(author)
    if (place === undefined || run === undefined) return
    const ofAuthor = signed[place] ?? new Map<number, Signed>()
    signed[place] = ofAuthor
    const first = ofAuthor.get(epoch)
    if (first === undefined) {
      ofAuthor.set(epoch, { hash, atMs: run.now() })
      if (ofAuthor.size > REMEMBERED) ofAuthor.delete(ofAuthor.keys().next().value!)
      return
    }
    if (equalBytes(first.hash, hash)) return
    if (told.has(`${place} ${epoch}`)) return
    told.add(`${place} ${epoch}`)
    const forgot = (forgotAt[place] ?? Number.NEGATIVE_INFINITY) >= first.atMs
    if (forgot && !couldAsk(place, epoch, first)) {
      excused.push({ author, epoch })
      return
    }
    const why = forgot ? 'a neighbour knew the first' : 'its disk had lost nothing'
    const both = [first.hash, hash].map(one => toHex(one).slice(0, 8)).join(' and ')
    report('I3', place, `two bodies for epoch ${epoch}, ${both}, and ${why}`)
  }

  /** What `peer` holds there, that others can tell it from. */
  function held(peer: RunPeer, { author, epoch }: Excused): string | undefined {
    if (!isUp(peer) || epoch < peer.state!.set.base) return undefined
    const entry = entryOf(peer.state!.set, epoch, author)
    if (entry === undefined) return undefined
    return entry.kind === 'conflict' ? 'a conflict' : toHex(entry.update.contentHash).slice(0, 8)
  }

  return {
    excused: () => excused.length,
    onBegin(view) {
      run = view
      for (const { peer, key, hostile } of view.peers) if (hostile === null) places.set(key, peer)
    },
    onGone({ peer }, crash) {
      if (crash !== null && (crash.lost || crash.lied > 0 || crash.damaged !== null)) forgotAt[peer] = run!.now()
    },
    onStep(_, { input }) {
      if (input.type !== 'sealed' && input.type !== 'update') return
      const { author, epoch, contentHash } = input.candidate.update
      see(author, epoch, contentHash)
    },
    onEnd({ peers }, { settled }) {
      if (!settled) return
      for (const double of excused) {
        const found = new Set(peers.map(peer => held(peer, double)).filter(entry => entry !== undefined))
        if (found.size > 1)
          report(
            'I3',
            null,
            `two bodies of ${double.author.slice(0, 12)} for epoch ${double.epoch}: ${[...found].join(', ')}`
          )
      }
    }
  }
}
