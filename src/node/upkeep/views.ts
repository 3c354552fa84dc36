/** Neighbours and updates as people and programs read them: ids as libp2p has them, times as whole seconds. */
import type { PeerKey } from '../../interface.js'
import { peerIdOfKey } from '../../net/identity.js'
import type { SeenUpdate } from '../../peer/events.js'
import type { LocalPeer } from '../local-peer.js'
import type { NeighbourView, UpdateView } from './status.js'

export const idOf = (key: PeerKey) => peerIdOfKey(key).toString()
export const seconds = (ms: number) => Math.max(0, Math.round(ms / 1000))

/** @param now of the peer's clock, ms */
export function updateView(update: SeenUpdate | null, now: number): UpdateView | null {
  return update && { author: idOf(update.author), epoch: update.epoch, secondsAgo: seconds(now - update.atMs) }
}

/** What their pulses say, and by what they are connected. @param now of the peer's clock, ms */
export function neighbourViews(local: Pick<LocalPeer, 'links' | 'peer'>, now: number): readonly NeighbourView[] {
  const links = new Map(local.links().map(link => [link.peer, link]))
  return local.peer.neighbours().map(({ peer, epoch, observer, heardAtMs }) => {
    const link = links.get(peer)
    return {
      peer: idOf(peer),
      how: link?.how ?? 'unknown',
      address: link?.address ?? null,
      direction: link?.direction ?? null,
      introducedBy: link?.introducedBy === undefined ? null : idOf(link.introducedBy),
      connectedSeconds: link === undefined ? null : seconds(Date.now() - link.openedAt),
      heardSecondsAgo: heardAtMs === null ? null : seconds(now - heardAtMs),
      epoch,
      resting: observer
    }
  })
}
