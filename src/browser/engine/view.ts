/** Puts together what can be shown. Pure. */
import type { PeerKey } from '../../interface.js'
import type { ByteCounter } from '../../net/bytes.js'
import type { Chronicle } from './chronicle.js'
import type { Conditions } from './conditions.js'
import type { Connected } from './network/connections.js'
import type { Look } from './peer/calls.js'
import type { PeerView, Phase, Preview, RestReason, View } from './session.js'

export interface Seen {
  readonly phase: Phase
  readonly self: PeerKey
  readonly preview: Preview | null
  readonly resting: readonly RestReason[]
  readonly conditions: Conditions
  readonly awake: boolean
  readonly samples: number
  readonly connected: readonly Connected[]
  readonly bytes: Readonly<ByteCounter>
  readonly chronicle: Chronicle
  /** Null before the peer has begun. */
  readonly look: Look | null
  /** How it stood in an earlier visit. */
  readonly before: View | undefined
}

export function composeView(seen: Seen): View {
  const { look, conditions, chronicle, preview, before } = seen
  const peers = peersOf(seen)
  return {
    phase: seen.phase,
    resting: look?.status.resting.includes('plateau') ? [...seen.resting, 'plateau'] : seen.resting,
    epoch: look?.status.epoch ?? before?.epoch ?? preview?.epoch ?? 0,
    epochs: preview?.manifest.stop.epochs ?? null,
    live: look?.status.liveAuthors ?? 0,
    peers,
    links: peers.slice(1).map(({ key }) => [seen.self, key] as const),
    together: chronicle.together,
    alone: chronicle.alone,
    samples: seen.samples,
    loss: chronicle.loss,
    bytesSent: seen.bytes.sent,
    bytesReceived: seen.bytes.received,
    lastUpdateAt: chronicle.lastUpdateAt,
    battery: conditions.battery,
    saveData: conditions.saveData,
    metered: conditions.metered,
    awake: seen.awake,
    residual: look?.residual ?? before?.residual ?? 0,
    warnings: chronicle.warnings,
    notes: chronicle.notes,
    digest: look?.digest ?? before?.digest ?? null
  }
}

function peersOf({ self, look, connected }: Seen): PeerView[] {
  const own: PeerView = {
    key: self,
    self: true,
    how: 'unknown',
    epoch: look?.status.epoch ?? null,
    lastHeardMs: 0
  }
  const told = new Map(look?.neighbours.map(neighbour => [neighbour.key, neighbour]))
  const others = connected.map(({ key, how, introducedBy }): PeerView => {
    const neighbour = told.get(key)
    return {
      key,
      self: false,
      how,
      ...(introducedBy !== undefined && { introducedBy }),
      epoch: neighbour?.epoch ?? null,
      lastHeardMs: neighbour?.heardMs ?? 0
    }
  })
  return [own, ...others]
}
