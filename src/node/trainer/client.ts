/** The main thread's side of the trainer worker. */
import { Worker } from 'node:worker_threads'
import type { Trainer } from '../../interface.js'
import { createLink } from '../../threads/link.js'
import { type TrainerCalls, type TrainerConfig, trainerErrors } from '../../train/remote/calls.js'
import { remoteTrainer } from '../../train/remote/trainer.js'

/** The thread is gone: it crashed, ran out of memory, or was stopped with calls still open. */
export class TrainerWorkerError extends Error {
  override readonly name = 'TrainerWorkerError'
}

/** One thread, many trainers: their calls take turns. */
export interface TrainerWorker {
  /**
   * Loads the data (once for all trainers that use it) and makes a trainer.
   * Rejects with a DataError or ManifestError when data and manifest do not fit, with a RangeError when the data is too
   * little for the partition, with a {@link TrainerWorkerError} when the thread died.
   */
  open(config: TrainerConfig): Promise<Trainer>
  /** Ends the thread at once; open calls reject. Twice is fine. */
  stop(): Promise<void>
}

export interface WorkerOptions {
  /** Percent of one core that the whole process is to keep to, by pauses between local steps. @default no limit */
  readonly maxCpu?: number | undefined
}

/** Starts the thread and returns at once; it loads its engine by itself. */
export function startTrainerWorker(options: WorkerOptions = {}): TrainerWorker {
  const worker = new Worker(new URL('./worker.js', import.meta.url), { name: 'starlings-trainer', workerData: options })
  const link = createLink<Record<never, never>, TrainerCalls>({
    port: {
      post: (message, moved) => worker.postMessage(message, moved),
      hear: listener => worker.on('message', listener)
    },
    errors: trainerErrors
  })
  function end(how: string, cause?: unknown): void {
    const why = cause instanceof Error ? `: ${cause.message}` : ''
    link.end(new TrainerWorkerError(`the training thread ${how}${why}`, { cause }))
  }
  worker.on('messageerror', error => end('sent what cannot be read', error))
  worker.on('error', error => end('failed', error))
  worker.on('exit', code => end(`ended with code ${code}`))
  return {
    open: async config => remoteTrainer(link, await link.call('open', config)),
    async stop() {
      end('was stopped')
      await worker.terminate()
    }
  }
}
