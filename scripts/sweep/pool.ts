/** Processes that run jobs: as many at a time as there are of them, in the order in which they were asked for. */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { endedBadly, type Job, type JobResult } from './job.js'

const WORKER = fileURLToPath(new URL('./worker.js', import.meta.url))

export interface Pool {
  run(job: Job): Promise<JobResult>
  stop(): void
}

interface Waiting {
  readonly job: Job
  readonly resolve: (result: JobResult) => void
}

/** A run takes a tenth of either, unless it never ends. */
const MEMORY_MB = 1024
const PATIENCE_MS = 120_000
/** Most of what a run allocates is short-lived: fewer, larger collections take a tenth less of its time. */
const FLAGS = [`--max-old-space-size=${MEMORY_MB}`, '--max-semi-space-size=64']

/** A run that ends its process, or never ends, is found and shrunk like a broken invariant. */
export function createPool(size: number): Pool {
  const queue: Waiting[] = []
  const idle: ChildProcess[] = []
  const children = new Set<ChildProcess>()
  let stopped = false
  let ids = 0

  for (let i = 0; i < size; i++) add()

  function add(): void {
    const child = fork(WORKER, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: FLAGS })
    children.add(child)
    idle.push(child)
  }

  function next(): void {
    while (queue.length > 0 && idle.length > 0) give(idle.pop()!, queue.shift()!)
  }

  function give(child: ChildProcess, { job, resolve }: Waiting): void {
    const id = ++ids
    const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
    const off = () => {
      clearTimeout(timer)
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
      if (stopped) return
      resolve(
        endedBadly(
          `its process ended (${signal ?? code}): memory of ${MEMORY_MB} MB or ${PATIENCE_MS / 1000} s used up`
        )
      )
      add()
      next()
    }
    child.on('message', heard)
    child.on('exit', gone)
    child.send({ id, job })
  }

  return {
    run: job =>
      new Promise(resolve => {
        queue.push({ job, resolve })
        next()
      }),
    stop() {
      stopped = true
      for (const child of children) child.disconnect()
    }
  }
}
