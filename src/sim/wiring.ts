/** Who is connected to whom: the topology, as far as its ends are there and no partition is between them. */
import type { Random } from '../core/random.js'
import type { Timeline } from '../faults/index.js'
import type { Clock } from '../interface.js'
import type { Member } from './member.js'
import type { VirtualNetwork } from './network.js'

/** Somebody who is back, or no longer cut off, is dialled within these, milliseconds. */
const REDIAL_MS = [50, 1000] as const
/** A cut is noticed at last when keepalives fail; some ends notice at once, milliseconds. */
const NOTICE_MS = 10_000

export interface Wiring {
  /** After anything that may have changed who can reach whom. @param atOnce without the time that dialling takes */
  refresh(atOnce?: boolean): void
}

export function createWiring(
  members: readonly Member[],
  edges: readonly (readonly [number, number])[],
  timeline: Timeline,
  network: VirtualNetwork,
  clock: Clock,
  random: Random
): Wiring {
  const lines = edges.map(([a, b]) => ({ a: members[a]!, b: members[b]!, cancel: null as (() => void) | null }))

  const separated = ({ a, b }: (typeof lines)[number]) => timeline.separated(a.peer, b.peer)
  const present = ({ a, b }: (typeof lines)[number]) => a.present && b.present

  return {
    refresh(atOnce = false) {
      for (const line of lines) {
        const [a, b] = [line.a.key, line.b.key]
        const apart = separated(line)
        if (network.connected(a, b)) {
          network.cut(a, b, apart)
          if (apart && line.cancel === null)
            line.cancel = clock.after(random.unit() * NOTICE_MS, () => {
              line.cancel = null
              if (separated(line)) network.disconnect(a, b)
            })
        } else if (present(line) && !apart && line.cancel === null) {
          const dial = () => {
            line.cancel = null
            if (present(line) && !separated(line)) network.connect(a, b)
          }
          if (atOnce) dial()
          else line.cancel = clock.after(REDIAL_MS[0] + random.unit() * (REDIAL_MS[1] - REDIAL_MS[0]), dial)
        }
      }
    }
  }
}
