/** A process of the testnet: answers the parent's calls until the parent stops it or is gone. */
import '../shim.js'
import type { CallName, Calls, FromChild, Notice, PlainError, Request } from './calls.js'
import { Flock } from './flock.js'

function tell(message: FromChild): void {
  // Without a channel there is no parent to tell.
  if (process.connected) process.send?.(message, () => undefined)
}

const flock = new Flock((notice: Notice) => tell(notice))

function answer<K extends CallName>(call: K, input: Calls[K]['input']): Promise<Calls[K]['output']> {
  const calls: { readonly [C in CallName]: (input: Calls[C]['input']) => Promise<Calls[C]['output']> } = flock
  return calls[call](input)
}

function plain(error: unknown): PlainError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) }
  return { name: error.name, message: error.message, ...(error.stack === undefined ? {} : { stack: error.stack }) }
}

process.on('message', message => {
  const { id, call, input } = message as Request
  answer(call, input).then(
    output => tell({ id, output }),
    error => tell({ id, error: plain(error) })
  )
})
// A testnet never outlives its parent, however that ended.
process.on('disconnect', () => process.exit())
// Ctrl-C reaches every process of a terminal; what to do about it is the parent's to decide.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined)
