/** Which kinds of faults a file asks for, so that a runner can refuse what it cannot do. */
import { type Faults, placeOf } from './faults.js'

export type FaultKind =
  | 'loss'
  | 'duplication'
  | 'reordering'
  | 'corruption'
  | 'delay'
  | 'bandwidth'
  | 'slowdown'
  | 'clock-skew'
  | 'hostile'
  | `disk-${'full' | 'read-only' | 'torn' | 'lying'}`
  | 'crash'
  | 'crash-without-disk'
  | 'crash-with-torn-disk'
  | 'freeze'
  | 'leave'
  | 'join'
  | 'partition'

export interface UsedFault {
  readonly kind: FaultKind
  /** As an error names it: `event 3, "disk"`. */
  readonly place: string
  readonly list: 'links' | 'peers' | 'disks' | 'events'
  readonly index: number
}

/** In the order of the file. */
export function usedFaults(faults: Faults): UsedFault[] {
  const used: UsedFault[] = []
  const add = (kind: FaultKind, list: UsedFault['list'], index: number, field?: string) => {
    const path = field === undefined ? [list, index] : [list, index, field]
    used.push({ kind, place: placeOf(path), list, index })
  }
  faults.links?.forEach((rule, i) => {
    for (const kind of ['loss', 'duplication', 'reordering', 'corruption'] as const)
      if (rule[kind] !== undefined) add(kind, 'links', i, kind)
    if (rule.delayMs !== undefined) add('delay', 'links', i, 'delayMs')
    if (rule.bandwidthKbps !== undefined) add('bandwidth', 'links', i, 'bandwidthKbps')
  })
  faults.peers?.forEach((rule, i) => {
    if (rule.slowdown !== undefined) add('slowdown', 'peers', i, 'slowdown')
    if (rule.clockSkewPercent !== undefined) add('clock-skew', 'peers', i, 'clockSkewPercent')
    if (rule.hostile !== undefined) add('hostile', 'peers', i, 'hostile')
  })
  faults.disks?.forEach(({ fault }, i) => {
    add(`disk-${fault}`, 'disks', i, 'fault')
  })
  faults.events?.forEach((event, i) => {
    if (event.do !== 'crash') add(event.do, 'events', i)
    else if (event.disk === 'lost') add('crash-without-disk', 'events', i, 'disk')
    else if (event.disk === 'torn') add('crash-with-torn-disk', 'events', i, 'disk')
    else add('crash', 'events', i)
  })
  return used
}
