/** Which ways of looking for peers a node of a person takes. */
import { isLoopback } from '../../net/address.js'
import type { Discovery } from '../../net/finder.js'
import type { Wanted } from '../../net/rendezvous.js'
import type { DiscoveryOptions } from '../cli/options.js'
import { mdnsDiscovery } from './mdns.js'

export interface DiscoveryPlan extends Wanted, Pick<DiscoveryOptions, 'mdns' | 'dht' | 'dhtProtocol'> {
  /** Multiaddrs. */
  readonly listen: readonly string[]
}

/** A node that only listens to its own machine tells no network of itself. */
export function planDiscovery({ listen, mdns = true, ...wanted }: DiscoveryPlan): readonly Discovery[] {
  const isPrivate = listen.every(isLoopback)
  return mdns && !isPrivate ? [mdnsDiscovery(wanted)] : []
}
