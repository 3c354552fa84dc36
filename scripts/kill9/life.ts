/** One process of the kill -9 run, from its start to its end. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { PeerInput, PeerLine } from './lines.js'

const PROGRAM = fileURLToPath(new URL('./peer.js', import.meta.url))

export type Ready = PeerLine & { readonly type: 'ready' }

export class Life {
  /** All that it told. Complete once `ended` is. */
  readonly lines: PeerLine[] = []
  /** Rejects when it ended before. */
  readonly ready: Promise<Ready>
  readonly ended: Promise<void>
  readonly #process: ChildProcess
  #stderr = ''
  #listener: (line: PeerLine) => void = () => undefined

  constructor(input: PeerInput) {
    this.#process = spawn(process.execPath, [PROGRAM, JSON.stringify(input)], { stdio: 'pipe' })
    this.#process.stderr?.on('data', data => (this.#stderr += String(data)))
    this.ended = once(this.#process, 'close').then(() => undefined)
    this.ready = new Promise((resolve, reject) => {
      createInterface({ input: this.#process.stdout! }).on('line', text => {
        const line = JSON.parse(text) as PeerLine
        this.lines.push(line)
        if (line.type === 'ready') resolve(line)
        this.#listener(line)
      })
      void this.ended.then(() => reject(new Error(`a peer ended before it was ready: ${this.#stderr}`)))
    })
    // Whoever does not wait for it learns of it from the lines.
    this.ready.catch(() => undefined)
  }

  /** Whether it ended by itself, and what it said then. */
  get failure(): string | undefined {
    const { exitCode } = this.#process
    return exitCode === null ? undefined : `a peer ended with code ${exitCode}: ${this.#stderr.trim()}`
  }

  /** Calls for each line from now on. */
  onLine(listener: (line: PeerLine) => void): void {
    this.#listener = listener
  }

  /** SIGKILL; resolves when all that it told is here. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL')
    await this.ended
  }
}
