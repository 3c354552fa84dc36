/** Copies of what can be seen for the next visit; the peer's own state is kept by itself, epoch by epoch. */
import type { Running } from './running.js'
import type { View } from './session.js'
import type { BrowserHome } from './storage/home.js'

/** Between copies of the view, ms. */
const VIEW_MS = 3000
/** And of the model that learns alone, which is as large as the shared one. */
const ALONE_MS = 10_000

export class Keeper {
  readonly #home: BrowserHome
  readonly #swarm: string
  readonly #running: Running
  #viewAt = performance.now()
  #aloneAt = performance.now()

  constructor(home: BrowserHome, swarm: string, running: Running) {
    this.#home = home
    this.#swarm = swarm
    this.#running = running
  }

  /** What is due. @param all everything: the page may be gone in a moment */
  async keep(view: View, all: boolean): Promise<void> {
    if (this.#running.look === null && !all) return
    const now = performance.now()
    if (all || now - this.#viewAt >= VIEW_MS) {
      this.#viewAt = now
      await Promise.all([this.#home.put(this.#swarm, 'view', view), this.#home.put(this.#swarm, 'seenAt', Date.now())])
    }
    if (all || now - this.#aloneAt >= ALONE_MS) {
      this.#aloneAt = now
      const alone = await this.#running.keepAlone()
      if (alone !== null) await this.#home.put(this.#swarm, 'alone', alone)
    }
  }
}
