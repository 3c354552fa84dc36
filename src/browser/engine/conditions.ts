/** What the browser tells of its device: power, network, visibility. Where it tells nothing, nothing is assumed. */

export interface Conditions {
  /** Null where the browser does not tell. */
  readonly battery: { readonly level: number; readonly charging: boolean } | null
  readonly saveData: boolean
  readonly metered: boolean | null
  readonly online: boolean
  readonly hidden: boolean
}

export interface ConditionsWatch {
  now(): Conditions
  stop(): void
}

interface BatteryManager extends EventTarget {
  readonly level: number
  readonly charging: boolean
}

interface NetworkInformation extends EventTarget {
  readonly saveData?: boolean
  readonly type?: string
}

type Told = Navigator & {
  readonly getBattery?: () => Promise<BatteryManager>
  readonly connection?: NetworkInformation
}

/** @param changed called after each change @param back the page was frozen, asleep or offline, and is no longer */
export function watchConditions(changed: () => void, back: () => void): ConditionsWatch {
  const told: Told = navigator
  const stopping = new AbortController()
  const { signal } = stopping
  let battery: BatteryManager | undefined
  void told
    .getBattery?.()
    .then(manager => {
      battery = manager
      for (const name of ['levelchange', 'chargingchange']) manager.addEventListener(name, changed, { signal })
      changed()
    })
    .catch(() => {})
  const both = (): void => {
    back()
    changed()
  }
  told.connection?.addEventListener('change', changed, { signal })
  addEventListener('offline', changed, { signal })
  addEventListener('online', both, { signal })
  document.addEventListener('visibilitychange', changed, { signal })
  // Page Lifecycle: `resume` after a freeze, `pageshow` out of the back-forward cache.
  document.addEventListener('resume', both, { signal })
  addEventListener('pageshow', event => event.persisted && both(), { signal })
  return {
    now: () => ({
      battery: battery === undefined ? null : { level: battery.level, charging: battery.charging },
      saveData: told.connection?.saveData === true,
      metered: told.connection?.type === undefined ? null : told.connection.type === 'cellular',
      online: navigator.onLine,
      hidden: document.visibilityState === 'hidden'
    }),
    stop: () => stopping.abort()
  }
}
