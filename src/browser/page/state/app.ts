/** Which screen is shown and why, and everything a person can ask for. Views draw it; they decide nothing. */
import { batch, computed, type ReadonlySignal, signal } from '@preact/signals'
import { shortId } from '../../../core/protocol/short-id.js'
import { inviteLink, readInvite } from '../../../core/wire/invite-text.js'
import type { ChosenData, FriendInvite, Remembered, Rules, Session, View } from '../../engine/session.js'
import { type Problem, problemOf } from '../words/errors.js'
import type { Support } from '../words/features.js'
import type { LoadEngine } from './engine.js'
import { refusal, type Screen, screenOf } from './screen.js'

export interface AppInit {
  readonly support: Support
  readonly loadEngine: LoadEngine
  /** Of the address bar; it holds the invite. */
  readonly address: Address
}

/** The part of the address bar behind the #. */
export interface Address {
  fragment(): string
  /** Where the page lies, without what stands behind the #. */
  page(): string
  /** A link that was followed must not be sent on with a screenshot. */
  clear(): void
  /** Begins anew with another invite, as if its link had been followed. */
  follow(fragment: string): void
}

/** What a swarm's screen needs, in one: which only exists once there is a session. */
export interface Live {
  readonly session: Session
  readonly view: View
}

export interface App {
  readonly support: Support
  readonly screen: ReadonlySignal<Screen>
  readonly live: ReadonlySignal<Live | null>
  /** Six words of the swarm in the invite, as far as it can be read. */
  readonly words: ReadonlySignal<readonly string[] | null>
  /** Of the last thing that was asked for; null when it went well. */
  readonly problem: ReadonlySignal<Problem | null>
  /** Something that was asked for is under way. */
  readonly busy: ReadonlySignal<boolean>
  readonly rules: ReadonlySignal<Rules>
  start(): Promise<void>
  /** @returns why it is none; null when it is being opened */
  open(invite: string): Problem | null
  consent(): void
  back(): void
  begin(data: ChosenData, alone: boolean): Promise<void>
  pause(): Promise<void>
  resume(): Promise<void>
  leave(): Promise<void>
  keepAwake(on: boolean): Promise<void>
  obey(rules: Rules): void
  /** @returns why it did not help; null when it did */
  fresh(invite: string): Promise<Problem | null>
  /** A link that invites somebody else to this page; null when there is nobody it could lead to. */
  friendInvite(): Promise<FriendInvite | null>
  /** Declines, or begins anew after the end. */
  home(): Promise<void>
}

export function createApp({ support, loadEngine, address }: AppInit): App {
  const session = signal<Session | null>(null)
  const view = signal<View | null>(null)
  const words = signal<readonly string[] | null>(null)
  const problem = signal<Problem | null>(null)
  const busy = signal(false)
  const rules = signal<Rules>({ battery: true, saveData: true, metered: true })
  /** What the session does not know of: what comes before it, and how far the person has read. */
  const before = signal<Screen>({ kind: 'loading' })
  const agreed = signal(false)
  /** The choice of data is being tried: what was chosen stays on the screen, in case it cannot be used. */
  const beginning = signal(false)

  const screen = computed<Screen>(() =>
    view.value === null
      ? before.value
      : screenOf(view.value, {
          known: session.value?.preview != null,
          agreed: agreed.value,
          beginning: beginning.value
        })
  )
  const live = computed<Live | null>(() =>
    session.value === null || view.value === null ? null : { session: session.value, view: view.value }
  )

  function look(text: string): Problem | null {
    try {
      words.value = shortId(readInvite(text).swarm)
      return null
    } catch (error) {
      words.value = null
      return problemOf(error)
    }
  }

  async function openWith(text: string | undefined, last?: Remembered): Promise<void> {
    before.value = { kind: 'opening' }
    try {
      const { openSession } = await loadEngine()
      const opened = await openSession(text === undefined ? {} : { invite: text })
      batch(() => {
        session.value = opened
        rules.value = opened.rules
        view.value = opened.view()
      })
      opened.subscribe(next => {
        if (session.peek() === opened) view.value = next
        if (opened.preview !== null && next.phase !== 'choosing') forgetLink()
      })
    } catch (error) {
      before.value = refusal(error, last)
    }
  }

  /** The browser keeps what it needs by now. */
  function forgetLink(): void {
    if (address.fragment() !== '') address.clear()
  }

  /** Runs one thing that was asked for, and says how it went. @returns whether it went well */
  async function doing(work: (session: Session) => Promise<unknown>): Promise<boolean> {
    const current = session.peek()
    if (current === null || busy.peek()) return false
    busy.value = true
    problem.value = null
    try {
      await work(current)
      view.value = current.view()
      return true
    } catch (error) {
      problem.value = problemOf(error)
      return false
    } finally {
      busy.value = false
    }
  }

  const app: App = {
    support,
    screen,
    live,
    words,
    problem,
    busy,
    rules,
    async start() {
      const text = address.fragment()
      const wrong = text === '' ? null : look(text)
      if (!support.secure) before.value = { kind: 'insecure' }
      else if (support.missing.length > 0) before.value = { kind: 'unsupported' }
      else if (wrong !== null) before.value = { kind: 'failed', problem: wrong }
      else if (text !== '') await openWith(text)
      else await goOn()
    },
    open(text) {
      const wrong = look(text)
      if (wrong === null) void openWith(text)
      return wrong
    },
    consent() {
      agreed.value = true
    },
    back() {
      batch(() => {
        agreed.value = false
        problem.value = null
      })
    },
    async begin(data, alone) {
      beginning.value = true
      await doing(current => current.begin(data, { alone }))
      beginning.value = false
    },
    async pause() {
      await doing(current => current.pause())
    },
    async resume() {
      await doing(current => current.resume())
    },
    async leave() {
      await doing(current => current.leave())
    },
    async keepAwake(on) {
      await doing(async current => {
        if ((await current.keepAwake(on)) !== on && on)
          throw new Error('The browser did not allow to keep the screen on.')
      })
    },
    obey(next) {
      rules.value = next
      session.peek()?.obey(next)
    },
    async fresh(text) {
      const wrong = look(text)
      if (wrong !== null) return wrong
      // Nobody let this device in so far: its key may be the wrong one, and connections begin with that.
      if (session.peek()?.preview == null) {
        address.follow(inviteLink(readInvite(text)).replace(/^starlings:/, ''))
        return null
      }
      return (await doing(current => current.fresh(text))) ? null : problem.peek()
    },
    async friendInvite() {
      return (await session.peek()?.invite(address.page())) ?? null
    },
    async home() {
      const declined = session.peek()
      address.clear()
      batch(() => {
        session.value = null
        view.value = null
        agreed.value = false
        words.value = null
        before.value = { kind: 'landing' }
      })
      // Who was only asked stays unknown to the swarm, and connected to nobody.
      await declined?.leave().catch(() => undefined)
      // Whoever takes part in another swarm goes on with that.
      await goOn()
    }
  }

  /** With what the browser keeps, or from the beginning. */
  async function goOn(): Promise<void> {
    try {
      const kept = await (await loadEngine()).remembered()
      const last = [...kept].sort((a, b) => b.lastSeen.getTime() - a.lastSeen.getTime())[0]
      if (last === undefined) before.value = { kind: 'landing' }
      else await openWith(undefined, last)
    } catch (error) {
      before.value = { kind: 'failed', problem: problemOf(error) }
    }
  }

  return app
}
