/** The trainer worker: the thread on which all trainers of a process compute. */
import { parentPort } from 'node:worker_threads'
import { createTrainerThread } from '../../train/remote/thread.js'
import { loadData } from '../data/load.js'
import { loadBackend, loadEngine } from './engine.js'

const port = parentPort
if (port === null) throw new TypeError('this module is the entry of a worker thread')

// Loads while the main thread is still busy with other things; whoever needs it first hears of a failure.
loadBackend().catch(() => {})

createTrainerThread<string>({
  loadEngine,
  loadData: (task, { source, seed, groupBy }) => loadData(task, { path: source, seed, groupBy }),
  keyOf: path => path,
  breathe: () => new Promise<void>(resolve => setImmediate(resolve))
}).serve({
  post: (message, moved) => port.postMessage(message, moved),
  hear: listener => port.on('message', listener)
})
