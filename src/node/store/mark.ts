/** The latest epoch that was signed, beside the database: written in place, so that it fits on a disk that is full. */
import { open } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { diskReason, StoreError } from './error.js'

/** A sector each: a torn write reaches one slot only. */
const SLOT_BYTES = 512
const SLOTS = 2
const FILE_BYTES = SLOT_BYTES * SLOTS
/** u64 number of the write, u64 epoch, u32 CRC-32 of both. */
const RECORD_BYTES = 20

interface Slot {
  readonly number: number
  readonly epoch: number
}

/** Two slots in turn, each with its checksum. */
export class MarkFile {
  readonly #path: string
  #queue: Promise<unknown> = Promise.resolve()

  constructor(path: string) {
    this.#path = path
  }

  /** Makes the file, with all the space it will ever take. One that is there stays. @throws {StoreError} */
  async create(): Promise<void> {
    try {
      const file = await open(this.#path, 'a+', 0o600)
      try {
        const { size } = await file.stat()
        if (size < FILE_BYTES) await file.appendFile(new Uint8Array(FILE_BYTES - size))
        await file.sync()
      } finally {
        await file.close()
      }
    } catch (error) {
      throw this.#error(error)
    }
  }

  /** @returns null when none was written, or none can be read @throws {StoreError} */
  async read(): Promise<number | null> {
    return (await this.#inTurn(() => this.#newest()))?.epoch ?? null
  }

  /** Resolves when it outlives a power cut. @throws {StoreError} */
  write(epoch: number): Promise<void> {
    return this.#inTurn(async () => {
      const number = ((await this.#newest())?.number ?? 0) + 1
      // Opened each time, because a file system that turned read-only tells so at the opening.
      const file = await open(this.#path, 'r+')
      try {
        await file.write(encode({ number, epoch }), 0, RECORD_BYTES, (number % SLOTS) * SLOT_BYTES)
        await file.datasync()
      } finally {
        await file.close()
      }
    })
  }

  async #newest(): Promise<Slot | undefined> {
    const bytes = new Uint8Array(FILE_BYTES)
    const file = await open(this.#path, 'r')
    try {
      await file.read(bytes, 0, FILE_BYTES, 0)
    } finally {
      await file.close()
    }
    const slots = [0, SLOT_BYTES].map(at => decode(bytes.subarray(at, at + RECORD_BYTES)))
    return slots.reduce((a, b) => (b !== undefined && b.number > (a?.number ?? -1) ? b : a), undefined)
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work).catch(error => {
      throw this.#error(error)
    })
    this.#queue = turn.catch(() => undefined)
    return turn
  }

  #error(error: unknown): StoreError {
    const why = diskReason(error) ?? (error instanceof Error ? error.message : String(error))
    return new StoreError('disk', `${this.#path}: ${why}`, { cause: error })
  }
}

function encode({ number, epoch }: Slot): Uint8Array {
  const bytes = new Uint8Array(RECORD_BYTES)
  const view = new DataView(bytes.buffer)
  view.setBigUint64(0, BigInt(number))
  view.setBigUint64(8, BigInt(epoch))
  view.setUint32(16, crc32(bytes.subarray(0, 16)))
  return bytes
}

function decode(bytes: Uint8Array): Slot | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  // Never written: zeros, which are their own checksum's wrong value.
  if (view.getUint32(16) !== crc32(bytes.subarray(0, 16))) return undefined
  return { number: Number(view.getBigUint64(0)), epoch: Number(view.getBigUint64(8)) }
}
