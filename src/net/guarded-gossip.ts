/**
 * Gossipsub behind the hello: it learns of a peer when that is welcome, and not before. Waiting inside its streams would not
 * do, because it opens them one after another, and a silent peer would hold up everybody behind it.
 */
import type { GossipSubComponents } from '@libp2p/gossipsub'
import type { Topology } from '@libp2p/interface'
import type { Guard } from './hello.js'

type Registrar = GossipSubComponents['registrar']

/** What gossipsub is to be made of. */
export function guardedComponents(components: GossipSubComponents, guard: Guard): GossipSubComponents {
  const { privateKey, peerId, peerStore, connectionManager, logger, registrar } = components
  return { privateKey, peerId, peerStore, connectionManager, logger, registrar: guardedRegistrar(registrar, guard) }
}

function guardedRegistrar(registrar: Registrar, guard: Guard): Registrar {
  return {
    handle: (protocol, handler, options) => registrar.handle(protocol, guard.guard(handler), options),
    register: (protocol, topology, options) => registrar.register(protocol, guardedTopology(topology, guard), options),
    unhandle: (protocols, options) => registrar.unhandle(protocols, options),
    unregister: id => registrar.unregister(id),
    getProtocols: () => registrar.getProtocols(),
    getHandler: protocol => registrar.getHandler(protocol),
    getTopologies: protocol => registrar.getTopologies(protocol),
    use: (protocol, middleware) => registrar.use(protocol, middleware),
    unuse: protocol => registrar.unuse(protocol),
    getMiddleware: protocol => registrar.getMiddleware(protocol)
  }
}

function guardedTopology(topology: Topology, guard: Guard): Topology {
  return {
    ...topology,
    onConnect(peerId, connection) {
      // Not awaited: the registrar tells one protocol after another.
      void guard.welcomed(connection).then(isWelcome => {
        if (isWelcome) topology.onConnect?.(peerId, connection)
      })
    }
  }
}
