/**
 * Params as a function of the set: x0 + Σ_e aggregate(U_e), kept up to date incrementally. An epoch whose updates or
 * divisor changed is taken out with what was counted before and put in anew; integer sums make that exact, so every
 * order of arrival ends in the same bits. PROTOCOL.md, R3 and R4.
 */
import { divideHalfEven } from '../grid.js'
import { divisor, type FoldedHeaders, headersBefore, liveAuthors } from './live.js'
import { countedUpdates, foldSet, type UpdateRecord, type UpdateSet } from './set.js'

/** An update's coordinates in grid units. */
export interface Coordinates {
  /** Ascending. */
  readonly indices: Uint32Array
  readonly values: Int32Array
}

export interface ModelOptions {
  readonly minAuthors: number
  readonly liveWindow: number
  readonly maxAuthors: number
  /** Decodes an update of the set; it was checked when it came in. */
  readonly decode: (update: UpdateRecord) => Coordinates
}

export interface Applied {
  readonly updates: readonly UpdateRecord[]
  readonly divisor: number
}

export interface Model {
  readonly options: ModelOptions
  /** Grid units, length n; call {@link followSet} before reading. */
  readonly params: Float64Array
  /** What params contain of each epoch from the set's base on. */
  readonly applied: Map<number, Applied>
  /** What params contain of epochs that were folded, but are in no snapshot yet: see snapshot.ts. Epochs ascending. */
  readonly folding: Map<number, Applied>
  /** Epochs to look at again. */
  readonly dirty: Set<number>
  folded: FoldedHeaders
  /** Decoded updates of recent epochs. */
  readonly cache: Map<UpdateRecord, Coordinates>
  readonly sums: Float64Array
  readonly touched: Uint32Array
  readonly seen: Uint8Array
}

/** @param params x0 or a snapshot's params; the model keeps and changes the array */
export function createModel(params: Float64Array, options: ModelOptions, folded: FoldedHeaders = new Map()): Model {
  const n = params.length
  return {
    options,
    params,
    applied: new Map(),
    folding: new Map(),
    dirty: new Set(),
    folded,
    cache: new Map(),
    sums: new Float64Array(n),
    touched: new Uint32Array(n),
    seen: new Uint8Array(n)
  }
}

/** An update came in at `epoch`: W can change there and in the L − 1 epochs after. */
export function markDirty(model: Model, epoch: number): void {
  for (let e = epoch; e < epoch + model.options.liveWindow; e++) model.dirty.add(e)
}

/** Remembers a decoded update, so that arriving and aggregating decode it once. */
export function remember(model: Model, update: UpdateRecord, coordinates: Coordinates): void {
  model.cache.set(update, coordinates)
}

/** Forgets decoded updates of epochs before `epoch`; they are decoded again if a late one arrives there. */
export function forgetBefore(model: Model, epoch: number): void {
  for (const update of model.cache.keys()) if (update.epoch < epoch) model.cache.delete(update)
}

/** Brings params up to date with the set. @returns whether they changed */
export function followSet(model: Model, set: UpdateSet): boolean {
  let changed = false
  const { minAuthors, liveWindow, maxAuthors } = model.options
  for (const epoch of [...model.dirty].sort((a, b) => a - b)) {
    if (epoch < set.base) continue
    const updates = countedUpdates(set, epoch, maxAuthors)
    const before = model.applied.get(epoch)
    if (updates.length === 0 && before === undefined) continue
    const live = liveAuthors(set, model.folded, epoch, liveWindow, maxAuthors)
    const sum = updates.reduce((total, update) => total + update.weight, 0)
    const after = { updates, divisor: divisor(sum, live, minAuthors) }
    if (before !== undefined && before.divisor === after.divisor && sameUpdates(before.updates, updates)) continue
    if (before !== undefined) contribute(model, before, -1)
    contribute(model, after, 1)
    model.applied.set(epoch, after)
    changed = true
  }
  model.dirty.clear()
  return changed
}

function sameUpdates(a: readonly UpdateRecord[], b: readonly UpdateRecord[]): boolean {
  return a.length === b.length && a.every((update, i) => update === b[i])
}

/** params += sign · Σ w·q / W, into `params`. */
export function contribute(model: Model, applied: Applied, sign: 1 | -1, params = model.params): void {
  const { sums, touched, seen } = model
  let count = 0
  for (const update of applied.updates) {
    const { indices, values } = model.cache.get(update) ?? model.options.decode(update)
    const weight = update.weight
    for (let j = 0; j < indices.length; j++) {
      const i = indices[j]!
      if (seen[i] === 0) {
        seen[i] = 1
        touched[count++] = i
      }
      sums[i] = sums[i]! + weight * values[j]!
    }
  }
  for (let j = 0; j < count; j++) {
    const i = touched[j]!
    params[i] = params[i]! + sign * divideHalfEven(sums[i]!, applied.divisor)
    sums[i] = 0
    seen[i] = 0
  }
}

/** Folds the epochs before `base` into the params for good. What they contributed waits for the next snapshot. */
export function fold(model: Model, set: UpdateSet, base: number): void {
  followSet(model, set)
  model.folded = headersBefore(set, model.folded, base, model.options.liveWindow, model.options.maxAuthors)
  forgetBefore(model, base)
  for (const epoch of [...model.applied.keys()].filter(epoch => epoch < base).sort((a, b) => a - b)) {
    model.folding.set(epoch, model.applied.get(epoch)!)
    model.applied.delete(epoch)
  }
  foldSet(set, base)
}
