/** What two threads talk over: a worker, or one end of a channel, on whatever platform. */

export interface Port {
  /** @param moved buffers in the message that are the other side's afterwards, without a copy */
  post(message: unknown, moved: readonly ArrayBuffer[]): void
  /** Called once, before anything is expected. */
  hear(listener: (message: unknown) => void): void
}

/** What browsers' workers, their global scope and message ports have in common. */
export interface WebPort {
  postMessage(message: unknown, moved: Transferable[]): void
  onmessage: ((event: MessageEvent) => void) | null
}

export function webPort(port: WebPort): Port {
  return {
    post: (message, moved) => port.postMessage(message, [...moved]),
    hear(listener) {
      port.onmessage = event => listener(event.data)
    }
  }
}
