/**
 * libp2p remembers everybody who ever said who they are, or whom somebody in a DHT told of, some kilobytes each, as long as it
 * runs: weeks, and new identities are cheap. Here the oldest of those who are not connected are forgotten.
 */
import type { Libp2p, PeerId } from '@libp2p/interface'

/** Those that a DHT may want to find again, and some. Neighbours of earlier are in a book of their own. */
const MAX_REMEMBERED = 1024

type Node = Pick<Libp2p, 'addEventListener' | 'getConnections' | 'peerStore'>

/** For the life of the node. @param max remembered besides those who are connected */
export function forgetPassersBy(libp2p: Node, max: number = MAX_REMEMBERED): void {
  /** Oldest first. */
  const gone = new Map<string, PeerId>()

  function left(peer: PeerId): void {
    const name = peer.toString()
    if (libp2p.getConnections(peer).length > 0) return
    gone.delete(name)
    gone.set(name, peer)
    const [oldest] = gone.values()
    if (gone.size <= max || oldest === undefined) return
    gone.delete(oldest.toString())
    // What happens to be written about it just now is overwritten at its next visit.
    if (libp2p.getConnections(oldest).length === 0) libp2p.peerStore.delete(oldest).catch(() => {})
  }

  libp2p.addEventListener('peer:connect', ({ detail }) => void gone.delete(detail.toString()))
  libp2p.addEventListener('peer:disconnect', ({ detail }) => left(detail))
  libp2p.addEventListener('peer:discovery', ({ detail }) => left(detail.id))
}
