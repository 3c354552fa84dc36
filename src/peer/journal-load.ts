/** Reads what an earlier life of this peer wrote down, and believes none of it unchecked. PROTOCOL.md, "What a peer keeps". */
import { toHex } from '../core/bytes.js'
import { examine, type Membership } from '../core/protocol/admit.js'
import type { KeptState } from '../core/protocol/restore.js'
import { createSet, type UpdateRecord } from '../core/protocol/set.js'
import { snapshotLimits } from '../core/protocol/snapshot.js'
import type { SwarmState } from '../core/protocol/state.js'
import { DecodeError } from '../core/wire/error.js'
import {
  BASE_KEY,
  CLOCK_KEY,
  decodeClock,
  decodeOwn,
  decodeSwarm,
  mineKey,
  OWN_KEY,
  openRecord,
  parseUpdateKey,
  SWARM_KEY,
  TRAINER_KEY,
  updateKey
} from '../core/wire/record.js'
import { decodeSnapshot } from '../core/wire/snapshot.js'
import type { Store } from '../interface.js'

/** What a store holds belongs to another swarm, or to a later version of this program. */
export class KeptError extends Error {
  override readonly name = 'KeptError'
}

/** What {@link loadKept} found. */
export interface Kept {
  /** Whether the store says which swarm it belongs to; `unread`: nobody looked, and it had better be empty. */
  readonly swarm: 'noted' | 'missing' | 'unread'
  /** Undefined when nothing was stored. */
  readonly state: KeptState | undefined
  readonly trainer: Uint8Array | undefined
  /** As it is stored; undefined when it is damaged. */
  readonly base: { readonly epoch: number; readonly chain: Uint8Array } | undefined
  /** Keys to be deleted. */
  readonly useless: readonly string[]
  /** For the user: what could not be used. */
  readonly warnings: readonly string[]
}

export const NOTHING_KEPT: Kept = {
  swarm: 'unread',
  state: undefined,
  trainer: undefined,
  base: { epoch: 0, chain: new Uint8Array(32) },
  useless: [],
  warnings: []
}

type Updates = Map<string, UpdateRecord>

/**
 * @param state fresh: it is read only
 * @throws {KeptError} when the store holds what belongs to another swarm; and whatever the store throws
 */
export async function loadKept(store: Store, state: SwarmState, swarmId: string): Promise<Kept> {
  const { membership, x0, manifest, options } = state
  const records = new Map<string, Uint8Array>()
  const [updates, mine]: [Updates, Updates] = [new Map(), new Map()]
  const damaged: string[] = []
  const useless = new Set<string>()
  for await (const [key, value] of store.read('')) {
    const parsed = parseUpdateKey(key)
    if (parsed === undefined) {
      records.set(key, value)
      continue
    }
    const update = updateOf(key, value, membership)
    if (update === undefined) damaged.push(key)
    else if (parsed.author !== undefined) updates.set(key, update)
    else if (update.author === options.self) mine.set(key, update)
    else damaged.push(key)
  }
  const mark = await store.marked()
  if (records.size + updates.size + mine.size + damaged.length === 0 && mark === null)
    return { ...NOTHING_KEPT, swarm: 'missing' }

  /** Decodes one record; null when it is not there, or cannot be used, which is told. */
  function take<T>(key: string, decode: (value: Uint8Array) => T): T | null {
    const value = records.get(key)
    if (value === undefined) return null
    try {
      return decode(value)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      damaged.push(key)
      return null
    }
  }
  const swarm = take(SWARM_KEY, decodeSwarm)
  if (swarm !== null && swarm !== swarmId)
    throw new KeptError(`what is kept here belongs to the swarm ${swarm}, not to ${swarmId}`)
  const clock = take(CLOCK_KEY, decodeClock)
  const own = take(OWN_KEY, value => decodeOwn(value, x0.length))
  const trainer = take(TRAINER_KEY, value => openRecord(TRAINER_KEY, value))
  let base = take(BASE_KEY, value => decodeSnapshot(openRecord(BASE_KEY, value), x0, snapshotLimits(manifest)))
  // Without its base a set has a hole: then only own updates are kept, and the rest is fetched from neighbours again.
  const isWhole = (base?.epoch ?? 0) === (clock?.base ?? base?.epoch ?? 0) && !damaged.includes(BASE_KEY)
  if (!isWhole) base = null
  const all = [...updates, ...mine]
  const below = base?.epoch ?? 0
  for (const [key, { epoch, author }] of all)
    if (author !== options.self && (!isWhole || epoch < below)) useless.add(key)
  const isNeeded = ([key]: [string, UpdateRecord]) => !useless.has(key)
  return {
    swarm: swarm === null ? 'missing' : 'noted',
    state: {
      clock,
      own,
      mark,
      isWhole,
      base,
      updates: all
        .filter(isNeeded)
        .map(([, update]) => update)
        .filter(({ epoch }) => epoch >= below),
      mine: all.map(([, update]) => update).filter(({ author, epoch }) => author === options.self && epoch < below)
    },
    trainer: trainer ?? undefined,
    base: isWhole ? { epoch: below, chain: base?.chain ?? new Uint8Array(32) } : undefined,
    useless: [...useless, ...damaged],
    warnings: warningsOf(damaged, isWhole)
  }
}

/** @returns undefined when it is damaged, is kept where it does not belong, or is none that this swarm takes */
function updateOf(key: string, value: Uint8Array, membership: Membership): UpdateRecord | undefined {
  try {
    // A copy of its own: a store may hand out views of something larger.
    const bytes = openRecord(key, value).slice()
    const set = createSet()
    const everything = { set, epoch: 0, behind: Number.POSITIVE_INFINITY, ahead: Number.POSITIVE_INFINITY }
    const examined = examine(bytes, membership, everything)
    if (examined.kind !== 'candidate') return undefined
    const { update } = examined.candidate
    const keys = [updateKey(update.epoch, update.author, toHex(update.contentHash)), mineKey(update.epoch)]
    return keys.includes(key) ? update : undefined
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}

function warningsOf(damaged: readonly string[], isWhole: boolean): string[] {
  const out: string[] = []
  if (!isWhole) out.push('the model that was kept is damaged; it is fetched from neighbours again')
  if (damaged.includes(OWN_KEY))
    out.push(
      'the record of own work is damaged; what was trained and not yet sent is lost, and the peer listens before it publishes'
    )
  if (damaged.includes(TRAINER_KEY)) out.push("the optimiser's state that was kept is damaged; it begins afresh")
  const updates = damaged.filter(key => key.includes('/')).length
  if (updates > 0) out.push(`${updates} kept updates are damaged; neighbours still have those that were sent`)
  return out
}
