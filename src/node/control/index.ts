/** Talking to a running node: its control socket, and what it tells. */
export { askNode, isNobody } from './client.js'
export type { ControlRequest } from './messages.js'
export { type Control, type ControlHandlers, createControl } from './server.js'
