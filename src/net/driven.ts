/** Where a libp2p transport meets its socket: the one place that sees every byte of a connection once. */
import type { MultiaddrConnection, Transport, Upgrader } from '@libp2p/interface'
import { checkConnected, isWebRTC } from './data-channels.js'
import { mendReset } from './web-socket.js'

/** What every connection built on libp2p's `AbstractMultiaddrConnection` has, for its transport to drive. */
export interface Driven {
  /** `readable` unless the stream above paused or closed it. */
  readonly readStatus: string
  onData(data: { readonly byteLength: number }): void
  sendData(data: { readonly byteLength: number }): { readonly sentBytes: number; readonly canSendMore: boolean }
  /** The other side or the socket closed; what was read before still counts. */
  onTransportClosed(error?: Error): void
  /** Of the socket, whatever the stream above it wants. */
  sendPause(): void
  sendResume(): void
}

const METHODS = ['onData', 'sendData', 'onTransportClosed', 'sendPause', 'sendResume'] as const

function isDriven<T extends object>(connection: T): connection is T & Driven {
  return (
    'readStatus' in connection &&
    METHODS.every(name => name in connection && typeof Reflect.get(connection, name) === 'function')
  )
}

export type DrivenConnection = MultiaddrConnection & Driven

/** Called when the handshakes are done. */
export type Done = (() => void) | undefined

export interface Visitor {
  /** Sees a connection before a byte of it was read. */
  driven(connection: DrivenConnection): Done
  /** Sees one whose bytes pass by its streams only; see `data-channels.ts`. @param muxerFactory which will make them */
  channels?(connection: MultiaddrConnection, muxerFactory: unknown): Done
}

/** The upgrader is the first to see a new connection. */
function seeing(upgrader: Upgrader, visitor: Visitor): Upgrader {
  function visit(connection: MultiaddrConnection, options: object): Done {
    if (isWebRTC(connection)) {
      checkConnected(connection)
      return visitor.channels?.(connection, Reflect.get(options, 'muxerFactory'))
    }
    mendReset(connection)
    if (isDriven(connection)) return visitor.driven(connection)
    throw new TypeError('this transport’s connections cannot be watched')
  }
  async function seen<T>(connection: MultiaddrConnection, options: object, upgrade: () => Promise<T>): Promise<T> {
    const done = visit(connection, options)
    const upgraded = await upgrade()
    done?.()
    return upgraded
  }
  return {
    upgradeInbound: (connection, options) =>
      seen(connection, options, () => upgrader.upgradeInbound(connection, options)),
    upgradeOutbound: (connection, options) =>
      seen(connection, options, () => upgrader.upgradeOutbound(connection, options)),
    createInboundAbortSignal: signal => upgrader.createInboundAbortSignal(signal),
    getStreamMuxers: () => upgrader.getStreamMuxers(),
    getConnectionEncrypters: () => upgrader.getConnectionEncrypters()
  }
}

/**
 * A transport factory whose connections are visited, so that the methods of {@link Driven} can be replaced. Not for
 * circuits, whose bytes were seen beneath them.
 */
export function visited<Components>(
  create: (components: Components) => Transport,
  visitor: Visitor
): (components: Components) => Transport {
  return components => {
    const transport = create(withUpgrader(components, visitor))
    const dial = transport.dial.bind(transport)
    const createListener = transport.createListener.bind(transport)
    transport.dial = (address, options) => dial(address, { ...options, upgrader: seeing(options.upgrader, visitor) })
    transport.createListener = options => createListener({ ...options, upgrader: seeing(options.upgrader, visitor) })
    return transport
  }
}

/** WebRTC behind a relay has no listener that upgrades: it takes the upgrader from its components. */
function withUpgrader<Components>(components: Components, visitor: Visitor): Components {
  if (typeof components !== 'object' || components === null) return components
  const seen = new WeakMap<Upgrader, Upgrader>()
  return new Proxy(components, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (name !== 'upgrader' || !isUpgrader(value)) return value
      const upgrader = seen.get(value) ?? seeing(value, visitor)
      seen.set(value, upgrader)
      return upgrader
    }
  })
}

function isUpgrader(value: unknown): value is Upgrader {
  return typeof value === 'object' && value !== null && 'upgradeInbound' in value && 'upgradeOutbound' in value
}
