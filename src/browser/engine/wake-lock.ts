/** Keeps the screen on for as long as the person wants it: browsers let go of it whenever the page is hidden. */

export interface WakeLock {
  readonly held: boolean
  /** @returns whether the screen is now kept on; a browser may refuse, on a low battery for one */
  want(on: boolean): Promise<boolean>
  stop(): void
}

export function createWakeLock(changed: () => void): WakeLock {
  let wanted = false
  let sentinel: WakeLockSentinel | undefined
  const take = async (): Promise<void> => {
    if (!wanted || sentinel !== undefined || !('wakeLock' in navigator)) return
    try {
      const taken = await navigator.wakeLock.request('screen')
      sentinel = taken
      taken.addEventListener('release', () => {
        sentinel = undefined
        changed()
      })
    } catch {
      // It is a wish.
    }
  }
  const again = (): void => {
    if (document.visibilityState === 'visible') void take().then(changed)
  }
  document.addEventListener('visibilitychange', again)
  return {
    get held() {
      return sentinel !== undefined
    },
    async want(on) {
      wanted = on
      if (on) await take()
      else await sentinel?.release()
      return sentinel !== undefined
    },
    stop() {
      wanted = false
      document.removeEventListener('visibilitychange', again)
      void sentinel?.release().catch(() => {})
    }
  }
}
