/** What of a fault file real processes can do. */
import { type FaultKind, type Faults, type UsedFault, usedFaults } from '../../faults/index.js'

/** Why not. */
const UNSUPPORTED: Readonly<Partial<Record<FaultKind, string>>> = {
  duplication: 'TCP delivers nothing twice',
  reordering: 'TCP keeps the order',
  corruption: 'a changed byte breaks an encrypted connection',
  'clock-skew': 'all processes share one clock',
  hostile: 'peers of a testnet are all honest',
  'disk-full': 'all peers share the disk of this machine',
  'disk-read-only': 'all peers share the disk of this machine',
  'disk-torn': 'all peers share the disk of this machine',
  'disk-lying': 'all peers share the disk of this machine',
  'crash-with-torn-disk': 'kill -9 tears no writes'
}

export interface Unsupported {
  /** As an error names it: `event 3, "disk"`. */
  readonly place: string
  readonly why: string
}

export function unsupportedFaults(faults: Faults): readonly Unsupported[] {
  return usedFaults(faults).flatMap(({ kind, place }: UsedFault) => {
    const why = UNSUPPORTED[kind]
    return why === undefined ? [] : [{ place, why }]
  })
}

/** The file without those, and without rules that nothing is left of. Entries draw by what they say, as before. */
export function withoutUnsupported(faults: Faults): Faults {
  return {
    ...faults,
    links: faults.links
      ?.map(({ duplication: _d, reordering: _r, corruption: _c, ...rule }) => rule)
      .filter(changesLinks),
    peers: faults.peers
      ?.map(({ clockSkewPercent: _s, hostile: _h, ...rule }) => rule)
      .filter(rule => rule.slowdown !== undefined),
    disks: undefined,
    events: faults.events?.map(event =>
      event.do === 'crash' && event.disk === 'torn' ? { ...event, disk: 'kept' as const } : event
    )
  }
}

function changesLinks({ loss, delayMs, bandwidthKbps }: NonNullable<Faults['links']>[number]): boolean {
  return loss !== undefined || delayMs !== undefined || bandwidthKbps !== undefined
}

/** Peers that may go down, stand still, come or go, each of which needs a process of its own. */
export function movingPeers(faults: Faults, peers: number): ReadonlySet<number> {
  const moving = new Set<number>()
  for (const event of faults.events ?? []) {
    if (event.do === 'partition') continue
    // Who is drawn depends on who is up at that time.
    const named = Array.isArray(event.peers) ? event.peers : Array.from({ length: peers }, (_, peer) => peer)
    for (const peer of named) moving.add(peer)
  }
  return moving
}
