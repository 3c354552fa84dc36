/** Ctrl-C: the first asks to stop, the second does not wait. */
import { Interrupted } from './errors.js'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** What shells report for a program that Ctrl-C ended. */
const INTERRUPTED_EXIT_CODE = 130

export interface Interrupts {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal
  /** Takes the listeners away. */
  release(): void
}

/** @param onFirst says what happens now */
export function listenForInterrupts(onFirst: () => void = () => undefined): Interrupts {
  const controller = new AbortController()
  const listener = (): void => {
    if (controller.signal.aborted) process.exit(INTERRUPTED_EXIT_CODE)
    onFirst()
    controller.abort()
  }
  for (const name of SIGNALS) process.on(name, listener)
  return {
    signal: controller.signal,
    release() {
      for (const name of SIGNALS) process.off(name, listener)
    }
  }
}

/** What `work` gives, unless the signal is aborted first; then nobody waits for it any more. @throws {Interrupted} */
export async function unlessInterrupted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  let abort = (): void => undefined
  const interrupted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(new Interrupted())
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
  try {
    return await Promise.race([work, interrupted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
