/** Several observers as one. */
import type { RunObserver } from './observer.js'

/** Each event goes to them in their order; events that nobody wants cost nothing. */
export function observeAll(observers: readonly RunObserver[]): RunObserver {
  const all = <Name extends keyof RunObserver>(name: Name) => {
    const wanting = observers.filter(observer => observer[name] !== undefined)
    if (wanting.length === 0) return {}
    const tell = (...event: unknown[]) => {
      for (const observer of wanting) (observer[name] as (...event: unknown[]) => void).call(observer, ...event)
    }
    return { [name]: tell }
  }
  return Object.assign(
    {},
    all('onBegin'),
    all('onStart'),
    all('onStep'),
    all('onGone'),
    all('onEpoch'),
    all('onWarning'),
    all('onSettled'),
    all('onFault'),
    all('onSecond'),
    all('onEnd')
  )
}
