/**
 * Bytes at the sockets of one node, everything included: updates, pulses, handshakes, noise tags, yamux frames. Any
 * libp2p transport can be wrapped; the count is taken where the transport meets its socket.
 */
import type { MultiaddrConnection, Transport, Upgrader } from '@libp2p/interface'
import type { Liveness } from './liveness.js'

export interface ByteCounter {
  /** Bytes, since the node started. */
  sent: number
  received: number
}

export function createByteCounter(): ByteCounter {
  return { sent: 0, received: 0 }
}

/** What every connection built on libp2p's `AbstractMultiaddrConnection` has, for its transport to drive. */
interface Driven {
  onData(data: { readonly byteLength: number }): void
  sendData(data: { readonly byteLength: number }): { readonly sentBytes: number; readonly canSendMore: boolean }
}

function isDriven(connection: object): connection is Driven {
  return (
    'onData' in connection &&
    typeof connection.onData === 'function' &&
    'sendData' in connection &&
    typeof connection.sendData === 'function'
  )
}

/**
 * `message` events and `send` would count what waits or is replayed in libp2p's own buffers; these two methods see every
 * byte once.
 */
function watch(connection: MultiaddrConnection, counter: ByteCounter, heard: () => void): void {
  if (!isDriven(connection)) throw new TypeError('this transport’s connections cannot be counted')
  const driven: Driven = connection
  const onData = driven.onData.bind(driven)
  const sendData = driven.sendData.bind(driven)
  driven.onData = data => {
    counter.received += data.byteLength
    heard()
    onData(data)
  }
  driven.sendData = data => {
    const result = sendData(data)
    counter.sent += result.sentBytes
    return result
  }
}

/** The upgrader is the first to see a new connection, before a byte of it was read. */
function watching(upgrader: Upgrader, { counter, liveness }: SocketWatch): Upgrader {
  /** Handshakes have patience of their own, so that nobody is taken for dead before they are done. */
  async function watched<T>(connection: MultiaddrConnection, upgrade: () => Promise<T>): Promise<T> {
    let heard: (() => void) | undefined
    watch(connection, counter, () => heard?.())
    const upgraded = await upgrade()
    heard = liveness?.watch(connection)
    return upgraded
  }
  return {
    upgradeInbound: (connection, options) => watched(connection, () => upgrader.upgradeInbound(connection, options)),
    upgradeOutbound: (connection, options) => watched(connection, () => upgrader.upgradeOutbound(connection, options)),
    createInboundAbortSignal: signal => upgrader.createInboundAbortSignal(signal),
    getStreamMuxers: () => upgrader.getStreamMuxers(),
    getConnectionEncrypters: () => upgrader.getConnectionEncrypters()
  }
}

export interface SocketWatch {
  readonly counter: ByteCounter
  /** Aborts connections that fell silent. */
  readonly liveness?: Liveness
}

/** A transport factory whose connections are watched: every byte is counted, and silence noticed. */
export function watchedTransport<Components>(
  create: (components: Components) => Transport,
  watch: SocketWatch
): (components: Components) => Transport {
  return components => {
    const transport = create(components)
    const dial = transport.dial.bind(transport)
    const createListener = transport.createListener.bind(transport)
    transport.dial = (address, options) => dial(address, { ...options, upgrader: watching(options.upgrader, watch) })
    transport.createListener = options => createListener({ ...options, upgrader: watching(options.upgrader, watch) })
    return transport
  }
}
