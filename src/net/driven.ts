/** Where a libp2p transport meets its socket: the one place that sees every byte of a connection once. */
import type { MultiaddrConnection, Transport, Upgrader } from '@libp2p/interface'

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

/** Sees a connection before a byte of it was read. @returns called when its handshakes are done */
export type Visit = (connection: DrivenConnection) => (() => void) | undefined

/** The upgrader is the first to see a new connection. */
function seeing(upgrader: Upgrader, visit: Visit): Upgrader {
  async function seen<T>(connection: MultiaddrConnection, upgrade: () => Promise<T>): Promise<T> {
    if (!isDriven(connection)) throw new TypeError('this transport’s connections cannot be watched')
    const done = visit(connection)
    const upgraded = await upgrade()
    done?.()
    return upgraded
  }
  return {
    upgradeInbound: (connection, options) => seen(connection, () => upgrader.upgradeInbound(connection, options)),
    upgradeOutbound: (connection, options) => seen(connection, () => upgrader.upgradeOutbound(connection, options)),
    createInboundAbortSignal: signal => upgrader.createInboundAbortSignal(signal),
    getStreamMuxers: () => upgrader.getStreamMuxers(),
    getConnectionEncrypters: () => upgrader.getConnectionEncrypters()
  }
}

/** A transport factory whose connections are visited, so that the methods of {@link Driven} can be replaced. */
export function visited<Components>(
  create: (components: Components) => Transport,
  visit: Visit
): (components: Components) => Transport {
  return components => {
    const transport = create(components)
    const dial = transport.dial.bind(transport)
    const createListener = transport.createListener.bind(transport)
    transport.dial = (address, options) => dial(address, { ...options, upgrader: seeing(options.upgrader, visit) })
    transport.createListener = options => createListener({ ...options, upgrader: seeing(options.upgrader, visit) })
    return transport
  }
}
