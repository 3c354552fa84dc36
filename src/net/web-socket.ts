/**
 * libp2p resets a WebSocket by closing it with code 1006, which only browsers themselves may say: the call throws, and
 * the socket of an aborted connection stays open, so that the other side never learns of it.
 */
import type { MultiaddrConnection } from '@libp2p/interface'

/** Lets `abort()` of a WebSocket's connection close the socket; other connections stay as they are. */
export function mendReset(connection: MultiaddrConnection): void {
  const socket: unknown = Reflect.get(connection, 'websocket')
  if (typeof socket !== 'object' || socket === null) return
  Reflect.set(connection, 'sendReset', () => {
    // Of Node.js only: it does not wait for the other side's goodbye.
    if (!call(socket, 'terminate')) call(socket, 'close')
  })
}

/** @returns whether there is such a method */
function call(socket: object, method: string): boolean {
  const called: unknown = Reflect.get(socket, method)
  if (typeof called !== 'function') return false
  Reflect.apply(called, socket, [])
  return true
}
