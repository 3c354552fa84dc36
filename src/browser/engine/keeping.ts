/** Copies of what can be seen for the next visit; the peer's own state is kept by itself, epoch by epoch. */
import type { Joined } from './joining.js'
import type { Running } from './running.js'
import type { View } from './session.js'
import type { BrowserHome } from './storage/home.js'

/** Between copies of the view, ms. */
const VIEW_MS = 3000
/** And of the model that learns alone, which is as large as the shared one. */
const ALONE_MS = 10_000

export interface KeeperInit {
  readonly home: BrowserHome
  readonly swarm: string
  readonly joined: Joined
  readonly running: Running
  readonly view: () => View
  /** Ends it: what was left is not kept again. */
  readonly signal: AbortSignal
}

export class Keeper {
  readonly #init: KeeperInit
  #viewAt = performance.now()
  #aloneAt = performance.now()

  /** Keeps all of it by itself when the page may be gone in a moment. */
  constructor(init: KeeperInit) {
    this.#init = init
    const { signal } = init
    const keep = (): void => void this.keep(true).catch(() => {})
    addEventListener('pagehide', keep, { signal })
    document.addEventListener('freeze', keep, { signal })
    document.addEventListener('visibilitychange', keep, { signal })
  }

  /** What is due. @param all everything */
  async keep(all: boolean): Promise<void> {
    const { home, swarm, joined, running, view, signal } = this.#init
    if (signal.aborted || (running.look === null && !all)) return
    const book = joined.keep()
    const now = performance.now()
    if (all || now - this.#viewAt >= VIEW_MS) {
      this.#viewAt = now
      await Promise.all([home.put(swarm, 'view', view()), home.put(swarm, 'seenAt', Date.now())])
    }
    if (all || now - this.#aloneAt >= ALONE_MS) {
      this.#aloneAt = now
      const alone = await running.keepAlone()
      if (alone !== null && !signal.aborted) await home.put(swarm, 'alone', alone)
    }
    await book
  }
}
