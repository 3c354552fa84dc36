/** What the timeline of a simulated run did, as the testnet records it. */
import type { FaultAction, Faults, Moment } from '../../faults/index.js'
import type { RunView } from '../../sim/observer.js'
import type { FaultRecord, FaultTally } from '../json.js'
import { roundSeconds } from '../records.js'
import { countRules } from '../testnet/plan-faults.js'

/** Undefined for what happens to disks, which is nobody's news. @param run undefined before it begins */
export function faultRecord(action: FaultAction, run: RunView | undefined): FaultRecord | undefined {
  if (action.do === 'disk') return undefined
  return {
    type: 'fault',
    seconds: roundSeconds((run?.now() ?? 0) / 1000),
    epoch: medianEpoch(run),
    fault: action.do,
    ...('peers' in action ? { peers: action.peers } : {}),
    ...('groups' in action ? { groups: action.groups } : {}),
    ...('disk' in action ? { disk: action.disk } : {})
  }
}

/** Lower median of the honest peers that are up. */
function medianEpoch(run: RunView | undefined): number {
  const here = run?.peers.filter(({ hostile, condition }) => hostile === null && condition === 'up') ?? []
  const epochs = here.flatMap(({ state }) => (state === undefined ? [] : [state.clock.epoch])).sort((a, b) => a - b)
  return epochs[Math.ceil(epochs.length / 2) - 1] ?? 0
}

const TALLIED = {
  crash: 'crashes',
  restart: 'restarts',
  freeze: 'freezes',
  leave: 'leaves',
  return: 'joins',
  join: 'joins'
} as const

export function tallyFaults(records: readonly FaultRecord[], faults: Faults, neverCame: readonly Moment[]): FaultTally {
  const tally = { crashes: 0, restarts: 0, freezes: 0, leaves: 0, joins: 0, partitions: 0 }
  for (const { fault, peers = [] } of records) {
    if (fault === 'partition') tally.partitions++
    else if (fault in TALLIED) tally[TALLIED[fault as keyof typeof TALLIED]] += peers.length
  }
  const rules = countRules(faults)
  return { ...tally, ...(rules > 0 ? { rules } : {}), ...(neverCame.length > 0 ? { neverCame } : {}) }
}
