/** A datastore in memory that forgets the oldest entries: what a DHT stores comes from anybody. */
import type { AbortOptions } from '@libp2p/interface'
import { MemoryDatastore } from 'datastore-core/memory'
import type { Key } from 'interface-datastore'

export class BoundedDatastore extends MemoryDatastore {
  readonly #maxEntries: number
  readonly #maxBytes: number
  readonly #keys = new Map<string, Key>()

  /** @param maxEntries kept @param maxBytes of one value; a larger one is not stored */
  constructor(maxEntries: number, maxBytes: number) {
    super()
    this.#maxEntries = maxEntries
    this.#maxBytes = maxBytes
  }

  override put(key: Key, value: Uint8Array, options?: AbortOptions): Key | Promise<Key> {
    if (value.length > this.#maxBytes) throw new RangeError(`a value has at most ${this.#maxBytes} bytes`)
    const name = key.toString()
    this.#keys.delete(name)
    this.#keys.set(name, key)
    const [oldest] = this.#keys
    if (this.#keys.size > this.#maxEntries && oldest !== undefined) void this.delete(oldest[1])
    return super.put(key, value, options)
  }

  override delete(key: Key, options?: AbortOptions): void | Promise<void> {
    this.#keys.delete(key.toString())
    return super.delete(key, options)
  }
}
