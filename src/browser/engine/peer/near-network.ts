/** The page's side of its peer: lends it the connections, and passes on what it says. */
import type { Gossip, Streams } from '../../../interface.js'
import { type Called, createLink, type Link } from '../../../threads/link.js'
import type { Port } from '../../../threads/port.js'
import { trainerErrors } from '../../../train/remote/calls.js'
import type { NetworkCalls, PeerCalls, PeerEvent } from './calls.js'

export interface NearNetwork {
  readonly gossip: Gossip
  readonly streams: Streams
}

/** @param tell what the peer tells of itself */
export function lendNetwork(port: Port, { gossip, streams }: NearNetwork, tell: (event: PeerEvent) => void) {
  async function answer(
    { call, input }: Called<NetworkCalls>,
    signal: AbortSignal
  ): Promise<NetworkCalls[keyof NetworkCalls]['output']> {
    switch (call) {
      case 'startGossip':
        await gossip.start((bytes, from) => peer.call('validate', { bytes, from }))
        return null
      case 'publish':
        return gossip.publish(input)
      case 'penalise':
        gossip.penalise(input)
        return null
      case 'stopGossip':
        await gossip.stop()
        return null
      case 'startStreams':
        await streams.start({
          pulse: (bytes, from) => void peer.call('pulse', { bytes, from }).catch(() => {}),
          request: (kind, bytes, from) => peer.call('request', { kind, bytes, from }),
          neighbour: (key, connected) => void peer.call('neighbour', { peer: key, connected }).catch(() => {})
        })
        return null
      case 'sendPulse':
        await streams.pulse(input.to, input.bytes)
        return null
      case 'ask': {
        const { to, kind, bytes, maxBytes, timeoutMs } = input
        return streams.request(to, kind, bytes, { maxBytes, timeoutMs, signal })
      }
      case 'stopStreams':
        await streams.stop()
        return null
      case 'tell':
        tell(input)
        return null
    }
  }
  const peer: Link<PeerCalls> = createLink<NetworkCalls, PeerCalls>({ port, answer, errors: trainerErrors })
  return peer
}
