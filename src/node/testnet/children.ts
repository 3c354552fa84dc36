/** The parent's side of the testnet's processes: forks them, asks them, and notices when one is gone. */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { CallName, Calls, FromChild, Notice, PlainError } from './calls.js'
import { type Frozen, freezeProcess } from './freeze.js'

/** The process ended before it answered. */
export class ProcessGone extends Error {
  override readonly name = 'ProcessGone'
}

export interface ChildrenInit {
  onNotice(notice: Notice, child: number): void
  /** A process ended by itself; `how` says by which code or signal. */
  onGone(child: number, how: string): void
  /** What a process wrote to stderr. */
  onStderr(text: string, child: number): void
}

interface Pending {
  readonly child: number
  resolve(output: unknown): void
  reject(error: Error): void
}

const CHILD = fileURLToPath(new URL('./child.js', import.meta.url))

/** Processes have the numbers that their owner gives them; a number may be started again after its process ended. */
export class Children {
  readonly #processes = new Map<number, ChildProcess>()
  readonly #frozen = new Map<number, Frozen>()
  readonly #pending = new Map<number, Pending>()
  readonly #init: ChildrenInit
  #nextId = 1
  #stopping = false

  constructor(init: ChildrenInit) {
    this.#init = init
  }

  /** Forks at once; the child loads its libraries while the parent goes on. */
  start(child: number): void {
    if (this.#stopping || this.#processes.has(child)) return
    // Structured clones, because params travel as typed arrays. An own stderr, so that it does not tear the screen.
    const forked = fork(CHILD, [], { serialization: 'advanced', stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    this.#processes.set(child, forked)
    const gone = (how: string): void => {
      if (this.#forget(child, forked, how) && !this.#stopping) this.#init.onGone(child, how)
    }
    forked.stderr?.setEncoding('utf8').on('data', (text: string) => this.#init.onStderr(text, child))
    forked.on('message', message => {
      if (this.#processes.get(child) === forked) this.#receive(message as FromChild, child)
    })
    forked.on('error', error => gone(error.message))
    // `close` comes after `exit` and after the last of stderr, so the reason is told before the loss.
    forked.on('close', (code, signal) => gone(signal === null ? `exit code ${code}` : signal))
  }

  #receive(message: FromChild, child: number): void {
    if ('notice' in message) {
      if (!this.#stopping) this.#init.onNotice(message, child)
      return
    }
    const pending = this.#pending.get(message.id)
    if (!pending) return
    this.#pending.delete(message.id)
    if ('error' in message) pending.reject(revive(message.error))
    else pending.resolve(message.output)
  }

  /** @returns whether the process was still counted as living */
  #forget(child: number, process: ChildProcess, how: string): boolean {
    if (this.#processes.get(child) !== process) return false
    this.#processes.delete(child)
    this.#frozen.get(child)?.release()
    this.#frozen.delete(child)
    for (const [id, pending] of this.#pending) {
      if (pending.child !== child) continue
      this.#pending.delete(id)
      pending.reject(new ProcessGone(`a process of the testnet ended (${how})`))
    }
    return true
  }

  /** Numbers of the processes that live. */
  get alive(): readonly number[] {
    return [...this.#processes.keys()]
  }

  /** kill -9, on purpose: `onGone` does not hear of it. Resolves when the process is gone. */
  async kill(child: number): Promise<void> {
    const process = this.#processes.get(child)
    if (process === undefined) return
    this.#forget(child, process, 'killed')
    await ended(process)
  }

  /** SIGSTOP: the process keeps everything and does nothing. */
  freeze(child: number): void {
    const pid = this.#processes.get(child)?.pid
    if (pid !== undefined && !this.#frozen.has(child)) this.#frozen.set(child, freezeProcess(pid))
  }

  /** SIGCONT */
  thaw(child: number): void {
    this.#frozen.get(child)?.thaw()
    this.#frozen.delete(child)
  }

  /** @throws {ProcessGone} or what the child threw */
  call<K extends CallName>(child: number, call: K, input: Calls[K]['input']): Promise<Calls[K]['output']> {
    const process = this.#processes.get(child)
    return new Promise((resolve, reject) => {
      if (process === undefined) {
        reject(new ProcessGone('a process of the testnet is gone'))
        return
      }
      const id = this.#nextId++
      this.#pending.set(id, { child, resolve: output => resolve(output as Calls[K]['output']), reject })
      // A send that fails is followed by `close`, which rejects the call.
      process.send({ id, call, input }, () => undefined)
    })
  }

  /** The answers of all that live and go on living meanwhile. @throws what any child threw */
  async callAll<K extends CallName>(
    call: K,
    input: (child: number) => Calls[K]['input']
  ): Promise<ReadonlyMap<number, Calls[K]['output']>> {
    const answers = new Map<number, Calls[K]['output']>()
    await Promise.all(
      this.alive.map(async child => {
        try {
          answers.set(child, await this.call(child, call, input(child)))
        } catch (error) {
          if (!(error instanceof ProcessGone)) throw error
        }
      })
    )
    return answers
  }

  /** Ends them all; resolves when none is left. They hold nothing that needs a farewell. */
  async stop(): Promise<void> {
    this.#stopping = true
    await Promise.all(this.alive.map(child => this.kill(child)))
  }
}

/** Also of one that is frozen: nothing survives this signal. */
function ended(process: ChildProcess): Promise<void> {
  return new Promise(resolve => {
    // It never started, and so will never close.
    if (process.pid === undefined) return resolve()
    process.once('close', () => resolve())
    process.kill('SIGKILL')
  })
}

function revive(plain: PlainError): Error {
  const error = new Error(plain.message)
  error.name = plain.name
  if (plain.stack !== undefined) error.stack = plain.stack
  return error
}
