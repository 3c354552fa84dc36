/** What changed since it was last stored, and the batches that are made of it. PROTOCOL.md, section 13. */
import { equalBytes, toHex } from '../core/bytes.js'
import { chainDigest, type UpdateRecord } from '../core/protocol/set.js'
import { COUNTERS, type SwarmState } from '../core/protocol/state.js'
import {
  BASE_KEY,
  CLOCK_KEY,
  encodeClock,
  encodeOwn,
  encodeSwarm,
  mineKey,
  OWN_KEY,
  SWARM_KEY,
  sealRecord,
  TRAINER_KEY,
  updateKey
} from '../core/wire/record.js'
import type { StoreChange } from '../interface.js'
import type { Kept } from './journal-load.js'

/** Envelope bytes of others' updates in one batch: what a publication has to wait for. */
const BATCH_BYTES = 1_048_576

interface Base {
  readonly epoch: number
  readonly chain: Uint8Array
}

/** What one write takes along; {@link Pending.putBack} takes it back when the write fails. */
export interface Batch {
  readonly changes: StoreChange[]
  readonly updates: readonly UpdateRecord[]
  readonly removed: readonly string[]
  /** What was stored before, when the batch holds another base. */
  readonly rebased: { readonly from: Base | undefined } | undefined
  readonly own: boolean
  readonly trainer: Uint8Array | undefined
}

const NOTHING: Batch = { changes: [], updates: [], removed: [], rebased: undefined, own: false, trainer: undefined }

export class Pending {
  readonly #state: SwarmState
  readonly #swarm: Uint8Array
  #noted: boolean
  /** Updates that are not yet stored, by key; never more than the set holds, and own ones that are kept longer. */
  readonly #updates = new Map<string, UpdateRecord>()
  readonly #removed: Set<string>
  /** As stored; undefined when that is not known. */
  #base: Base | undefined
  #ownChanged: boolean
  #trainer: Uint8Array | undefined
  /** As last stored; −1 when it is to be stored in any case. */
  #clockEpoch = -1
  /** Updates below the base were dropped before they were stored. */
  #thinned = false
  /** The last batch was full before everything was in it. */
  more = false

  constructor(state: SwarmState, swarmId: string, { swarm, useless, base, state: kept }: Kept) {
    this.#state = state
    this.#swarm = encodeSwarm(swarmId)
    this.#noted = swarm === 'noted'
    this.#removed = new Set(useless)
    this.#base = base
    this.#ownChanged = kept !== undefined && kept.own?.signedEpoch !== state.own.signedEpoch
  }

  /** Is there anything to be stored? */
  get any(): boolean {
    return (
      this.#updates.size > 0 ||
      this.#ownChanged ||
      this.#trainer !== undefined ||
      this.#state.clock.epoch !== this.#clockEpoch ||
      !this.#isBaseStored()
    )
  }

  /** The base moved, and its snapshot is there to be stored. */
  get rebases(): boolean {
    return !this.#isBaseStored() && this.#snapshot() !== undefined
  }

