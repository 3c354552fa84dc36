/** What gossipsub leaves undone about its neighbours, looked after once per heartbeat. */
import type { GossipSub } from '@libp2p/gossipsub'
import type { Libp2p, PeerId } from '@libp2p/interface'
import { isGraylisted } from './gossip-params.js'
import type { Standing } from './standing.js'

/** Heartbeats (1 s) that a neighbour may be without our gossip stream; opening one takes a busy peer some seconds. */
const MAX_MUTE_BEATS = 30

export interface GossipWatchComponents {
  readonly libp2p: Pick<Libp2p, 'getConnections' | 'getPeers'>
  readonly pubsub: GossipSub
  readonly standing: Standing
  readonly disconnect: (peer: PeerId) => void
}

/** @returns one look at every neighbour */
export function createGossipWatch({ libp2p, pubsub, standing, disconnect }: GossipWatchComponents): () => void {
  /** Beats without a stream, of every connected peer that has spoken gossip. */
  const mute = new Map<string, number>()

  function hasStream(peer: PeerId): boolean {
    return libp2p
      .getConnections(peer)
      .some(({ streams }) => streams.some(s => s.direction === 'outbound' && pubsub.protocols.includes(s.protocol)))
  }

  /** Gossipsub stops listening to a graylisted peer and keeps it connected. */
  function dropGraylisted(): void {
    for (const peer of pubsub.getPeers()) {
      if (!isGraylisted(pubsub, peer.toString())) continue
      standing.bar(peer)
      disconnect(peer)
    }
  }

  /** Gossipsub opens its stream once per connection: when that fails or is reset, only a new connection helps. */
  function dropMute(): void {
    const gossiping = new Set(pubsub.getPeers().map(String))
    const connected = libp2p.getPeers()
    const names = new Set(connected.map(String))
    for (const name of mute.keys()) if (!names.has(name)) mute.delete(name)
    for (const peer of connected) {
      const name = peer.toString()
      if (hasStream(peer)) mute.set(name, 0)
      else if (gossiping.has(name) || mute.has(name)) {
        const beats = (mute.get(name) ?? 0) + 1
        mute.set(name, beats)
        if (beats >= MAX_MUTE_BEATS) disconnect(peer)
      }
    }
  }

  return () => {
    dropGraylisted()
    dropMute()
  }
}
