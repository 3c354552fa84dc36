/** A {@link Store} in a LevelDB folder. What it holds is exactly what some batch left behind, or it does not open. */
import { ClassicLevel } from 'classic-level'
import type { Store, StoreChange } from '../../interface.js'
import { StoreError, storeError } from './error.js'
import type { MarkFile } from './mark.js'
import { decodeWhole, encodeWhole, equalWholes, type Step, Tally, type Whole } from './tally.js'

type Database = ClassicLevel<string, Uint8Array>

/** Sorts before all keys of the journal. */
const WHOLE_KEY = '!whole'

/** UTF-8 keeps the order of code points, of which this is the last. */
const AFTER_ALL = '\u{10ffff}'

/** Makes a database in `folder`, which holds none. @throws {StoreError} */
export async function createLevelStore(folder: string, mark: MarkFile): Promise<Store> {
  const store = new LevelStore(folder, await openDatabase(folder, true), new Tally(), mark)
  // From here on it has been something that can be missing.
  await store.write([], { durable: true }).catch(async error => {
    await store.close()
    throw error
  })
  return store
}

/** @throws {StoreError} `damaged` when what is in `folder` is not what a batch left behind */
export async function openLevelStore(folder: string, mark: MarkFile): Promise<Store> {
  const database = await openDatabase(folder, false)
  try {
    return new LevelStore(folder, database, await countAll(folder, database), mark)
  } catch (error) {
    await database.close()
    throw storeError(folder, error)
  }
}

async function openDatabase(folder: string, createIfMissing: boolean): Promise<Database> {
  const options = {
    keyEncoding: 'utf8',
    valueEncoding: 'view',
    createIfMissing,
    errorIfExists: createIfMissing,
    // Envelopes are dense already, and residuals change with every epoch.
    compression: false
  }
  const database: Database = new ClassicLevel(folder, options)
  try {
    await database.open()
    return database
  } catch (error) {
    throw storeError(folder, error)
  }
}

async function readWhole(database: Database): Promise<Whole | undefined> {
  const bytes = await database.get(WHOLE_KEY)
  return bytes && decodeWhole(bytes)
}

async function countAll(folder: string, database: Database): Promise<Tally> {
  const whole = await readWhole(database)
  const tally = new Tally()
  for await (const [key, value] of database.iterator({ fillCache: false, highWaterMarkBytes: 2 ** 20 }))
    if (key !== WHOLE_KEY) tally.add(key, value)
  if (whole !== undefined) tally.countFrom(whole.batches)
  if (whole === undefined || !equalWholes(whole, tally.whole))
    throw new StoreError('damaged', `${folder}: a part of what was written is missing or changed`)
  return tally
}

/** Buffers come out, whose `slice` is a view; callers expect a plain array. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
}

class LevelStore implements Store {
  readonly #folder: string
  readonly #tally: Tally
  readonly #mark: MarkFile
  #database: Database
  /** A batch that failed; after a reopening it is there as a whole, or not at all. */
  #doubt: Step | undefined
  /** LevelDB goes on writing behind what a failed write left in its log; only opened anew it is sound. */
  #broken = false
  #unsynced = false
  #queue: Promise<unknown> = Promise.resolve()
  #closing: Promise<void> | undefined

  constructor(folder: string, database: Database, tally: Tally, mark: MarkFile) {
    this.#folder = folder
    this.#database = database
    this.#tally = tally
    this.#mark = mark
  }

  async *read(prefix: string): AsyncIterable<readonly [key: string, value: Uint8Array]> {
    // Behind the writes asked for so far.
    const iterator = await this.#inTurn(async () =>
      (await this.#sound()).iterator({ gte: prefix, lt: `${prefix}${AFTER_ALL}`, highWaterMarkBytes: 2 ** 20 })
    )
    try {
      for await (const [key, value] of iterator) if (key !== WHOLE_KEY) yield [key, plain(value)]
    } catch (error) {
      throw storeError(this.#folder, error)
    }
  }

  write(changes: readonly StoreChange[], { durable }: { readonly durable: boolean }): Promise<void> {
    return this.#inTurn(() => this.#write(changes, durable))
  }

  /** Beside the queue of writes: a batch that hangs on a failing disk must not keep it waiting. */
  async mark(epoch: number): Promise<void> {
    this.#checkOpen()
    await this.#mark.write(epoch)
  }

  async marked(): Promise<number | null> {
    this.#checkOpen()
    return this.#mark.read()
  }

  close(): Promise<void> {
    this.#closing ??= this.#inTurn(() => this.#close(), true)
    return this.#closing
  }

  async #write(changes: readonly StoreChange[], durable: boolean): Promise<void> {
    const database = await this.#sound()
    const step = this.#tally.after(changes)
    const operations = changes.map(({ key, value }) =>
      value === null ? ({ type: 'del', key } as const) : ({ type: 'put', key, value } as const)
    )
    try {
      await database.batch([...operations, { type: 'put', key: WHOLE_KEY, value: encodeWhole(step.whole) }], {
        sync: durable
      })
    } catch (error) {
      this.#broken = true
      this.#doubt = step
      throw storeError(this.#folder, error)
    }
    this.#tally.apply(step)
    this.#unsynced = !durable
  }

  /** The database, opened anew when a write to it failed. */
  async #sound(): Promise<Database> {
    if (!this.#broken) return this.#database
    await this.#database.close().catch(() => undefined)
    this.#database = await openDatabase(this.#folder, false)
    const whole = await readWhole(this.#database).catch(error => {
      throw storeError(this.#folder, error)
    })
    if (whole !== undefined && this.#doubt !== undefined && equalWholes(whole, this.#doubt.whole))
      this.#tally.apply(this.#doubt)
    else if (whole === undefined || !equalWholes(whole, this.#tally.whole))
      throw new StoreError('damaged', `${this.#folder}: lost what was written before; start again to have it looked at`)
    this.#doubt = undefined
    this.#broken = false
    return this.#database
  }

  async #close(): Promise<void> {
    try {
      // Also what was not asked to be durable outlives a power cut from here on.
      if (this.#unsynced && !this.#broken) await this.#write([], true)
    } finally {
      await this.#database.close()
    }
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new TypeError('this store was closed')
  }

  /** One after another, in the order in which they were asked for. */
  async #inTurn<T>(work: () => Promise<T>, closing = false): Promise<T> {
    if (!closing) this.#checkOpen()
    const turn = this.#queue.then(work)
    this.#queue = turn.catch(() => undefined)
    return turn
  }
}
