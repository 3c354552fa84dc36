/**
 * Writes down what must outlive this process, so that it can go on where it stood. What changed is kept in batches that hold
 * whole or not at all, one after another; a publication goes out with its batch, everything else with the next one or within
 * a second. PROTOCOL.md, "What a peer keeps" and R5.
 */
import { equalBytes, toHex } from '../core/bytes.js'
import type { Input } from '../core/protocol/effects.js'
import { chainDigest, type UpdateRecord } from '../core/protocol/set.js'
import { COUNTERS, type SwarmState } from '../core/protocol/state.js'
import type { Verdict } from '../core/protocol/verdict.js'
import {
  BASE_KEY,
  CLOCK_KEY,
  encodeClock,
  encodeOwn,
  encodeSwarm,
  OWN_KEY,
  SWARM_KEY,
  sealRecord,
  TRAINER_KEY,
  updateKey
} from '../core/wire/record.js'
import type { Clock, Store, StoreChange } from '../interface.js'
import type { Kept } from './journal-load.js'
import { outdated } from './journal-outdated.js'

/** What is not a publication waits at most this long. */
const LAZY_MS = 1000
/** A store that failed is tried again after this, and with every publication. */
const RETRY_MS = 3000
/** Envelope bytes of others' updates in one batch: what a publication has to wait for. */
const BATCH_BYTES = 1_048_576
/** A trainer's state up to this goes with every publication, a larger one with this much time between. */
const SMALL_TRAINER_BYTES = 65_536
const TRAINER_MS = 2000

export interface JournalComponents {
  readonly store: Store
  readonly clock: Clock
  readonly warn: (message: string) => void
}

interface Publication {
  readonly update: UpdateRecord
  readonly stored: () => void
  readonly refused: (error: unknown) => void
}

/** What one write takes along, to be put back when it fails. */
interface Batch {
  readonly changes: StoreChange[]
  readonly updates: readonly UpdateRecord[]
  readonly removed: readonly string[]
  /** What was stored before, when the batch holds another base. */
  readonly rebased: { readonly from: Base | undefined } | undefined
  readonly own: boolean
  readonly trainer: Uint8Array | undefined
}

interface Base {
  readonly epoch: number
  readonly chain: Uint8Array
}

const NOTHING: Batch = {
  changes: [],
  updates: [],
  removed: [],
  rebased: undefined,
  own: false,
  trainer: undefined
}

export class Journal {
  readonly #state: SwarmState
  readonly #components: JournalComponents
  readonly #swarm: Uint8Array
  /** Whether the store says which swarm it belongs to. */
  #noted: Kept['swarm']
  /** Updates of the set that are not yet stored, by key; never more than the set holds. */
  readonly #updates = new Map<string, UpdateRecord>()
  /** Keys to be deleted. */
  readonly #removed: Set<string>
  /** As stored; undefined when that is not known. */
  #base: Base | undefined
  /** The residual or the latest epoch signed changed without a publication. */
  #ownChanged = false
  #trainer: Uint8Array | undefined
  #trainerBytes = 0
  #trainerAt = Number.NEGATIVE_INFINITY
  /** As last stored; −1 when it is to be stored in any case. */
  #clockEpoch = -1
  /** Updates below the base were dropped before they were stored. */
  #thinned = false
  /** A batch was full before everything was in it. */
  #more = false
  #publication: Publication | undefined
  #running: Promise<void> | undefined
  #due = false
  #closing = false
  #cancel: (() => void) | undefined
  #failing = false
  #silenced = false

  constructor(state: SwarmState, swarmId: string, kept: Kept, components: JournalComponents) {
    this.#state = state
    this.#components = components
    this.#swarm = encodeSwarm(swarmId)
    this.#noted = kept.swarm
    this.#removed = new Set(kept.useless)
    this.#base = kept.base
    this.#ownChanged = kept.state !== undefined && kept.state.own?.signedEpoch !== state.own.signedEpoch
  }

  /** Does what is stored lag behind by more than a second or an epoch, because the store fails? */
  get failing(): boolean {
    return this.#failing
  }

