/** One timer, which goes by what the core wants next. */
import type { Clock } from '../interface.js'

export interface Alarm {
  /** Rings at `at`, not before; infinity: never. Times are milliseconds of the clock. */
  set(at: number, now: number): void
  cancel(): void
}

export function createAlarm(clock: Pick<Clock, 'after'>, ring: () => void): Alarm {
  let cancel = () => {}
  let due = Number.POSITIVE_INFINITY
  return {
    set(at, now) {
      // Most steps leave the time as it is, and then the timer too.
      if (at === due) return
      cancel()
      due = at
      if (!Number.isFinite(at)) return
      cancel = clock.after(Math.max(1, Math.ceil(at - now)), () => {
        due = Number.POSITIVE_INFINITY
        ring()
      })
    },
    cancel: () => cancel()
  }
}
