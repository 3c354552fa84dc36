/** A clock that moves when it is told to. */
import type { Clock } from '#src/interface.js'

export interface ManualClock extends Clock {
  /** Fires what became due, in order. */
  advance(ms: number): void
  /** Waits asked for so far, ms. */
  readonly waits: readonly number[]
  /** Timers neither fired nor cancelled. */
  readonly pending: number
}

export function createManualClock(): ManualClock {
  const timers = new Set<{ readonly at: number; readonly callback: () => void }>()
  const waits: number[] = []
  let now = 0
  return {
    waits,
    now: () => now,
    get pending() {
      return timers.size
    },
    after(ms, callback) {
      waits.push(ms)
      const timer = { at: now + ms, callback }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    advance(ms) {
      const end = now + ms
      for (;;) {
        const due = [...timers].filter(timer => timer.at <= end).sort((a, b) => a.at - b.at)[0]
        if (due === undefined) break
        timers.delete(due)
        now = due.at
        due.callback()
      }
      now = end
    }
  }
}
