/**
 * Bytes at the sockets of one node, everything included: updates, pulses, handshakes, noise tags, yamux frames. Any
 * libp2p transport can be wrapped; the count is taken where the transport meets its socket.
 */
import type { Transport } from '@libp2p/interface'
import { probeChannels, watchChannels } from './data-channels.js'
import { type Driven, visited } from './driven.js'
import type { Liveness } from './liveness.js'

export interface ByteCounter {
  /** Bytes, since the node started. */
  sent: number
  received: number
}

export function createByteCounter(): ByteCounter {
  return { sent: 0, received: 0 }
}

/**
 * `message` events and `send` would count what waits or is replayed in libp2p's own buffers; these two methods see every
 * byte once.
 */
function watch(driven: Driven, counter: ByteCounter, heard: () => void): void {
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

export interface SocketWatch {
  readonly counter: ByteCounter
  /** Aborts connections that fell silent. */
  readonly liveness?: Liveness
}

/** A transport factory whose connections are watched: every byte is counted, and silence noticed. */
export function watchedTransport<Components>(
  create: (components: Components) => Transport,
  { counter, liveness }: SocketWatch
): (components: Components) => Transport {
  // Handshakes have patience of their own, so that nobody is taken for dead before they are done.
  return visited(create, {
    driven(connection) {
      let heard: (() => void) | undefined
      watch(connection, counter, () => heard?.())
      return () => {
        heard = liveness?.watch(connection)
      }
    },
    channels(connection, muxerFactory) {
      let heard: (() => void) | undefined
      watchChannels(
        connection,
        {
          sent(bytes) {
            counter.sent += bytes
          },
          received(bytes) {
            counter.received += bytes
            heard?.()
          }
        },
        muxerFactory
      )
      // No muxer pings here: who has nothing to say is asked.
      return () => {
        heard = liveness?.watch(connection, () => probeChannels(connection, () => heard?.()))
      }
    }
  })
}
