/** Processes that run jobs: as many at a time as there are of them, in the order in which they were asked for. */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Job, JobResult } from './job.js'

const WORKER = fileURLToPath(new URL('./worker.js', import.meta.url))

export interface Pool {
  run(job: Job): Promise<JobResult>
  stop(): void
}

interface Waiting {
  readonly job: Job
  readonly resolve: (result: JobResult) => void
  readonly reject: (error: Error) => void
}

export function createPool(size: number): Pool {
  const queue: Waiting[] = []
  const idle: ChildProcess[] = []
  const children = new Set<ChildProcess>()
  let stopped = false
  let ids = 0

  for (let i = 0; i < size; i++) {
    const child = fork(WORKER, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    children.add(child)
    idle.push(child)
  }

  function next(): void {
    while (queue.length > 0 && idle.length > 0) give(idle.pop()!, queue.shift()!)
  }

  function give(child: ChildProcess, { job, resolve, reject }: Waiting): void {
    const id = ++ids
    const off = () => {
      child.off('message', heard)
      child.off('exit', gone)
    }
    const heard = (message: unknown) => {
      const { id: of, result } = message as { readonly id: number; readonly result: JobResult }
      if (of !== id) return
      off()
      idle.push(child)
      resolve(result)
      next()
    }
    const gone = (code: number | null, signal: string | null) => {
      off()
      children.delete(child)
      if (!stopped) reject(new Error(`a worker ended (${signal ?? code}) in the run of seed ${job.seed}`))
    }
    child.on('message', heard)
    child.on('exit', gone)
    child.send({ id, job })
  }

  return {
    run: job =>
      new Promise((resolve, reject) => {
        queue.push({ job, resolve, reject })
        next()
      }),
    stop() {
      stopped = true
      for (const child of children) child.disconnect()
    }
  }
}
