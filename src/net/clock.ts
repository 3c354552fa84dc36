/** The real clock behind `Clock`; the simulator has a virtual one. */
import type { Clock } from '../interface.js'

/** Longest timer of the platform, about 24.8 days; more would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** Monotonic milliseconds and timers of the platform. A pending timer keeps a Node process alive. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(0, ms), MAX_TIMER_MS))
    return () => clearTimeout(timer)
  }
}
