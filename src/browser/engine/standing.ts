/** How a page's part in its swarm stands: all that a view is made of, and who wants to see it. */
import type { PeerKey } from '../../interface.js'
import type { Network } from '../../member/network.js'
import type { PeerStatus } from '../../peer/events.js'
import { Chronicle } from './chronicle.js'
import type { Conditions } from './conditions.js'
import { connectedPeers } from './network/connections.js'
import type { PeerEvent } from './peer/calls.js'
import { phaseOf, type Stage } from './phase.js'
import type { Running } from './running.js'
import type { Phase, Preview, RestReason, View } from './session.js'
import { composeView } from './view.js'

/** What is not the swarm's but the device's. */
export interface Device {
  readonly conditions: Conditions
  readonly resting: readonly RestReason[]
  /** The screen is kept on. */
  readonly awake: boolean
}

export interface StandingInit {
  readonly self: PeerKey
  readonly device: () => Device
}

export class Standing {
  stage: Stage = 'connecting'
  preview: Preview | null = null
  /** Once there is one. */
  network: Network | undefined
  running: Running | undefined
  readonly #init: StandingInit
  readonly #listeners = new Set<(view: View) => void>()
  #chronicle = new Chronicle()
  #before: View | undefined
  #togetherAt = performance.now()
  #view: View | undefined
  /** Digest of the set that neighbours had, too, after the end. */
  #settled: string | undefined

  constructor(init: StandingInit) {
    this.#init = init
  }

  /** How it stood in an earlier visit. */
  get before(): View | undefined {
    return this.#before
  }

  /** Goes on from an earlier visit, if there was one. */
  goOnFrom(before: View | undefined): void {
    this.#before = before
    this.#chronicle = new Chronicle(before)
  }

  view(): View {
    this.#view ??= this.#compose()
    return this.#view
  }

  subscribe(listener: (view: View) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  publish(): void {
    this.#view = this.#compose()
    for (const listener of this.#listeners) listener(this.#view)
  }

  hear(event: PeerEvent): void {
    if (event.type === 'epoch') this.#chronicle.closed(event.report, this.preview?.epoch)
    else if (event.type === 'alone') this.#chronicle.measuredAlone(event.point)
    else if (event.type === 'note') this.#chronicle.note(event.message)
    else if (event.type === 'warning') this.#chronicle.warn(event.message)
    else if (this.stage !== 'left') {
      this.stage = event.type
      if (event.type === 'settled') this.#settled = event.setDigest
    }
  }

  warn(error: unknown): void {
    this.#chronicle.warn(error instanceof Error ? error.message : String(error))
    this.publish()
  }

  /** @param update the newest of somebody else that came in this visit */
  received(update: PeerStatus['lastUpdate']): void {
    this.#chronicle.received(update)
  }

  /** Being without a neighbour counts from now on: there is reason to expect some. */
  hope(): void {
    this.#togetherAt = performance.now()
  }

  #phase(connected: number, { conditions, resting }: Device): Phase {
    const now = performance.now()
    if (connected > 0 || !conditions.online) this.#togetherAt = now
    const isResting = resting.length > 0 || (this.running?.look?.status.resting.length ?? 0) > 0
    const set = this.running?.look?.status.setDigest
    // Where nobody is left there is nothing to wait for.
    const hasChanged = connected > 0 && set !== undefined && set !== this.#settled
    return phaseOf(this.stage, now - this.#togetherAt, isResting, hasChanged)
  }

  #compose(): View {
    const { network, running } = this
    const device = this.#init.device()
    const connected = network === undefined ? [] : connectedPeers(network)
    return composeView({
      ...device,
      phase: this.#phase(connected.length, device),
      self: this.#init.self,
      preview: this.preview,
      samples: running?.samples ?? 0,
      connected,
      bytes: network?.bytes ?? { sent: 0, received: 0 },
      chronicle: this.#chronicle,
      look: running?.look ?? null,
      before: this.#before
    })
  }
}
