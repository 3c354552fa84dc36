/**
 * Writes down what must outlive this process, so that it can go on where it stood: in batches that hold whole or not at all, one
 * after another. A publication goes out with its batch, everything else with the next one or within a second. PROTOCOL.md, R5
 * and section 13.
 */
import type { Input } from '../core/protocol/effects.js'
import type { UpdateRecord } from '../core/protocol/set.js'
import type { SwarmState } from '../core/protocol/state.js'
import type { Verdict } from '../core/protocol/verdict.js'
import { SWARM_KEY } from '../core/wire/record.js'
import type { Clock, Store } from '../interface.js'
import type { Kept } from './journal-load.js'
import { outdated } from './journal-outdated.js'
import { type Batch, Pending } from './journal-pending.js'

/** What is not a publication waits at most this long. */
const LAZY_MS = 1000
/** A store that failed is tried again after this, and with every publication. */
const RETRY_MS = 3000
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

export class Journal {
  readonly #state: SwarmState
  readonly #components: JournalComponents
  readonly #pending: Pending
  /** What the store holds was not looked at. */
  #unread: boolean
  #trainerBytes = 0
  #trainerAt = Number.NEGATIVE_INFINITY
  #publication: Publication | undefined
  #running: Promise<void> | undefined
  #cancel: (() => void) | undefined
  /** There is something to be stored that no batch has yet been made of. */
  #due = false
  #closing = false
  #failing = false
  /** The user was told that nothing is published. */
  #silenced = false

  constructor(state: SwarmState, swarmId: string, kept: Kept, components: JournalComponents) {
    this.#state = state
    this.#components = components
    this.#pending = new Pending(state, swarmId, kept)
    this.#unread = kept.swarm === 'unread'
  }

  /** Does what is stored lag behind by more than a second or an epoch, because the store fails? */
  get failing(): boolean {
    return this.#failing
  }

  /** To be told after every step of the core. */
  note(input: Input, verdict: Verdict | undefined): void {
    if (input.type === 'update' && verdict?.kind === 'accept') this.#pending.add(input.candidate.update)
    if (this.#pending.any) this.#wake()
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
    this.#pending.addTrainer(state)
    this.#trainerBytes = state.length
    this.#trainerAt = this.#components.clock.now()
    this.#wake()
  }

  /** Stores what is still to be stored, durably. */
  async close(): Promise<void> {
    this.#closing = true
    this.#run()
    await this.#running
    this.#cancel?.()
  }

  #wake(): void {
    if (this.#closing || this.#running !== undefined) this.#due = true
    else this.#cancel ??= this.#components.clock.after(this.#failing ? RETRY_MS : LAZY_MS, () => this.#run())
  }

  #run(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#due = true
    this.#running ??= this.#writeAll().finally(() => {
      this.#running = undefined
      // What came meanwhile is not urgent, or it would have been written.
      if (this.#due && !this.#closing) this.#wake()
    })
  }

  /** One batch after another, until nothing urgent is left. */
  async #writeAll(): Promise<void> {
    for (;;) {
      this.#due = false
      const holds = await this.#writeBatch()
      if (this.#publication !== undefined) continue
      if (!holds || !(this.#pending.more || (this.#closing && this.#due))) return
    }
  }

  /** @returns whether the store took it */
  async #writeBatch(): Promise<boolean> {
    const { store } = this.#components
    let publication: Publication | undefined
    let batch: Batch | undefined
    try {
      if (this.#unread) await refuseOther(store)
      const { base } = this.#state.set
      const needless = this.#pending.rebases ? await outdated(store, this.#state) : undefined
      // Everything from here to the write is one moment of the state.
      if (this.#state.set.base !== base) {
        this.#due = true
        return true
      }
      publication = this.#takePublication()
      if (publication !== undefined && publication.update.epoch < base) {
        publication.refused(new Error('its epoch is no longer kept'))
        return true
      }
      batch = this.#pending.take(publication?.update, needless, this.#closing)
      if (batch.changes.length === 0) return true
      await store.write(batch.changes, { durable: publication !== undefined || this.#closing })
      this.#unread = false
      this.#pending.stored()
      this.#recovered()
      publication?.stored()
      return true
    } catch (error) {
      publication ??= this.#takePublication()
      if (batch !== undefined) this.#pending.putBack(batch)
      this.#failed(error)
      if (publication !== undefined) await this.#mark(publication)
      return false
    }
  }

  #takePublication(): Publication | undefined {
    const publication = this.#publication
    this.#publication = undefined
    return publication
  }

  async #mark({ update, stored, refused }: Publication): Promise<void> {
    try {
      await this.#components.store.mark(update.epoch)
    } catch (error) {
      // The write may turn up after a restart all the same; the next one that holds undoes it.
      this.#pending.remove(update)
      if (!this.#silenced)
        this.#components.warn(
          `nothing can be stored, not even that an epoch was signed (${messageOf(error)}): this peer publishes nothing until it can`
        )
      this.#silenced = true
      refused(error)
      return
    }
    this.#pending.add(update)
    stored()
  }

  #failed(error: unknown): void {
    this.#due = true
    this.#pending.thin()
    if (this.#failing) return
    this.#failing = true
    this.#components.warn(
      `what this peer learns can no longer be stored (${messageOf(error)}); it goes on, but would lose that in a restart: see that the disk has space and may be written to`
    )
  }

  #recovered(): void {
    this.#silenced = false
    if (!this.#failing) return
    this.#failing = false
    this.#components.warn('the store works again; everything is saved')
  }
}

/** A store whose contents were not read first must have none. */
async function refuseOther(store: Store): Promise<void> {
  for await (const _ of store.read(SWARM_KEY))
    throw new TypeError('it is not empty, and was not opened with `Peer.open`')
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
