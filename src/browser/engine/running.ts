/** The threads of a page's peer and what they are at: begun once the person agreed, and again when one of them dies. */
import type { Manifest } from '../../core/protocol/manifest.js'
import type { Network } from '../../member/network.js'
import { bringStart, serveNewcomers } from './bringing.js'
import { type Participation, takePart } from './participation.js'
import type { KeptAlone, Look, PeerEvent } from './peer/calls.js'
import type { RestReason } from './session.js'
import type { BrowserHome, Consent } from './storage/home.js'
import { startThreads, type Threads } from './threads.js'

export interface RunningInit {
  readonly home: BrowserHome
  readonly network: Network
  /** Ends what waits for others. */
  readonly signal: AbortSignal
  readonly tell: (event: PeerEvent) => void
  /** A thread died; what was agreed to goes on in new ones. */
  readonly failed: (error: Error) => void
}

/** A thread that died for want of memory needs the rest of the device to calm down first, ms. */
const RESTART_MS = 5000

export class Running {
  readonly #init: RunningInit
  #threads: Threads
  #part: Participation | undefined
  #look: Look | null = null
  #resting: readonly RestReason[] = []
  #stopServing: (() => Promise<void>) | undefined
  #begun: { readonly manifest: Manifest; readonly consent: Consent } | undefined

  /** Loads the threads already: a person takes longer to decide. */
  constructor(init: RunningInit) {
    this.#init = init
    this.#threads = this.#newThreads()
  }

  /** Own training samples. */
  get samples(): number {
    return this.#part?.samples ?? 0
  }

  /** The latest; null before the peer has begun. */
  get look(): Look | null {
    return this.#look
  }

  /** Opens data and state, and begins to train and publish. Rejects with a DataError that names file and place. */
  async begin(manifest: Manifest, consent: Consent): Promise<void> {
    const { home, network, signal, tell } = this.#init
    const start = await bringStart(home, manifest, network, signal)
    this.#part = await takePart({ home, manifest, start, consent, threads: this.#threads, network, tell })
    this.#begun = { manifest, consent }
    await this.#part.rest(this.#resting)
    this.#stopServing = await serveNewcomers(manifest, start, network, () => this.#standing())
  }

  /** Looks anew. @returns null before the peer has begun */
  async see(): Promise<Look | null> {
    if (this.#part !== undefined) this.#look = await this.#part.look()
    return this.#look
  }

  async rest(reasons: readonly RestReason[]): Promise<void> {
    this.#resting = reasons
    await this.#part?.rest(reasons)
  }

  /** The model that learns alone; null when there is none. */
  async keepAlone(): Promise<KeptAlone | null> {
    return (await this.#part?.keepAlone()) ?? null
  }

  /** Says goodbye, writes what waits, and ends the threads. */
  async stop(): Promise<void> {
    await this.#stopServing?.()
    await this.#part?.stop().catch(() => {})
    this.#part = undefined
    this.#threads.stop()
  }

  #newThreads(): Threads {
    return startThreads(error => {
      this.#init.failed(error)
      setTimeout(() => void this.#again().catch(this.#init.failed), RESTART_MS)
    })
  }

  async #again(): Promise<void> {
    const { network, signal } = this.#init
    if (signal.aborted) return
    this.#threads.stop()
    this.#part = undefined
    await this.#stopServing?.()
    await network.gossip.stop()
    await network.streams.stop()
    this.#threads = this.#newThreads()
    if (this.#begun !== undefined) await this.begin(this.#begun.manifest, this.#begun.consent)
  }

  /** For newcomers. */
  #standing(): { participants: number; epoch: number } {
    const { epoch = 0, liveAuthors = 0, neighbours = 0 } = this.#look?.status ?? {}
    return { participants: Math.max(liveAuthors, neighbours + 1), epoch }
  }
}
