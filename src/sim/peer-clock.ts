/** A peer's own clock: it runs too fast or too slow, stands still with its process, and dies with it. */
import type { Clock } from '../interface.js'

export interface PeerClock extends Clock {
  /** Timers that are due wait until it runs again; the time itself goes on, as under SIGSTOP. */
  hold(isHeld: boolean): void
  /** Nothing that waits on it ever happens. */
  kill(): void
}

/** @param skewPercent how much it is too fast, negative: too slow; above −100 */
export function createPeerClock(clock: Clock, skewPercent = 0): PeerClock {
  const rate = 1 + skewPercent / 100
  let held: (() => void)[] | null = null
  let dead = false
  return {
    now: () => clock.now() * rate,
    after(ms, callback) {
      let cancelled = false
      const ring = () => {
        if (cancelled || dead) return false
        if (held === null) return callback()
        held.push(ring)
        return false
      }
      const cancel = clock.after(ms / rate, ring)
      return () => {
        cancelled = true
        cancel()
      }
    },
    hold(isHeld) {
      if (isHeld) {
        held ??= []
        return
      }
      const due = held ?? []
      held = null
      for (const ring of due) ring()
    },
    kill() {
      dead = true
    }
  }
}