  /** To be told after every step of the core. */
  note(input: Input, verdict: Verdict | undefined): void {
    const { clock, options } = this.#state
    if (input.type === 'update' && verdict?.kind === 'accept') {
      const { update } = input.candidate
      this.#updates.set(keyOf(update), update)
      if (update.author === options.self) this.#ownChanged = true
    }
    if (this.#updates.size > 0 || this.#ownChanged || clock.epoch !== this.#clockEpoch || !this.#isBaseStored())
      this.#wake(this.#failing ? RETRY_MS : LAZY_MS)
  }

  /**
   * Stores the own update and what the peer is after it, both or neither. When that fails the epoch is at least marked as
   * signed. Rejects when it is not even that: then the update must not be sent.
   */
  publish(update: UpdateRecord): Promise<void> {
    return new Promise((stored, refused) => {
      this.#publication = { update, stored, refused }
      this.#run()
    })
  }

  /** Is it time to ask the trainer for its state? */
  get wantsTrainer(): boolean {
    const now = this.#components.clock.now()
    return this.#trainerBytes <= SMALL_TRAINER_BYTES || now - this.#trainerAt >= TRAINER_MS
  }

  /** To be stored with the next batch. */
  keepTrainer(state: Uint8Array): void {
    this.#trainer = state
    this.#trainerBytes = state.length
    this.#trainerAt = this.#components.clock.now()
    this.#wake(LAZY_MS)
  }

  /** Stores what is still to be stored, durably. */
  async close(): Promise<void> {
    this.#closing = true
    this.#run()
    await this.#running
    this.#cancel?.()
  }

  #wake(ms: number): void {
    if (this.#closing || this.#running !== undefined) this.#due = true
    else this.#cancel ??= this.#components.clock.after(ms, () => this.#run())
  }

  #run(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#due = true
    this.#running ??= this.#writeAll().finally(() => {
      this.#running = undefined
      // What came meanwhile is not urgent, or it would have been written.
      if (this.#due && !this.#closing) this.#wake(this.#failing ? RETRY_MS : LAZY_MS)
    })
  }

  /** One batch after another, until nothing urgent is left. */
  async #writeAll(): Promise<void> {
    for (;;) {
      this.#due = false
      const holds = await this.#writeBatch()
      if (this.#publication !== undefined) continue
      if (!holds || !(this.#more || (this.#closing && this.#due))) return
    }
  }

  /** @returns whether the store took it */
  async #writeBatch(): Promise<boolean> {
    const { store } = this.#components
    let publication: Publication | undefined
    let batch: Batch | undefined
    try {
      if (this.#noted === 'unread') await refuseOther(store)
      const { base } = this.#state.set
      const rebases = !this.#isBaseStored() && this.#snapshot() !== undefined
      const stale = rebases ? await outdated(store, this.#state) : undefined
      // Everything from here to the write is one moment of the state.
      if (this.#state.set.base !== base) {
        this.#due = true
        return true
      }
      publication = this.#publication
      this.#publication = undefined
      if (publication !== undefined && publication.update.epoch < base) {
        publication.refused(new Error('its epoch is no longer kept'))
        return true
      }
      batch = this.#capture(publication, stale)
      if (batch.changes.length === 0) return true
      await store.write(batch.changes, { durable: publication !== undefined || this.#closing })
      this.#recovered()
      publication?.stored()
      return true
    } catch (error) {
      publication ??= this.#publication
      this.#publication = undefined
      if (batch !== undefined) this.#putBack(batch)
      this.#failed(error)
      if (publication !== undefined) await this.#mark(publication)
      return false
    }
  }

  /** The changes as of now. What they hold counts as stored from here on; {@link #putBack} takes that back. */
  #capture(publication: Publication | undefined, stale: readonly StoreChange[] | undefined): Batch {
    const { set, own, clock, claims, counters } = this.#state
    // While an update is being signed the residual lacks it, so that it may be stored with that update only.
    const isWhole = !own.sealing || publication !== undefined
    const snapshot = isWhole && stale !== undefined ? this.#snapshot() : undefined
    if (this.#thinned && snapshot === undefined) {
      if (publication !== undefined) throw new Error('its base is still being made')
      return NOTHING
    }
    const changes: StoreChange[] = []
    const removed = [...this.#removed]
    for (const key of removed) changes.push({ key, value: null })
    this.#removed.clear()
    if (this.#noted !== 'noted') changes.push({ key: SWARM_KEY, value: this.#swarm })
    let rebased: Batch['rebased']
    if (snapshot !== undefined && stale !== undefined) {
      rebased = { from: this.#base }
      this.#thinned = false
      this.#base = { epoch: set.base, chain: chainDigest(set, set.base) }
      const value = snapshot === null ? null : sealRecord(BASE_KEY, snapshot)
      changes.push({ key: BASE_KEY, value }, ...stale)
    }

    const updates = this.#someUpdates()
    for (const update of updates) changes.push(change(update))
    const trainer = this.#trainer
    this.#trainer = undefined
    if (trainer !== undefined) changes.push({ key: TRAINER_KEY, value: sealRecord(TRAINER_KEY, trainer) })

    const takesOwn = isWhole && (this.#ownChanged || rebased !== undefined || publication !== undefined)
    if (takesOwn) {
      this.#ownChanged = false
      changes.push({ key: OWN_KEY, value: encodeOwn(own) })
    }
    if (publication !== undefined) changes.push(change(publication.update))
    if (changes.length > 0 || clock.epoch !== this.#clockEpoch || this.#closing) {
      this.#clockEpoch = clock.epoch
      const { quorumTimes } = clock
      const list = COUNTERS.map(name => counters[name])
      const value = encodeClock({
        epoch: clock.epoch,
        base: this.#base?.epoch ?? 0,
        claims,
        counters: list,
        quorumTimes
      })
      changes.push({ key: CLOCK_KEY, value })
    }
    return { changes, updates, removed, rebased, own: takesOwn, trainer }
  }

  #someUpdates(): UpdateRecord[] {
    const out: UpdateRecord[] = []
    let bytes = 0
    this.#more = false
    for (const [key, update] of this.#updates) {
      if (bytes >= BATCH_BYTES) {
        this.#more = true
        break
      }
      this.#updates.delete(key)
      // Until the snapshot of a new base is stored the old one needs what comes after it.
      if (update.epoch < (this.#base?.epoch ?? this.#state.set.base)) continue
      out.push(update)
      bytes += update.envelope.length
    }
    return out
  }

  #putBack({ updates, removed, rebased, own, trainer }: Batch): void {
    for (const update of updates) this.#updates.set(keyOf(update), update)
    for (const key of removed) this.#removed.add(key)
    if (rebased !== undefined) {
      this.#base = rebased.from
      this.#thin()
    }
    if (own) this.#ownChanged = true
    this.#trainer ??= trainer
    this.#clockEpoch = -1
  }

  /**
   * While the store fails, updates that the next base makes needless are not kept for it: then nothing may be stored before that
   * base is, or the set in the store would have a hole.
   */
  #thin(): void {
    const { base } = this.#state.set
    for (const [key, update] of this.#updates)
      if (update.epoch < base) {
        this.#updates.delete(key)
        this.#thinned = true
      }
  }

  async #mark({ update, stored, refused }: Publication): Promise<void> {
    try {
      await this.#components.store.mark(update.epoch)
    } catch (error) {
      // The write may turn up after a restart all the same; the next one that holds undoes it.
      this.#removed.add(keyOf(update))
      if (!this.#silenced)
        this.#components.warn(
          `nothing can be stored, not even that an epoch was signed (${messageOf(error)}): this peer publishes nothing until it can`
        )
      this.#silenced = true
      refused(error)
      return
    }
    this.#updates.set(keyOf(update), update)
    this.#ownChanged = true
    stored()
  }

  /** That of the base; null: there is nothing before it. Undefined while it is still being made, slice by slice. */
  #snapshot(): Uint8Array | null | undefined {
    const { set, snapshots } = this.#state
    if (set.base === 0) return null
    return snapshots[0]?.epoch === set.base ? snapshots[0].bytes : undefined
  }

  #isBaseStored(): boolean {
    const { set } = this.#state
    return this.#base?.epoch === set.base && equalBytes(this.#base.chain, chainDigest(set, set.base))
  }

  #failed(error: unknown): void {
    this.#due = true
    if (!this.#isBaseStored() && this.#snapshot() !== undefined) this.#thin()
    if (this.#failing) return
    this.#failing = true
    this.#components.warn(
      `what this peer learns can no longer be stored (${messageOf(error)}); it goes on, but would lose that in a restart: see that the disk has space and may be written to`
    )
  }

  #recovered(): void {
    this.#noted = 'noted'
    this.#silenced = false
    if (!this.#failing) return
    this.#failing = false
    this.#components.warn('the store works again; everything is saved')
  }
}

function keyOf({ epoch, author, contentHash }: UpdateRecord): string {
  return updateKey(epoch, author, toHex(contentHash))
}

function change(update: UpdateRecord): StoreChange {
  const key = keyOf(update)
  return { key, value: sealRecord(key, update.envelope) }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** A store whose contents were not read first must have none. */
async function refuseOther(store: Store): Promise<void> {
  for await (const _ of store.read(SWARM_KEY))
    throw new TypeError('it is not empty, and was not opened with `Peer.open`')
}
