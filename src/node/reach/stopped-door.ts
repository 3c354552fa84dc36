/**
 * libdatachannel 0.24.5 frees a WebRTC-direct listener that is stopped, and at times calls it all the same when the next
 * datagram comes to its port, as from a page that dials again: the whole process dies (seen in `IceUdpMuxListener`, on the
 * thread of its port). So a listener that is stopped and that somebody has called is deaf at once, and goes later: a command
 * that is about to end is gone by then, and any other program ends so much later by itself.
 */
import type { Listener, Transport } from '@libp2p/interface'

/** Longer than it takes to end, and than others go on calling, ms. */
const LATER_MS = 10_000

interface Server {
  address(): { readonly port: number }
  close(): Promise<void>
}

/** A transport factory whose WebRTC-direct listeners outlast their `close()` a little. */
export function outlasting<Components>(
  create: (components: Components) => Transport
): (components: Components) => Transport {
  return components => {
    const transport = create(components)
    const createListener = transport.createListener.bind(transport)
    transport.createListener = options => {
      const listener = createListener(options)
      const listen = listener.listen.bind(listener)
      listener.listen = async address => {
        await listen(address)
        outlast(listener)
      }
      return listener
    }
    return transport
  }
}

/** Stopped ones that are still there: how to end them now, by port. */
const deaf = new Map<number, () => Promise<void>>()
/** Of two listeners at one port, as for both versions of IP, the first one's server serves both. */
const servers = new WeakSet<Server>()

function outlast(listener: Listener): void {
  const server: unknown = Reflect.get(listener, 'stunServer')
  if (!isServer(server)) throw new TypeError('this WebRTC-direct listener does not show its server')
  if (servers.has(server)) return
  servers.add(server)
  const { port } = server.address()
  const end = server.close.bind(server)
  const hear: unknown = Reflect.get(listener, 'incomingConnection')
  let called = false
  let closed = false
  Reflect.set(listener, 'incomingConnection', async (...call: unknown[]) => {
    called = true
    if (!closed && typeof hear === 'function') await Reflect.apply(hear, listener, call)
  })
  server.close = async () => {
    closed = true
    if (!called) return end()
    const timer = setTimeout(() => void leave().catch(() => {}), LATER_MS)
    async function leave(): Promise<void> {
      clearTimeout(timer)
      if (deaf.get(port) === leave) deaf.delete(port)
      await end()
    }
    deaf.set(port, leave)
  }
}

/** Before the same program listens there anew. @param address a multiaddr */
export async function leavePort(address: string): Promise<void> {
  await deaf.get(Number(/\/udp\/(\d+)/.exec(address)?.[1]))?.()
}

function isServer(value: unknown): value is Server {
  return (
    typeof value === 'object' &&
    value !== null &&
    ['address', 'close'].every(name => typeof Reflect.get(value, name) === 'function')
  )
}