  /** An update came into the set. */
  add(update: UpdateRecord): void {
    this.#updates.set(keyOf(update), update)
    // What an own one changes besides the set must not come apart from it.
    if (update.author === this.#state.options.self) this.#ownChanged = true
  }

  addTrainer(state: Uint8Array): void {
    this.#trainer = state
  }

  /** A write that failed may have stored it. */
  remove(update: UpdateRecord): void {
    this.#removed.add(keyOf(update))
  }

  /**
   * The changes as of now, which count as stored from here on.
   * @param published an own update that is to be stored with the residual
   * @param outdated what a new base makes needless; undefined: none is to be stored
   * @param always even when nothing changed
   * @throws when `published` must not be stored now
   */
  take(published: UpdateRecord | undefined, outdated: readonly StoreChange[] | undefined, always: boolean): Batch {
    const { own, clock } = this.#state
    // While an update is being signed the residual lacks it, so that it may be stored with that update only.
    const isWhole = !own.sealing || published !== undefined
    const snapshot = isWhole && outdated !== undefined ? this.#snapshot() : undefined
    if (this.#thinned && snapshot === undefined) {
      if (published !== undefined) throw new Error('its base is still being made')
      return NOTHING
    }
    const removed = [...this.#removed]
    this.#removed.clear()
    const changes: StoreChange[] = removed.map(key => ({ key, value: null }))
    if (!this.#noted) changes.push({ key: SWARM_KEY, value: this.#swarm })
    let rebased: Batch['rebased']
    if (snapshot !== undefined && outdated !== undefined) {
      rebased = { from: this.#base }
      changes.push({ key: BASE_KEY, value: snapshot && sealRecord(BASE_KEY, snapshot) }, ...outdated)
      this.#base = { epoch: this.#state.set.base, chain: this.#chain() }
      this.#thinned = false
    }
    const updates = this.#someUpdates()
    changes.push(...updates.map(update => (this.#isBelow(update) ? mineOf(update) : change(update))))
    const trainer = this.#trainer
    this.#trainer = undefined
    if (trainer !== undefined) changes.push({ key: TRAINER_KEY, value: sealRecord(TRAINER_KEY, trainer) })
    const takesOwn = isWhole && (this.#ownChanged || rebased !== undefined || published !== undefined)
    if (takesOwn) {
      this.#ownChanged = false
      changes.push({ key: OWN_KEY, value: encodeOwn(own) })
    }
    if (published !== undefined) changes.push(change(published))
    if (changes.length > 0 || clock.epoch !== this.#clockEpoch || always) changes.push(this.#clock())
    return { changes, updates, removed, rebased, own: takesOwn, trainer }
  }

  stored(): void {
    this.#noted = true
  }

  /** The batch was not stored: all of it is still to be. */
  putBack({ updates, removed, rebased, own, trainer }: Batch): void {
    for (const update of updates) this.#updates.set(keyOf(update), update)
    for (const key of removed) this.#removed.add(key)
    if (rebased !== undefined) this.#base = rebased.from
    if (own) this.#ownChanged = true
    this.#trainer ??= trainer
    this.#clockEpoch = -1
  }

  /**
   * While the store fails, updates that the next base makes needless do not wait for it. Nothing may then be stored before that
   * base is, or the set in the store would have a hole.
   */
  thin(): void {
    if (!this.rebases) return
    const { base } = this.#state.set
    for (const [key, update] of this.#updates)
      if (update.epoch < base && !this.#isMine(update)) {
        this.#updates.delete(key)
        this.#thinned = true
      }
  }

  /** Until the snapshot of a new base is stored the old one needs what comes after it. */
  #isBelow({ epoch }: UpdateRecord): boolean {
    return epoch < (this.#base?.epoch ?? this.#state.set.base)
  }

  /** An own update that is kept though it is below the base. */
  #isMine({ author, epoch }: UpdateRecord): boolean {
    return author === this.#state.options.self && this.#state.own.mine.has(epoch)
  }

  #clock(): StoreChange {
    const { clock, claims, counters } = this.#state
    this.#clockEpoch = clock.epoch
    const base = this.#base?.epoch ?? 0
    const list = COUNTERS.map(name => counters[name])
    const { epoch, quorumTimes } = clock
    return { key: CLOCK_KEY, value: encodeClock({ epoch, base, claims, counters: list, quorumTimes }) }
  }

  #someUpdates(): UpdateRecord[] {
    const out: UpdateRecord[] = []
    let bytes = 0
    this.more = false
    for (const [key, update] of this.#updates) {
      if (bytes >= BATCH_BYTES) {
        this.more = true
        break
      }
      this.#updates.delete(key)
      if (this.#isBelow(update) && !this.#isMine(update)) continue
      out.push(update)
      bytes += update.envelope.length
    }
    return out
  }

  /** That of the base; null: there is nothing before it. Undefined while it is still being made, slice by slice. */
  #snapshot(): Uint8Array | null | undefined {
    const { set, snapshots } = this.#state
    if (set.base === 0) return null
    return snapshots[0]?.epoch === set.base ? snapshots[0].bytes : undefined
  }

  #isBaseStored(): boolean {
    return this.#base?.epoch === this.#state.set.base && equalBytes(this.#base.chain, this.#chain())
  }

  #chain(): Uint8Array {
    const { set } = this.#state
    return chainDigest(set, set.base)
  }
}

/** Made once an update: sets of one process share it. */
const keys = new WeakMap<UpdateRecord, string>()

function keyOf(update: UpdateRecord): string {
  let key = keys.get(update)
  if (key === undefined) {
    const { epoch, author, contentHash } = update
    key = updateKey(epoch, author, toHex(contentHash))
    keys.set(update, key)
  }
  return key
}

function mineOf({ epoch, envelope }: UpdateRecord): StoreChange {
  const key = mineKey(epoch)
  return { key, value: sealRecord(key, envelope) }
}

function change(update: UpdateRecord): StoreChange {
  const key = keyOf(update)
  return { key, value: sealRecord(key, update.envelope) }
}
