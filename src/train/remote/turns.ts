/** Lets many calls share one thread fairly: each works for a slice of time, then goes to the end of the queue. */

/** Long against the cost of passing on, short against what anybody notices. */
const SLICE_MS = 10

export class Turns {
  #taken = false
  #since = 0
  readonly #waiting: (() => void)[] = []
  readonly #breathe: () => Promise<void>

  /** @param breathe lets the messages in that have arrived */
  constructor(breathe: () => Promise<void>) {
    this.#breathe = breathe
  }

  async take(): Promise<void> {
    if (this.#taken) await new Promise<void>(resolve => this.#waiting.push(resolve))
    this.#taken = true
    this.#since = performance.now()
  }

  give(): void {
    const next = this.#waiting.shift()
    // Handed over, not freed: nobody can slip in between.
    if (next === undefined) this.#taken = false
    else next()
  }

  /** Between two steps of a call that has the turn: when its slice is over, lets messages in and the others go first. */
  async pass(): Promise<void> {
    if (performance.now() - this.#since < SLICE_MS) return
    await this.#breathe()
    this.give()
    await this.take()
  }
}
