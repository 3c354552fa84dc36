/**
 * Tells whether a database is exactly what some batch left behind. LevelDB drops a damaged batch from the middle of its log
 * and keeps those after it, and reads tables without checking them; each batch therefore also writes how many entries there
 * are then, and the sum of their checksums.
 */
import { crc32 } from 'node:zlib'

export interface Change {
  readonly key: string
  readonly value: Uint8Array | null
}

/** What is there after a batch. */
export interface Whole {
  /** Batches so far. */
  readonly batches: number
  readonly entries: number
  /** Of the CRC-32 of every key and value; exact up to 2^21 entries, modulo 2^53 beyond. */
  readonly sum: number
}

/** A batch that is about to be written. */
export interface Step {
  readonly whole: Whole
  /** undefined: deleted */
  readonly checks: ReadonlyMap<string, number | undefined>
}

const WHOLE_BYTES = 24

export class Tally {
  readonly #checks = new Map<string, number>()
  #whole: Whole = { batches: 0, entries: 0, sum: 0 }

  get whole(): Whole {
    return this.#whole
  }

  /** Counts an entry that was found. */
  add(key: string, value: Uint8Array): void {
    const check = checkOf(key, value)
    this.#checks.set(key, check)
    const { batches, entries, sum } = this.#whole
    this.#whole = { batches, entries: entries + 1, sum: modulo(sum + check) }
  }

  /** Goes on from the count of batches that was found. */
  countFrom(batches: number): void {
    this.#whole = { ...this.#whole, batches }
  }

  /** What will be there after a batch; a later change of a key wins over an earlier one. */
  after(changes: readonly Change[]): Step {
    const checks = new Map<string, number | undefined>()
    for (const { key, value } of changes) checks.set(key, value === null ? undefined : checkOf(key, value))
    let { batches, entries, sum } = this.#whole
    for (const [key, check] of checks) {
      const before = this.#checks.get(key)
      entries += Number(check !== undefined) - Number(before !== undefined)
      sum = modulo(sum + (check ?? 0) - (before ?? 0))
    }
    batches++
    return { whole: { batches, entries, sum }, checks }
  }

  apply({ whole, checks }: Step): void {
    this.#whole = whole
    for (const [key, check] of checks) {
      if (check === undefined) this.#checks.delete(key)
      else this.#checks.set(key, check)
    }
  }
}

export function equalWholes(a: Whole, b: Whole): boolean {
  return a.batches === b.batches && a.entries === b.entries && a.sum === b.sum
}

export function encodeWhole({ batches, entries, sum }: Whole): Uint8Array {
  const bytes = new Uint8Array(WHOLE_BYTES)
  const view = new DataView(bytes.buffer)
  for (const [index, value] of [batches, entries, sum].entries()) view.setBigUint64(index * 8, BigInt(value))
  return bytes
}

/** @returns undefined for bytes that are none */
export function decodeWhole(bytes: Uint8Array): Whole | undefined {
  if (bytes.length !== WHOLE_BYTES) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const [batches, entries, sum] = [0, 8, 16].map(at => Number(view.getBigUint64(at)))
  return { batches: batches!, entries: entries!, sum: sum! }
}

function checkOf(key: string, value: Uint8Array): number {
  const check = crc32(key)
  // An empty array from outside JavaScript has no address, with which zlib begins anew.
  return value.length === 0 ? check : crc32(value, check)
}

/** Into 0 … 2^53 − 1, from at most 2^32 outside of it. */
function modulo(sum: number): number {
  if (sum < 0) return sum + 2 ** 53
  return sum >= 2 ** 53 ? sum - 2 ** 53 : sum
}
