/** Where others see what this machine sends by UDP: one socket asks all of them, as a router may take a port for each. */
import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { bindingRequest, readBindingAnswer } from '../../net/stun.js'

export interface UdpProbe {
  /** @returns `<IPv4 address>:<port>`, or undefined when nobody answers there */
  ask(host: string, port: number): Promise<string | undefined>
  close(): void
}

const TRIES = 4
/** Between two, ms: packets get lost. */
const AGAIN_MS = 700

export function createUdpProbe(): UdpProbe {
  const socket = createSocket('udp4')
  const waiting = new Set<(message: Uint8Array) => void>()
  socket.on('message', message => {
    for (const look of waiting) look(message)
  })
  socket.on('error', () => undefined)
  return {
    ask(host, port) {
      const transaction = randomBytes(12)
      return new Promise(resolve => {
        let tries = 0
        const send = (): void => {
          if (tries++ === TRIES) end(undefined)
          else socket.send(bindingRequest(transaction), port, host, () => undefined)
        }
        const look = (message: Uint8Array): void => {
          const seen = readBindingAnswer(message, transaction)
          if (seen !== undefined) end(seen)
        }
        const timer = setInterval(send, AGAIN_MS)
        const end = (seen: string | undefined): void => {
          clearInterval(timer)
          waiting.delete(look)
          resolve(seen)
        }
        waiting.add(look)
        send()
      })
    },
    close: () => socket.close()
  }
}
