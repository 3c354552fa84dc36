/** A page's part in one swarm, from the invite to the goodbye. */
import { toHex } from '../../core/bytes.js'
import type { Brought } from '../../net/bring.js'
import { peerIdOfKey } from '../../net/identity.js'
import { bringManifest } from './bringing.js'
import { SessionError } from './errors.js'
import { checkFits } from './fits.js'
import { type Invitation, readInvitation, rememberInvitation } from './invitation.js'
import { inviteFriend } from './inviting.js'
import { type Joined, join } from './joining.js'
import { Keeper } from './keeping.js'
import type { Stage } from './phase.js'
import { previewOf } from './preview.js'
import { refusedInWords } from './refused.js'
import { Rests } from './rests.js'
import { Running } from './running.js'
import type { ChosenData, FriendInvite, Preview, Rules, Session, View } from './session.js'
import { Standing } from './standing.js'
import type { BrowserHome, Consent } from './storage/home.js'
import { createWakeLock, type WakeLock } from './wake-lock.js'

export interface PageSessionInit {
  readonly home: BrowserHome
  readonly swarm: string
  readonly invitation: Invitation | undefined
  /** Lets another tab in. */
  readonly release: () => void
}

/** Between looks at the peer, ms: a chart that moves twice a second is alive. */
const LOOK_MS = 500

/** Goes on where the browser left off, or waits for {@link Session.begin}. Rejects when the browser cannot connect to anybody. */
export async function openPageSession(init: PageSessionInit): Promise<Session> {
  const session = new PageSession(init)
  try {
    await session.open()
  } catch (error) {
    await session.end()
    throw error
  }
  return session
}

