/** What a peer keeps, in IndexedDB: a {@link Store} whose durable writes outlive a power cut. */
import { type DBSchema, deleteDB, type IDBPDatabase, openDB } from 'idb'
import type { Store, StoreChange } from '../../../interface.js'

interface StoreSchema extends DBSchema {
  entries: { key: string; value: Uint8Array }
  /** One number under one key: overwritten in place, so that it takes no more room each time. */
  mark: { key: 'epoch'; value: number }
}

const VERSION = 1
/** Entries read in one transaction: what one turn of the event loop should take at most. */
const PAGE = 64

/** What the browser did to the database, as a person can understand it. */
export class StoreError extends Error {
  override readonly name = 'StoreError'
}

/**
 * Opens the database or makes it. A durable write is a transaction with `durability: 'strict'`, which the browser reports
 * complete when the disk has it; the others are relaxed, and a strict one that follows carries them along, since one log
 * takes both in their order. Unlike a file of fixed size, a mark may be refused when the browser's quota is spent: then
 * nothing is signed, which is safe.
 * Rejects with a {@link StoreError} when the browser allows no database here, as some do in private windows.
 */
export async function openIdbStore(name: string): Promise<Store> {
  const database = await openDB<StoreSchema>(name, VERSION, {
    upgrade(created) {
      created.createObjectStore('entries')
      created.createObjectStore('mark')
    },
    blocking: (_current, _blocked, event) => {
      // Somebody deletes it, and waits for this connection to close.
      if (event.target instanceof IDBDatabase) event.target.close()
    }
  }).catch(cause => {
    throw new StoreError(`this browser keeps nothing for this page: ${messageOf(cause)}`, { cause })
  })
  return new IdbStore(database)
}

/** Deletes all that the store kept. Twice is fine. */
export function deleteIdbStore(name: string): Promise<void> {
  return deleteDB(name)
}

class IdbStore implements Store {
  readonly #database: IDBPDatabase<StoreSchema>
  readonly #writing = new Set<Promise<void>>()
  #closed = false

  constructor(database: IDBPDatabase<StoreSchema>) {
    this.#database = database
  }

  async *read(prefix: string): AsyncGenerator<readonly [string, Uint8Array]> {
    this.#check()
    // A transaction ends as soon as its reader does something else, so each page has one of its own.
    const keys = await this.#database.getAllKeys('entries', startingWith(prefix))
    for (let from = 0; from < keys.length; from += PAGE) {
      this.#check()
      const page = keys.slice(from, from + PAGE)
      const { store } = this.#database.transaction('entries')
      const values = await Promise.all(page.map(key => store.get(key)))
      for (const [i, key] of page.entries()) {
        const value = values[i]
        // Deleted since the keys were read.
        if (value !== undefined) yield [key, value]
      }
    }
  }

  async write(changes: readonly StoreChange[], { durable }: { readonly durable: boolean }): Promise<void> {
    this.#check()
    const transaction = this.#database.transaction('entries', 'readwrite', {
      durability: durable ? 'strict' : 'relaxed'
    })
    const { store } = transaction
    const requests = changes.map(({ key, value }) =>
      value === null ? store.delete(key) : store.put(alone(value), key)
    )
    return this.#finish([...requests, transaction.done])
  }

  async mark(epoch: number): Promise<void> {
    this.#check()
    const transaction = this.#database.transaction('mark', 'readwrite', { durability: 'strict' })
    return this.#finish([transaction.store.put(epoch, 'epoch'), transaction.done])
  }

  async marked(): Promise<number | null> {
    this.#check()
    return (await this.#database.get('mark', 'epoch')) ?? null
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.allSettled([...this.#writing])
    this.#database.close()
  }

  /** Every request of a failed transaction rejects; all are heard, one is told. */
  async #finish(requests: readonly Promise<unknown>[]): Promise<void> {
    const done = Promise.all(requests).then(
      () => undefined,
      cause => {
        throw new StoreError(reason(cause), { cause })
      }
    )
    this.#writing.add(done)
    try {
      await done
    } finally {
      this.#writing.delete(done)
    }
  }

  #check(): void {
    if (this.#closed) throw new TypeError('this store was closed')
  }
}

function startingWith(prefix: string): IDBKeyRange | undefined {
  // Keys are ASCII: nothing that begins with the prefix comes after this.
  return prefix === '' ? undefined : IDBKeyRange.bound(prefix, `${prefix}\uffff`)
}

/** Of a view, the browser would keep the whole buffer. */
function alone(value: Uint8Array): Uint8Array {
  return value.byteLength === value.buffer.byteLength ? value : value.slice()
}

function reason(cause: unknown): string {
  if (cause instanceof DOMException && cause.name === 'QuotaExceededError')
    return 'the browser gives this page no more room; free some space on the device'
  return `the browser could not keep it: ${messageOf(cause)}`
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message || cause.name : String(cause)
}
