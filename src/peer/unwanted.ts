/**
 * Who does not take this peer's updates. A neighbour that lacks one asks for it, gets it, and has it; one that asks for the same
 * update over and over refuses it, whatever its reason.
 */
import { toHex } from '../core/bytes.js'
import { entryOf, type UpdateSet } from '../core/protocol/set.js'
import type { RepairRequest } from '../core/wire/repair.js'
import type { PeerKey } from '../interface.js'

/** Answers get lost, and two questions may be under way: this often is no accident. */
const TIMES = 5
/** Epochs remembered of a neighbour; the oldest are forgotten. */
const MAX_EPOCHS = 64

export interface Unwanted {
  /** A neighbour asked. */
  asked(from: PeerKey, request: RepairRequest): void
  gone(peer: PeerKey): void
  /** Neighbours that have asked for one own update again and again. */
  refusing(): readonly PeerKey[]
}

/**
 * @param set the one that is asked about, as it is now
 * @param isNeighbour others ask, too, and nobody would tell when they are gone
 */
export function createUnwanted(self: PeerKey, set: () => UpdateSet, isNeighbour: (peer: PeerKey) => boolean): Unwanted {
  const counts = new Map<PeerKey, Map<number, number>>()
  return {
    asked(from, request) {
      if (request.kind !== 'missing' || !isNeighbour(from)) return
      const of = counts.get(from) ?? new Map<number, number>()
      for (const { epoch, have } of request.epochs) {
        const own = entryOf(set(), epoch, self)
        if (own === undefined) continue
        const id = toHex(own.id)
        if (have.some(held => toHex(held) === id)) of.delete(epoch)
        else of.set(epoch, (of.get(epoch) ?? 0) + 1)
        if (of.size > MAX_EPOCHS) of.delete(of.keys().next().value!)
      }
      if (of.size > 0) counts.set(from, of)
      else counts.delete(from)
    },
    gone: peer => void counts.delete(peer),
    refusing() {
      const { base } = set()
      return [...counts].flatMap(([peer, of]) =>
        [...of].some(([epoch, count]) => epoch >= base && count >= TIMES) ? [peer] : []
      )
    }
  }
}
