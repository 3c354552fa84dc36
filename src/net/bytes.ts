/**
 * Bytes at the sockets of one node, everything included: updates, pulses, handshakes, noise tags, yamux frames. Any
 * libp2p transport can be wrapped; the count is taken where the transport meets its socket.
 */
import type { MultiaddrConnection, Transport, Upgrader } from '@libp2p/interface'

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
function watch(connection: MultiaddrConnection, counter: ByteCounter): void {
  if (!isDriven(connection)) throw new TypeError('this transport’s connections cannot be counted')
  const driven: Driven = connection
  const onData = driven.onData.bind(driven)
  const sendData = driven.sendData.bind(driven)
  driven.onData = data => {
    counter.received += data.byteLength
    onData(data)
  }
  driven.sendData = data => {
    const result = sendData(data)
    counter.sent += result.sentBytes
    return result
  }
}

/** The upgrader is the first to see a new connection, before a byte of it was read. */
function watching(upgrader: Upgrader, counter: ByteCounter): Upgrader {
  return {
    upgradeInbound(connection, options) {
      watch(connection, counter)
      return upgrader.upgradeInbound(connection, options)
    },
    upgradeOutbound(connection, options) {
      watch(connection, counter)
      return upgrader.upgradeOutbound(connection, options)
    },
    createInboundAbortSignal: signal => upgrader.createInboundAbortSignal(signal),
    getStreamMuxers: () => upgrader.getStreamMuxers(),
    getConnectionEncrypters: () => upgrader.getConnectionEncrypters()
  }
}

/** A transport factory whose connections are counted into `counter`. */
export function counted<Components>(
  create: (components: Components) => Transport,
  counter: ByteCounter
): (components: Components) => Transport {
  return components => {
    const transport = create(components)
    const dial = transport.dial.bind(transport)
    const createListener = transport.createListener.bind(transport)
    transport.dial = (address, options) => dial(address, { ...options, upgrader: watching(options.upgrader, counter) })
    transport.createListener = options => createListener({ ...options, upgrader: watching(options.upgrader, counter) })
    return transport
  }
}
