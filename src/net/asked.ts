/** Those that the user asked for by their addresses: they are kept connected, whatever the bounds say. */
import type { Libp2p, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Random } from '../core/random.js'
import type { Clock, PeerKey } from '../interface.js'
import { peerIn } from './address.js'
import { createDialer, type Dialer } from './dialer.js'
import { keyOfPeerId } from './identity.js'

export interface AskedComponents {
  readonly libp2p: Pick<Libp2p, 'dial' | 'getConnections'>
  readonly clock: Clock
  readonly random: Pick<Random, 'unit'>
  /** Who was at an address that was dialled without a name, when that peer was connected already. */
  readonly foundAt: (address: Multiaddr) => PeerId | undefined
  /** Whether there are neighbours enough. */
  readonly isContent: () => boolean
  /** Told of the addresses that nobody answers at. */
  readonly tried: (addresses: readonly string[]) => void
}

export interface Asked {
  /** @param onUnreachable called once per outage */
  dial(addresses: readonly Multiaddr[], onUnreachable?: (address: Multiaddr) => void): void
  has(key: PeerKey): boolean
  /** Whoever waits is dialled at once. */
  wake(): void
  /** Twice is fine. */
  stop(): Promise<void>
}

export function createAsked({ libp2p, clock, random, foundAt, isContent, tried }: AskedComponents): Asked {
  const keys = new Set<PeerKey>()
  const dialers: Dialer[] = []

  function onFound(peer: PeerId): void {
    const key = keyOfPeerId(peer)
    if (key !== undefined) keys.add(key)
  }

  return {
    has: key => keys.has(key),
    dial(addresses, onUnreachable) {
      for (const address of addresses) {
        const peer = peerIn(address)
        if (peer !== undefined) onFound(peer)
      }
      const dialer = createDialer(
        {
          addresses,
          onFound,
          isContent,
          onUnreachable: address => {
            tried([address.toString()])
            onUnreachable?.(address)
          }
        },
        { libp2p, clock, random, foundAt }
      )
      dialers.push(dialer)
      dialer.start()
    },
    wake() {
      for (const dialer of dialers) dialer.wake()
    },
    async stop() {
      await Promise.all(dialers.map(dialer => dialer.stop()))
    }
  }
}