class PageSession implements Session {
  readonly peerId: string
  readonly #init: PageSessionInit
  readonly #standing: Standing
  readonly #rests: Rests
  readonly #wakeLock: WakeLock
  readonly #ending = new AbortController()
  #joined: Joined | undefined
  #running: Running | undefined
  #keeper: Keeper | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(init: PageSessionInit) {
    this.#init = init
    const { home, swarm } = init
    const self = toHex(home.privateKey.publicKey.raw)
    this.peerId = peerIdOfKey(self).toString()
    this.#rests = new Rests({ home, swarm, changed: () => this.#rest(), back: () => this.#back() })
    this.#wakeLock = createWakeLock(() => this.#standing.publish())
    this.#standing = new Standing({
      self,
      device: () => ({ conditions: this.#rests.conditions, resting: this.#rests.reasons, awake: this.#wakeLock.held })
    })
  }

  async open(): Promise<void> {
    const { home, swarm, invitation } = this.#init
    const { signal } = this.#ending
    const standing = this.#standing
    if (invitation !== undefined) await rememberInvitation(home, invitation)
    standing.goOnFrom(await home.get(swarm, 'view'))
    await this.#rests.load()
    const manifest = await home.manifest(swarm)
    this.#joined = await join(home, swarm)
    this.#joined.dial((await home.get(swarm, 'addresses')) ?? [])
    const { network } = this.#joined
    standing.network = network
    network.hello.onRefused(refused => standing.warn(refusedInWords(refused, this.preview !== null)))
    this.#running = new Running({
      home,
      network,
      signal,
      tell: event => standing.hear(event),
      failed: error => standing.warn(error)
    })
    standing.running = this.#running
    this.#keeper = new Keeper({
      home,
      swarm,
      joined: this.#joined,
      running: this.#running,
      view: () => standing.view(),
      signal
    })
    await this.#running.rest(this.#rests.reasons)
    this.#lookAgain()
    if (manifest !== undefined) {
      const { live = 0, epoch = 0 } = standing.before ?? {}
      await this.#found({ manifest, participants: live, epoch })
      const consent = await home.get(swarm, 'consent')
      // Agreed to in an earlier visit.
      if (consent !== undefined) void this.#start(consent).catch(error => standing.warn(error))
    }
    void this.#bring()
  }

  get preview(): Preview | null {
    return this.#standing.preview
  }

  get rules(): Rules {
    return this.#rests.rules
  }

  view(): View {
    return this.#standing.view()
  }

  subscribe(listener: (view: View) => void): () => void {
    return this.#standing.subscribe(listener)
  }

  async begin(data: ChosenData, options: { readonly alone: boolean }): Promise<void> {
    if (!this.#is('choosing')) throw new TypeError('this session has no choice to make now')
    const consent: Consent = { data, alone: options.alone }
    await this.#start(consent, async () => {
      const { home, swarm } = this.#init
      await home.put(swarm, 'consent', consent)
      await home.setCurrent(swarm)
      // From now on a reload goes on here: what is remembered is a view.
      await this.#keeper?.keep(true)
    })
    // Without it a browser that needs room may throw the residual away.
    await navigator.storage?.persist?.().catch(() => false)
  }

  async pause(): Promise<void> {
    await this.#rests.ask(true)
  }

  async resume(): Promise<void> {
    await this.#rests.ask(false)
  }

  async leave(): Promise<void> {
    if (this.#is('left')) return
    await this.end()
    await this.#init.home.forget(this.#init.swarm)
    this.#standing.publish()
    this.#init.home.close()
    this.#init.release()
  }

  /** Says goodbye and lets go of everything but what is kept. */
  async end(): Promise<void> {
    this.#standing.stage = 'left'
    clearTimeout(this.#timer)
    this.#ending.abort()
    this.#rests.stop()
    this.#wakeLock.stop()
    await this.#running?.stop()
    await this.#joined?.stop()
  }

  async keepAwake(on: boolean): Promise<boolean> {
    const held = await this.#wakeLock.want(on)
    this.#standing.publish()
    return held
  }

  obey(rules: Rules): void {
    this.#rests.obey(rules)
  }

  async invite(page: string): Promise<FriendInvite | null> {
    const { home, swarm } = this.#init
    return this.#joined === undefined ? null : inviteFriend(home, swarm, this.#joined.network, page)
  }

  async fresh(invite: string): Promise<void> {
    const invitation = readInvitation(invite)
    if (invitation.swarm !== this.#init.swarm)
      throw new SessionError('other-swarm', 'This invite is to another swarm. Leave this one first to join it.')
    await rememberInvitation(this.#init.home, invitation)
    this.#standing.hope()
    this.#joined?.dial(invitation.addresses)
    this.#standing.publish()
  }

  async #bring(): Promise<void> {
    const { network } = this.#joined!
    try {
      await this.#found(await bringManifest(network, this.#init.swarm, this.#ending.signal))
    } catch (error) {
      if (!this.#ending.signal.aborted) this.#standing.warn(error)
    }
  }

  async #found(brought: Brought): Promise<void> {
    this.#standing.preview = await previewOf(this.#init.home, this.#init.swarm, brought)
    if (this.#is('connecting')) this.#standing.stage = 'choosing'
    this.#standing.publish()
  }

  /** @param keep before anybody sees that it takes part, and might close the page */
  async #start(consent: Consent, keep?: () => Promise<void>): Promise<void> {
    const manifest = this.preview?.manifest
    if (manifest === undefined || this.#running === undefined) throw new TypeError('this session is not open yet')
    checkFits(manifest)
    this.#reach('starting')
    try {
      await this.#running.begin(manifest, consent)
    } catch (error) {
      if (this.#is('starting')) this.#reach('choosing')
      throw error
    }
    try {
      await keep?.()
    } finally {
      // An end that was told meanwhile stands.
      this.#reach(this.#is('starting') ? 'taking-part' : this.#standing.stage)
    }
  }

  #reach(stage: Stage): void {
    this.#standing.stage = stage
    this.#standing.publish()
  }

  #is(stage: Stage): boolean {
    return this.#standing.stage === stage
  }

  #rest(): void {
    this.#running?.rest(this.#rests.reasons).catch(error => this.#standing.warn(error))
    this.#standing.publish()
  }

  /** The network or this page was away: connections may be dead, and others have come. */
  #back(): void {
    this.#standing.hope()
    this.#joined?.network.neighbourhood.wake()
  }

  #lookAgain(): void {
    this.#timer = setTimeout(() => {
      void this.#lookOnce()
        .catch(() => {})
        .finally(() => this.#is('left') || this.#lookAgain())
    }, LOOK_MS)
  }

  async #lookOnce(): Promise<void> {
    const look = await this.#running?.see()
    if (look) this.#standing.received(look.status.lastUpdate)
    this.#standing.publish()
    await this.#keeper?.keep(false)
  }
}
