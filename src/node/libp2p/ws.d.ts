/** What is used of it: the client, which is like that of browsers. */
declare module 'ws' {
  export const WebSocket: new (url: string) => object
}
