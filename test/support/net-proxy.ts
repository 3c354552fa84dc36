/** A TCP relay in front of a node: counts what the kernel moved, and can cut or freeze everything at once. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface Proxy {
  /** Multiaddr of the relay. */
  readonly address: string
  /** Bytes from those who dialled, and to them, as their sockets count. */
  counts(): { readonly up: number; readonly down: number }
  /** How often it was dialled. */
  calls(): number
  /** Resets every connection, as a crash would. */
  cut(): void
  /** Stops reading on both sides: nothing arrives any more and nothing closes. */
  freeze(): void
  close(): Promise<void>
}

export async function createProxy(target: { readonly host: string; readonly port: number }): Promise<Proxy> {
  const pairs: { readonly near: Socket; readonly far: Socket }[] = []
  const server = createServer(near => {
    const far = connect(target)
    pairs.push({ near, far })
    for (const [from, to] of [
      [near, far],
      [far, near]
    ] as const) {
      from.pipe(to)
      from.on('error', () => to.destroy())
      from.on('close', () => to.destroy())
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const each = (action: (socket: Socket) => void) => {
    for (const { near, far } of pairs) {
      action(near)
      action(far)
    }
  }
  return {
    address: `/ip4/127.0.0.1/tcp/${port}`,
    counts: () => ({
      up: pairs.reduce((sum, { near }) => sum + near.bytesRead, 0),
      down: pairs.reduce((sum, { near }) => sum + near.bytesWritten, 0)
    }),
    calls: () => pairs.length,
    cut: () => each(socket => socket.resetAndDestroy()),
    freeze: () =>
      each(socket => {
        socket.unpipe()
        socket.pause()
      }),
    async close() {
      each(socket => socket.destroy())
      await new Promise(resolve => server.close(resolve))
    }
  }
}

/** Host and port of a node's `/ip4/…/tcp/…` multiaddr. */
export function tcpTarget(address: string): { readonly host: string; readonly port: number } {
  const [, , host, , port] = address.split('/')
  return { host: host!, port: Number(port) }
}
