/** The parent's side of the testnet's processes: forks them, asks them, and notices when one is gone. */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { CallName, Calls, FromChild, Notice, PlainError } from './calls.js'

/** The process ended before it answered. */
export class ProcessGone extends Error {
  override readonly name = 'ProcessGone'
}

export interface ChildrenInit {
  /** How many processes, at least 1. */
  readonly processes: number
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

export class Children {
  readonly #processes: readonly ChildProcess[]
  readonly #alive = new Set<number>()
  readonly #pending = new Map<number, Pending>()
  readonly #init: ChildrenInit
  #nextId = 1
  #stopping = false

  /** Forks at once; a child loads its libraries while the parent goes on. */
  constructor(init: ChildrenInit) {
    this.#init = init
    this.#processes = Array.from({ length: init.processes }, (_, child) => this.#fork(child))
  }

  #fork(child: number): ChildProcess {
    // Structured clones, because params travel as typed arrays. An own stderr, so that it does not tear the screen.
    const forked = fork(CHILD, [], { serialization: 'advanced', stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    this.#alive.add(child)
    forked.stderr?.setEncoding('utf8').on('data', (text: string) => this.#init.onStderr(text, child))
    forked.on('message', message => this.#receive(message as FromChild, child))
    forked.on('error', error => this.#gone(child, error.message))
    // `close` comes after `exit` and after the last of stderr, so the reason is told before the loss.
    forked.on('close', (code, signal) => this.#gone(child, signal === null ? `exit code ${code}` : signal))
    return forked
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

  #gone(child: number, how: string): void {
    if (!this.#alive.delete(child)) return
    for (const [id, pending] of this.#pending) {
      if (pending.child !== child) continue
      this.#pending.delete(id)
      pending.reject(new ProcessGone(`a process of the testnet ended (${how})`))
    }
    if (!this.#stopping) this.#init.onGone(child, how)
  }

  /** Numbers of the processes that live. */
  get alive(): readonly number[] {
    return [...this.#alive]
  }

  /** @throws {ProcessGone} or what the child threw */
  call<K extends CallName>(child: number, call: K, input: Calls[K]['input']): Promise<Calls[K]['output']> {
    const process = this.#processes[child]
    return new Promise((resolve, reject) => {
      if (!process || !this.#alive.has(child)) {
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
    const ends = this.alive.map(
      child => new Promise<void>(resolve => this.#processes[child]!.once('close', () => resolve()))
    )
    for (const child of this.alive) this.#processes[child]!.kill('SIGKILL')
    await Promise.all(ends)
  }
}

function revive(plain: PlainError): Error {
  const error = new Error(plain.message)
  error.name = plain.name
  if (plain.stack !== undefined) error.stack = plain.stack
  return error
}
