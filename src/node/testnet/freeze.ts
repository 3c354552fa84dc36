/** Stops a process in its tracks and lets it go on. */
import { spawn } from 'node:child_process'

export interface Frozen {
  /** SIGCONT */
  thaw(): void
  /** The process is gone; nothing is left to thaw. */
  release(): void
}

/**
 * SIGSTOP. A frozen process cannot notice that its parent is gone and would stay for ever, so a guard, which reads
 * what only the parent could write, ends it when the parent ended first.
 */
export function freezeProcess(pid: number): Frozen {
  const guard = spawn(
    '/bin/sh',
    ['-c', 'trap "" HUP INT TERM; read -r line || kill -KILL "$1"', 'guard', String(pid)],
    {
      stdio: ['pipe', 'ignore', 'ignore']
    }
  )
  // Without a shell there is no guard, and everything else works.
  guard.on('error', () => undefined)
  guard.stdin.on('error', () => undefined)
  const release = (): void => {
    guard.stdin.end('\n')
  }
  signal(pid, 'SIGSTOP')
  return {
    thaw() {
      signal(pid, 'SIGCONT')
      release()
    },
    release
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It ended just now, which its owner hears in another way.
  }
}
