/** Ids of gossip messages that passed lately: gossipsub forgets them after a while, and so does memory. */

/** An id is remembered for one to two of these, milliseconds; js-libp2p-gossipsub's `seenTTL` is as long. */
const GENERATION_MS = 120_000

export interface Seen {
  /** @returns whether it is new */
  add(id: string, now: number): boolean
}

export function createSeen(): Seen {
  let older = new Set<string>()
  let newer = new Set<string>()
  let since = 0
  return {
    add(id, now) {
      if (now - since >= GENERATION_MS) {
        older = now - since < 2 * GENERATION_MS ? newer : new Set()
        newer = new Set()
        since = now
      }
      if (newer.has(id) || older.has(id)) return false
      newer.add(id)
      return true
    }
  }
}
