/** Long work shares its thread: it pauses between slices. */
import type { Clock } from '../interface.js'

/** Runs it to its end, letting everything else have its turn at each pause. Rejects when aborted meanwhile. */
export async function runInSlices<T>(work: Generator<undefined, T>, clock: Clock, signal: AbortSignal): Promise<T> {
  for (;;) {
    signal.throwIfAborted()
    const { done, value } = work.next()
    if (done) return value
    await pause(clock, 0)
  }
}

export function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise(resolve => void clock.after(ms, resolve))
}
