/** Who counts as a live author, and the divisor that follows. PROTOCOL.md, R4. */
import { fromHex, toHex } from '../bytes.js'
import type { LiveHeader } from '../wire/snapshot.js'
import { countedUpdates, type UpdateSet } from './set.js'

/** An author's newest update in a window, or what is left of it once its epoch was folded. */
export interface LiveAuthor {
  readonly weight: number
  readonly drawBits: number
}

/** Headers of folded epochs that live windows still reach into, by epoch, then author. */
export type FoldedHeaders = Map<number, Map<string, LiveAuthor>>

/** Live(e): each author with a non-conflict update in epochs e − L + 1 … e, with its newest header there. */
export function liveAuthors(
  set: UpdateSet,
  folded: FoldedHeaders,
  epoch: number,
  window: number,
  maxAuthors: number
): Map<string, LiveAuthor> {
  const out = new Map<string, LiveAuthor>()
  for (let e = epoch; e > epoch - window && e >= 0; e--) {
    if (e >= set.base) {
      for (const update of countedUpdates(set, e, maxAuthors))
        if (!out.has(update.author)) out.set(update.author, update)
    } else {
      for (const [author, header] of folded.get(e) ?? []) if (!out.has(author)) out.set(author, header)
    }
  }
  return out
}

/** typical(e): lower median of the live authors' newest weights; 0 when there are none. */
function typicalWeight(live: ReadonlyMap<string, LiveAuthor>): number {
  const weights = [...live.values()].map(author => author.weight).sort((a, b) => a - b)
  return weights[Math.floor((weights.length - 1) / 2)] ?? 0
}

/** W_e = max(Σ w over U_e, typical(e) · min(minAuthors, |Live(e)|)). */
export function divisor(sumOfWeights: number, live: ReadonlyMap<string, LiveAuthor>, minAuthors: number): number {
  return Math.max(sumOfWeights, typicalWeight(live) * Math.min(minAuthors, live.size))
}

/** Takes the headers of the last `window` − 1 epochs before `base`, so that windows beyond it stay the same. */
export function headersBefore(
  set: UpdateSet,
  folded: FoldedHeaders,
  base: number,
  window: number,
  maxAuthors: number
): FoldedHeaders {
  const out: FoldedHeaders = new Map()
  for (let epoch = Math.max(0, base - window + 1); epoch < base; epoch++) {
    const known = folded.get(epoch)
    if (known !== undefined && epoch < set.base) out.set(epoch, known)
    else
      out.set(
        epoch,
        new Map(
          countedUpdates(set, epoch, maxAuthors).map(({ author, weight, drawBits }) => [author, { weight, drawBits }])
        )
      )
  }
  return out
}

export function headersToWire(folded: FoldedHeaders): LiveHeader[] {
  const out: LiveHeader[] = []
  for (const epoch of [...folded.keys()].sort((a, b) => a - b))
    for (const [author, { weight, drawBits }] of [...folded.get(epoch)!].sort(([a], [b]) => (a < b ? -1 : 1)))
      out.push({ epoch, author: fromHex(author), weight, drawBits })
  return out
}

export function headersFromWire(headers: readonly LiveHeader[]): FoldedHeaders {
  const out: FoldedHeaders = new Map()
  for (const { epoch, author, weight, drawBits } of headers) {
    const ofEpoch = out.get(epoch) ?? new Map<string, LiveAuthor>()
    ofEpoch.set(toHex(author), { weight, drawBits })
    out.set(epoch, ofEpoch)
  }
  return out
}
