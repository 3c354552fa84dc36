/** A store that lives as long as its process: for tests, the simulator and peers that keep nothing. */
import type { Store } from '../interface.js'

/** It cannot fail, and keeps the arrays it is given. */
export function memoryStore(): Store {
  const entries = new Map<string, Uint8Array>()
  let mark: number | null = null
  let closed = false

  function check(): void {
    if (closed) throw new TypeError('this store was closed')
  }

  return {
    async *read(prefix) {
      check()
      const keys = [...entries.keys()].filter(key => key.startsWith(prefix)).sort()
      for (const key of keys) {
        const value = entries.get(key)
        if (value !== undefined) yield [key, value]
      }
    },
    async write(changes) {
      check()
      for (const { key, value } of changes) value === null ? entries.delete(key) : entries.set(key, value)
    },
    async mark(epoch) {
      check()
      mark = epoch
    },
    async marked() {
      check()
      return mark
    },
    async close() {
      closed = true
    }
  }
}
