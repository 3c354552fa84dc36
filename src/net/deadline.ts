/** A time limit as an abort signal, on the clock that was handed in. */
import { setMaxListeners } from 'main-event'
import type { Clock } from '../interface.js'
import { ExchangeError } from './error.js'

export interface Deadline {
  /** Aborts with an {@link ExchangeError} 'timeout', or with the reason of whichever parent aborts first. */
  readonly signal: AbortSignal
  /** The promise, or the abort reason when that comes first. The promise itself runs on. */
  race<T>(promise: Promise<T>): Promise<T>
  /** Stops the timer; call it in `finally`. */
  clear(): void
}

export function createDeadline(clock: Clock, ms: number, ...parents: readonly (AbortSignal | undefined)[]): Deadline {
  const controller = new AbortController()
  const { signal } = controller
  const cancel = clock.after(ms, () => controller.abort(new ExchangeError('timeout', `nothing within ${ms} ms`)))
  const unlink: (() => void)[] = [cancel]
  for (const parent of parents) {
    if (parent === undefined) continue
    setMaxListeners(Number.POSITIVE_INFINITY, parent) // many exchanges at once share it, and each takes its listener off
    const onAbort = () => controller.abort(parent.reason)
    if (parent.aborted) onAbort()
    else {
      parent.addEventListener('abort', onAbort, { once: true })
      unlink.push(() => parent.removeEventListener('abort', onAbort))
    }
  }
  return {
    signal,
    race(promise) {
      return new Promise((resolve, reject) => {
        const onAbort = () => reject(signal.reason)
        if (signal.aborted) onAbort()
        signal.addEventListener('abort', onAbort, { once: true })
        promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
      })
    },
    clear() {
      for (const undo of unlink) undo()
    }
  }
}
