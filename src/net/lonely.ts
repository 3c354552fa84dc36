/** Notices that nobody answers at all, once in each outage, and what was tried until then. */
import type { Clock } from '../interface.js'

/** What was done to find somebody, for the user. */
export interface Efforts {
  /** Addresses that were dialled since there was nobody; the first {@link MAX_TRIED}. */
  readonly tried: readonly string[]
  /** Where else it looked, as in "on the local network". */
  readonly looked: readonly string[]
  /** Peers that answered but are not of this swarm. */
  readonly guests: number
  /** Whether there has been a neighbour before. */
  readonly before: boolean
  /** Milliseconds without one. */
  readonly forMs: number
}

/** Nobody for this long, ms, is worth telling: with the time a node takes to start, the user knows within 10 s. */
const TELL_AFTER_MS = 7000
const MAX_TRIED = 64

export interface Lonely {
  tried(addresses: readonly string[]): void
  /** @returns what was tried, when now is the moment to tell */
  look(neighbours: number): Pick<Efforts, 'tried' | 'before' | 'forMs'> | undefined
}

export function createLonely(clock: Clock): Lonely {
  const tried = new Set<string>()
  let since: number | undefined
  let before = false
  let told = false
  return {
    tried(addresses) {
      for (const address of addresses) if (tried.size < MAX_TRIED) tried.add(address)
    },
    look(neighbours) {
      if (neighbours > 0) {
        since = undefined
        before = true
        told = false
        tried.clear()
        return undefined
      }
      since ??= clock.now()
      const forMs = clock.now() - since
      if (told || forMs < TELL_AFTER_MS) return undefined
      told = true
      return { tried: [...tried], before, forMs }
    }
  }
}
