/** libp2p's relay, whose circuits pass by a {@link RelayRate}: it has limits for each circuit only. */
import {
  type CircuitRelayServerComponents,
  type CircuitRelayServerInit,
  type CircuitRelayService,
  circuitRelayServer,
  RELAY_V2_HOP_CODEC,
  RELAY_V2_STOP_CODEC
} from '@libp2p/circuit-relay-v2'
import type { Connection } from '@libp2p/interface'
import type { RelayRate } from '../../net/relay-rate.js'

type Registrar = CircuitRelayServerComponents['registrar']
type ConnectionManager = CircuitRelayServerComponents['connectionManager']

/** A service for `createLibp2p`. */
export function pacedRelayServer(
  init: CircuitRelayServerInit,
  rate: RelayRate
): (components: CircuitRelayServerComponents) => CircuitRelayService {
  return ({ peerStore, addressManager, peerId, privateKey, connectionGater, logger, registrar, connectionManager }) =>
    circuitRelayServer(init)({
      peerStore,
      addressManager,
      peerId,
      privateKey,
      connectionGater,
      logger,
      registrar: pacedRegistrar(registrar, rate),
      connectionManager: pacedConnections(connectionManager, rate)
    })
}

/** The side that dials through us. */
function pacedRegistrar(registrar: Registrar, rate: RelayRate): Registrar {
  return under(registrar, {
    handle: (protocol, handler, options) =>
      registrar.handle(
        protocol,
        (stream, connection) => {
          if (protocol === RELAY_V2_HOP_CODEC) rate.keep(stream)
          return handler(stream, connection)
        },
        options
      )
  })
}

/** The side that is dialled, to which the relay opens a stream itself. */
function pacedConnections(connectionManager: ConnectionManager, rate: RelayRate): ConnectionManager {
  return under(connectionManager, {
    getConnections: peer => connectionManager.getConnections(peer).map(connection => paced(connection, rate))
  })
}

function paced(connection: Connection, rate: RelayRate): Connection {
  return under(connection, {
    newStream: async (protocols, options) => {
      const stream = await connection.newStream(protocols, options)
      if (protocols === RELAY_V2_STOP_CODEC) rate.keep(stream)
      return stream
    }
  })
}

/** The same object, but for some methods; those that are left see the original. */
function under<T extends object>(original: T, methods: Partial<T>): T {
  return new Proxy(original, {
    get(target, name) {
      if (Reflect.has(methods, name)) return Reflect.get(methods, name)
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    }
  })
}
