/** What is used of it: the client, which is like that of browsers, and an emitter of Node's besides. */
declare module 'ws' {
  export class WebSocket {
    constructor(url: string)
    on(event: 'error', listener: (error: Error) => void): this
  }
}
