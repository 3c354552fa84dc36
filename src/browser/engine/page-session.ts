/** A page's part in one swarm, from the invite to the goodbye. */
import { toHex } from '../../core/bytes.js'
import type { PeerKey } from '../../interface.js'
import type { Brought } from '../../net/bring.js'
import { peerIdOfKey } from '../../net/identity.js'
import { bringManifest } from './bringing.js'
import { Chronicle } from './chronicle.js'
import { type ConditionsWatch, watchConditions } from './conditions.js'
import { SessionError } from './errors.js'
import { checkFits } from './fits.js'
import { type Invitation, readInvitation, rememberInvitation } from './invitation.js'
import { inviteFriend } from './inviting.js'
import { type Joined, join } from './joining.js'
import { Keeper } from './keeping.js'
import { connectedPeers } from './network/connections.js'
import type { PeerEvent } from './peer/calls.js'
import { phaseOf, type Stage } from './phase.js'
import { previewOf } from './preview.js'
import { refusedInWords } from './refused.js'
import { ALL_RULES, restReasons } from './resting.js'
import { Running } from './running.js'
import type { ChosenData, FriendInvite, Phase, Preview, RestReason, Rules, Session, View } from './session.js'
import type { BrowserHome, Consent } from './storage/home.js'
import { composeView } from './view.js'
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
  readonly #init: PageSessionInit
  readonly #self: PeerKey
  readonly #listeners = new Set<(view: View) => void>()
  readonly #conditions: ConditionsWatch
  readonly #wakeLock: WakeLock
  readonly #ending = new AbortController()
  #stage: Stage = 'connecting'
  #joined: Joined | undefined
  #running: Running | undefined
  #keeper: Keeper | undefined
  #preview: Preview | null = null
  #chronicle = new Chronicle()
  #before: View | undefined
  #asked = false
  #rules: Rules = ALL_RULES
  #resting: readonly RestReason[] = []
  #togetherAt = performance.now()
  #view: View | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(init: PageSessionInit) {
    this.#init = init
    this.#self = toHex(init.home.privateKey.publicKey.raw)
    this.#conditions = watchConditions(
      () => this.#obeyConditions(),
      () => this.#back()
    )
    this.#wakeLock = createWakeLock(() => this.#publish())
    const { signal } = this.#ending
    const keep = (): void => void this.#keep(true).catch(() => {})
    addEventListener('pagehide', keep, { signal })
    document.addEventListener('freeze', keep, { signal })
    document.addEventListener('visibilitychange', keep, { signal })
  }

  async open(): Promise<void> {
    const { home, swarm, invitation } = this.#init
    if (invitation !== undefined) await rememberInvitation(home, invitation)
    this.#before = await home.get(swarm, 'view')
    this.#chronicle = new Chronicle(this.#before)
    this.#asked = (await home.get(swarm, 'paused')) ?? false
    this.#rules = (await home.get(swarm, 'rules')) ?? ALL_RULES
    this.#obeyConditions()
    const manifest = await home.manifest(swarm)
    this.#joined = await join(home, swarm)
    this.#joined.dial((await home.get(swarm, 'addresses')) ?? [])
    this.#joined.network.hello.onRefused(refused => this.#warn(refusedInWords(refused, this.#preview !== null)))
    this.#running = new Running({
      home,
      network: this.#joined.network,
      signal: this.#ending.signal,
      tell: event => this.#hear(event),
      failed: error => this.#warn(error)
    })
    this.#keeper = new Keeper(home, swarm, this.#running)
    await this.#running.rest(this.#resting)
    this.#lookAgain()
    if (manifest !== undefined) {
      await this.#found({ manifest, participants: this.#before?.live ?? 0, epoch: this.#before?.epoch ?? 0 })
      const consent = await home.get(swarm, 'consent')
      if (consent !== undefined) void this.#goOn(consent)
    }
    void this.#bring()
  }

  get preview(): Preview | null {
    return this.#preview
  }

  get peerId(): string {
    return peerIdOfKey(this.#self).toString()
  }

  get rules(): Rules {
    return this.#rules
  }

  view(): View {
    this.#view ??= this.#compose()
    return this.#view
  }

  subscribe(listener: (view: View) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async begin(data: ChosenData, options: { readonly alone: boolean }): Promise<void> {
    if (this.#stage !== 'choosing') throw new TypeError('this session has no choice to make now')
    const consent: Consent = { data, alone: options.alone }
    await this.#start(consent)
    const { home, swarm } = this.#init
    await home.put(swarm, 'consent', consent)
    await home.setCurrent(swarm)
    // From now on a reload goes on here: what is remembered is a view.
    await this.#keep(true)
    // Without it a browser that needs room may throw the residual away.
    await navigator.storage?.persist?.().catch(() => false)
  }

  async pause(): Promise<void> {
    await this.#ask(true)
  }

  async resume(): Promise<void> {
    await this.#ask(false)
  }

  async leave(): Promise<void> {
    if (this.#stage === 'left') return
    await this.end()
    await this.#init.home.forget(this.#init.swarm)
    this.#publish()
    this.#init.home.close()
    this.#init.release()
  }

  /** Says goodbye and lets go of everything but what is kept. */
  async end(): Promise<void> {
    this.#stage = 'left'
    clearTimeout(this.#timer)
    this.#ending.abort()
    this.#conditions.stop()
    this.#wakeLock.stop()
    await this.#running?.stop()
    await this.#joined?.stop()
  }

  async keepAwake(on: boolean): Promise<boolean> {
    const held = await this.#wakeLock.want(on)
    this.#publish()
    return held
  }

  obey(rules: Rules): void {
    this.#rules = rules
    void this.#init.home.put(this.#init.swarm, 'rules', rules)
    this.#obeyConditions()
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
    this.#togetherAt = performance.now()
    this.#joined?.dial(invitation.addresses)
    this.#publish()
  }

  async #bring(): Promise<void> {
    const { network } = this.#joined!
    try {
      await this.#found(await bringManifest(network, this.#init.swarm, this.#ending.signal))
    } catch (error) {
      if (!this.#ending.signal.aborted) this.#warn(error)
    }
  }

  async #found(brought: Brought): Promise<void> {
    this.#preview = await previewOf(this.#init.home, this.#init.swarm, brought)
    if (this.#stage === 'connecting') this.#stage = 'choosing'
    this.#publish()
  }

  /** What was agreed to in an earlier visit. */
  async #goOn(consent: Consent): Promise<void> {
    await this.#start(consent).catch(error => this.#warn(error))
  }

  async #start(consent: Consent): Promise<void> {
    const manifest = this.#preview?.manifest
    if (manifest === undefined || this.#running === undefined) throw new TypeError('this session is not open yet')
    checkFits(manifest)
    this.#stage = 'starting'
    this.#publish()
    try {
      await this.#running.begin(manifest, consent)
    } catch (error) {
      this.#stage = 'choosing'
      this.#publish()
      throw error
    }
    // An end that was told meanwhile stands.
    if (this.#is('starting')) this.#stage = 'taking-part'
    this.#publish()
  }

  /** For the compiler, which does not know that time passes. */
  #is(stage: string): boolean {
    return this.#stage === stage
  }

  #hear(event: PeerEvent): void {
    if (event.type === 'epoch') this.#chronicle.closed(event.report, this.#preview?.epoch)
    else if (event.type === 'alone') this.#chronicle.measuredAlone(event.point)
    else if (event.type === 'note') this.#chronicle.note(event.message)
    else if (event.type === 'warning') this.#chronicle.warn(event.message)
    else if (this.#stage !== 'left') this.#stage = event.type
  }

  #warn(error: unknown): void {
    this.#chronicle.warn(error instanceof Error ? error.message : String(error))
    this.#publish()
  }

  async #ask(paused: boolean): Promise<void> {
    this.#asked = paused
    await this.#init.home.put(this.#init.swarm, 'paused', paused)
    this.#obeyConditions()
  }

  #obeyConditions(): void {
    this.#resting = restReasons(this.#conditions.now(), this.#rules, this.#asked)
    this.#running?.rest(this.#resting).catch(error => this.#warn(error))
    this.#publish()
  }

  /** The network or this page was away: connections may be dead, and others have come. */
  #back(): void {
    this.#togetherAt = performance.now()
    this.#joined?.network.neighbourhood.wake()
  }

  #lookAgain(): void {
    this.#timer = setTimeout(() => {
      void this.#lookOnce()
        .catch(() => {})
        .finally(() => this.#stage !== 'left' && this.#lookAgain())
    }, LOOK_MS)
  }

  async #lookOnce(): Promise<void> {
    const look = await this.#running?.see()
    if (look) this.#chronicle.received(look.status.payloadBytesReceived)
    this.#publish()
    await this.#keep(false)
  }

  async #keep(all: boolean): Promise<void> {
    if (this.#stage !== 'left') await this.#keeper?.keep(this.view(), all)
  }

  #phase(connected: number): Phase {
    const now = performance.now()
    if (connected > 0 || !this.#conditions.now().online) this.#togetherAt = now
    const resting = this.#resting.length > 0 || (this.#running?.look?.status.resting.length ?? 0) > 0
    return phaseOf(this.#stage, now - this.#togetherAt, resting)
  }

  #compose(): View {
    const network = this.#joined?.network
    const connected = network === undefined ? [] : connectedPeers(network)
    return composeView({
      phase: this.#phase(connected.length),
      self: this.#self,
      preview: this.#preview,
      resting: this.#resting,
      conditions: this.#conditions.now(),
      awake: this.#wakeLock.held,
      samples: this.#running?.samples ?? 0,
      connected,
      bytes: network?.bytes ?? { sent: 0, received: 0 },
      chronicle: this.#chronicle,
      look: this.#running?.look ?? null,
      before: this.#before
    })
  }

  #publish(): void {
    this.#view = this.#compose()
    for (const listener of this.#listeners) listener(this.#view)
  }
}
