/** Knocks at a TCP port. */
import { connect } from 'node:net'

/** A router that swallows packets says nothing for longer than anybody waits, ms. */
const KNOCK_MS = 5000

/** Whether somebody answers there. Never rejects. */
export function knock(host: string, port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ host, port, timeout: KNOCK_MS })
    const end = (answered: boolean): void => {
      socket.destroy()
      resolve(answered)
    }
    socket.once('connect', () => end(true))
    socket.once('timeout', () => end(false))
    socket.once('error', () => end(false))
  })
}
