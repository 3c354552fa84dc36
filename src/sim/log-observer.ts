/** What observers see, as lines of the event log. */
import type { RunObserver } from './observer.js'

export function logObserver(add: (event: string) => void): RunObserver {
  return {
    onStart: ({ peer, life }, disk) => add(`start ${peer} ${life} ${disk}`),
    onGone: ({ peer }, crash) => add(`gone ${peer} ${crash?.lost} ${crash?.damaged} ${crash?.lied}`),
    onEpoch: ({ peer }, { epoch, closedBy, updates, expected }) =>
      add(`closed ${peer} ${epoch} ${closedBy} ${updates} ${expected}`),
    onSettled: ({ peer }, digest) => add(`settled ${peer} ${digest}`),
    onWarning: ({ peer }, message) => add(`warning ${peer} ${message}`),
    onFault: action => add(`fault ${JSON.stringify(action)}`)
  }
}
