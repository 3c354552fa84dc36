/** Which ways of looking for peers a node of a person takes. */
import { isLoopback } from '../../net/address.js'
import type { Discovery } from '../../net/finder.js'
import type { Wanted } from '../../net/rendezvous.js'
import type { DiscoveryOptions } from '../cli/options.js'

export interface DiscoveryPlan extends Wanted, DiscoveryOptions {
  /** Multiaddrs. */
  readonly listen: readonly string[]
}

/**
 * A node that only listens to its own machine tells no network of itself, and looks in a DHT only when it is led to one
 * or told so.
 * Libraries are loaded as they are needed.
 */
export async function planDiscovery(plan: DiscoveryPlan): Promise<readonly Discovery[]> {
  const { listen, mdns = true, dht, dhtProtocol: protocol, bootstrap = [], swarmId, key } = plan
  const wanted = { swarmId, key }
  const local = listen.every(isLoopback)
  const ways: Promise<Discovery>[] = []
  if (mdns && !local) ways.push(import('./mdns.js').then(({ mdnsDiscovery }) => mdnsDiscovery(wanted)))
  if (dht ?? (!local || bootstrap.length > 0))
    ways.push(import('./dht.js').then(({ dhtDiscovery }) => dhtDiscovery({ ...wanted, protocol, local })))
  return Promise.all(ways)
}
