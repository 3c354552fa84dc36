/**
 * Public addresses of this machine's own interfaces. libp2p tells others of one only when AutoNAT has confirmed it; what a
 * socket listens on needs no witness, and a swarm without servers has none.
 */
import type { Multiaddr } from '@multiformats/multiaddr'

/** What it needs of a libp2p node, as `createLibp2p` hands it to services. */
export interface OwnAddressesComponents {
  readonly events: { addEventListener(name: 'transport:listening', listener: () => void): void }
  readonly transportManager: { getAddrs(): readonly Multiaddr[] }
  readonly addressManager: { confirmObservedAddr(address: Multiaddr, options: { readonly type: 'transport' }): void }
}

/** A libp2p service that vouches for every address the node listens on. */
export function ownAddresses(components: OwnAddressesComponents): object {
  const { events, transportManager, addressManager } = components
  events.addEventListener('transport:listening', () => {
    for (const address of transportManager.getAddrs())
      addressManager.confirmObservedAddr(address, { type: 'transport' })
  })
  return {}
}
