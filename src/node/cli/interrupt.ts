/** Ctrl-C: the first asks to stop, the second does not wait. */

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** What shells report for a program that Ctrl-C ended. */
export const INTERRUPTED_EXIT_CODE = 130

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
