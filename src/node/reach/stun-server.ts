/** Answers STUN, so that peers behind routers learn where they are seen; see `net/stun.ts`. */
import { createSocket } from 'node:dgram'
import { bindingAnswer } from '../../net/stun.js'

export interface StunServer {
  /** UDP. */
  readonly port: number
  /** Twice is fine. */
  stop(): void
}

/** Answers a second: a swarm's need, and nothing for whoever wants to hide behind us. */
const MAX_PER_SECOND = 100

/** @returns undefined when there is no socket to be had: others will do */
export function startStunServer(): Promise<StunServer | undefined> {
  return new Promise(resolve => {
    const socket = createSocket('udp4')
    let second = 0
    let count = 0
    let stopped = false
    socket.on('message', (request, from) => {
      const now = Math.floor(performance.now() / 1000)
      count = now === second ? count + 1 : 1
      second = now
      const answer = count > MAX_PER_SECOND ? undefined : bindingAnswer(request, from)
      if (answer !== undefined && !stopped) socket.send(answer, from.port, from.address, () => {})
    })
    socket.once('error', () => resolve(undefined))
    socket.bind(0, () => {
      // It serves as long as there is something else to do.
      socket.unref()
      resolve({
        port: socket.address().port,
        stop() {
          if (stopped) return
          stopped = true
          socket.close()
        }
      })
    })
  })
}
