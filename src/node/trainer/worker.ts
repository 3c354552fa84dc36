/** The trainer worker: the thread on which all trainers of a process compute. */
import { setTimeout as sleep } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { createTrainerThread } from '../../train/remote/thread.js'
import { loadData } from '../data/load.js'
import type { WorkerOptions } from './client.js'
import { loadBackend, loadEngine } from './engine.js'
import { createThrottle } from './throttle.js'

const port = parentPort
if (port === null) throw new TypeError('this module is the entry of a worker thread')

// Loads while the main thread is still busy with other things; whoever needs it first hears of a failure.
loadBackend().catch(() => {})

const { maxCpu }: WorkerOptions = workerData ?? {}
const throttle =
  maxCpu === undefined
    ? undefined
    : createThrottle({
        percent: maxCpu,
        cpuMs: () => {
          const { user, system } = process.cpuUsage()
          return (user + system) / 1000
        },
        now: () => performance.now(),
        sleep
      })

createTrainerThread<string>({
  loadEngine,
  loadData: (task, { source, seed, groupBy }) => loadData(task, { path: source, seed, groupBy }),
  keyOf: path => path,
  async breathe() {
    await new Promise<void>(resolve => setImmediate(resolve))
    await throttle?.()
  }
}).serve({
  post: (message, moved) => port.postMessage(message, moved),
  hear: listener => port.on('message', listener)
})
