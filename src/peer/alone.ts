/** Says when a peer has no neighbour, seldomer the longer that lasts, and when that is over. */
import type { Clock } from '../interface.js'

export interface AloneListeners {
  /** No neighbour for this long, ms. @param before whether there has ever been one */
  alone(forMs: number, before: boolean): void
  /** After {@link alone}: somebody is there again. */
  together(afterMs: number): void
}

export interface AloneWatch {
  /** How many neighbours there are now. */
  neighbours(count: number): void
  /** Milliseconds without a neighbour; null while there is one, and before {@link AloneWatch.neighbours} was called. */
  readonly aloneMs: number | null
  /** No timer outlives it. Twice is fine. */
  stop(): void
}

/** A short cut heals by itself and is not worth a word, ms. */
const FIRST_MS = 2000
/** Then it is told of after this, ms, and each time after four times as long, up to an hour. */
const SECOND_MS = 30_000
const GROWTH = 4
const LONGEST_MS = 3_600_000

export function createAloneWatch(clock: Clock, listeners: AloneListeners): AloneWatch {
  let since: number | undefined
  let before = false
  let told = false
  let cancel = () => {}

  function tellAt(ms: number): void {
    cancel = clock.after(ms - aloneMs(), () => {
      told = true
      const next = ms === FIRST_MS ? SECOND_MS : Math.min(ms * GROWTH, ms + LONGEST_MS)
      tellAt(next)
      // Timers fire a little early by another clock.
      listeners.alone(Math.max(ms, aloneMs()), before)
    })
  }

  const aloneMs = () => (since === undefined ? 0 : clock.now() - since)

  return {
    neighbours(count) {
      if (count === 0 && since === undefined) {
        since = clock.now()
        tellAt(FIRST_MS)
      } else if (count > 0) {
        const ms = aloneMs()
        cancel()
        since = undefined
        before = true
        if (told) listeners.together(ms)
        told = false
      }
    },
    get aloneMs() {
      return since === undefined ? null : aloneMs()
    },
    stop: () => cancel()
  }
}
