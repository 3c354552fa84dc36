import assert from 'node:assert/strict'
import type { FriendInvite, Phase, Preview, Remembered, Rules, Session, View } from '#src/browser/engine/session.js'
import { type App, createApp } from '#src/browser/page/state/app.js'
import type { Engine } from '#src/browser/page/state/engine.js'
import { inviteLink } from '#src/core/wire/invite-text.js'
import { createManifest } from '#src/train/manifest.js'

const INVITE = inviteLink({ swarm: new Uint8Array(32).fill(7), key: null, staleDay: 0, peers: [] }).slice(10)
const FULL = { secure: true, missing: [], lost: [] }

function viewOf(phase: Phase): View {
  return {
    phase,
    resting: [],
    epoch: 0,
    epochs: null,
    live: 0,
    peers: [],
    links: [],
    together: [],
    alone: [],
    samples: 0,
    loss: null,
    bytesSent: 0,
    bytesReceived: 0,
    lastUpdateAt: null,
    battery: null,
    saveData: false,
    metered: null,
    awake: false,
    residual: 0,
    warnings: [],
    digest: null
  }
}

const PREVIEW: Preview = {
  swarm: 'x',
  words: [],
  manifest: createManifest({ task: { kind: 'digits' }, seed: 1, expectedPeers: 2 }),
  participants: 1,
  epoch: 0,
  staleAt: null
}

/** A session whose phases the test sets. */
class SetSession implements Session {
  readonly peerId = 'nobody'
  preview: Preview | null = null
  readonly rules: Rules = { battery: false, saveData: true, metered: true }
  readonly calls: string[] = []
  refuses: Error | undefined
  #view: View
  #listener: (view: View) => void = () => undefined

  constructor(phase: Phase) {
    this.#view = viewOf(phase)
  }

  become(phase: Phase): void {
    if (phase === 'choosing') this.preview = PREVIEW
    this.#view = viewOf(phase)
    this.#listener(this.#view)
  }

  view(): View {
    return this.#view
  }

  subscribe(listener: (view: View) => void): () => void {
    this.#listener = listener
    return () => undefined
  }

  async #call(name: string): Promise<void> {
    this.calls.push(name)
    if (this.refuses !== undefined) throw this.refuses
  }

  begin(): Promise<void> {
    return this.#call('begin')
  }
  pause(): Promise<void> {
    return this.#call('pause')
  }
  resume(): Promise<void> {
    return this.#call('resume')
  }
  leave(): Promise<void> {
    return this.#call('leave')
  }
  fresh(): Promise<void> {
    return this.#call('fresh')
  }
  async keepAwake(): Promise<boolean> {
    return false
  }
  obey(): void {
    this.calls.push('obey')
  }
  async invite(page: string): Promise<FriendInvite | null> {
    return { link: `${page}#x`, shortLink: `${page}#x` }
  }
}

interface Setting {
  readonly fragment?: string
  readonly session?: SetSession
  readonly refuses?: Error
  readonly kept?: readonly Remembered[]
  readonly support?: typeof FULL
}

async function opened({ fragment = '', session, refuses, kept = [], support = FULL }: Setting) {
  const asked: unknown[] = []
  const bar = { fragment, followed: [] as string[] }
  const engine: Engine = {
    async openSession(init) {
      asked.push(init)
      if (session === undefined) throw refuses ?? new Error('there is no session here')
      return session
    },
    remembered: async () => kept
  }
  const app: App = createApp({
    support,
    loadEngine: async () => engine,
    address: {
      fragment: () => bar.fragment,
      page: () => 'https://flock.example/',
      clear() {
        bar.fragment = ''
      },
      follow(fragment) {
        bar.followed.push(fragment)
      }
    }
  })
  await app.start()
  return { app, asked, bar }
}

function kindOf({ screen }: App): string {
  return screen.value.kind
}

function fault(name: string): Error {
  return Object.assign(new Error('a sentence'), { name: 'SessionError', fault: name })
}

const LAST: Remembered = { swarm: 'x', name: 'digits', lastSeen: new Date(0), view: viewOf('training') }

describe('the screens of the page', () => {
  it('asks for an invite when there is neither one nor anything kept', async () => {
    const { app, asked } = await opened({})
    assert.equal(kindOf(app), 'landing')
    assert.deepEqual(asked, [])
  })

  it('opens nothing where the browser is not able to take part, but tells the words of the invite', async () => {
    const { app, asked } = await opened({ fragment: INVITE, support: { ...FULL, secure: false } })
    assert.equal(kindOf(app), 'insecure')
    assert.equal(app.words.value?.length, 6)
    assert.deepEqual(asked, [])
  })

  it('says what is wrong with an invite, and takes another', async () => {
    const { app } = await opened({ fragment: INVITE.slice(0, 20), session: new SetSession('connecting') })
    assert.equal(kindOf(app), 'failed')
    assert.equal(app.open('rubbish')?.title, 'This invite cannot be read')
    assert.equal(app.open(INVITE), null)
  })

  it('goes from the invitation over consent and data to the swarm, and forgets the link when it need not be known', async () => {
    const session = new SetSession('connecting')
    const { app, asked, bar } = await opened({ fragment: INVITE, session })
    assert.deepEqual(asked, [{ invite: INVITE }])
    assert.equal(kindOf(app), 'opening')
    session.become('choosing')
    assert.equal(kindOf(app), 'invitation')
    assert.equal(bar.fragment, INVITE)
    app.consent()
    assert.equal(kindOf(app), 'data')
    assert.deepEqual(session.calls, [])
    await app.begin({ kind: 'bundled' }, true)
    session.become('starting')
    assert.equal(kindOf(app), 'swarm')
    assert.equal(bar.fragment, '')
    assert.deepEqual(session.calls, ['begin'])
  })

  it('stays at the data when they cannot be used', async () => {
    const session = new SetSession('choosing')
    const { app } = await opened({ fragment: INVITE, session })
    app.consent()
    session.refuses = Object.assign(new Error('line 3 is bad'), { name: 'DataError' })
    await app.begin({ kind: 'files', files: [] }, true)
    assert.equal(kindOf(app), 'data')
    assert.equal(app.problem.value?.detail, 'line 3 is bad')
    assert.equal(app.busy.value, false)
  })

  it('leaves a swarm that was only looked at', async () => {
    const session = new SetSession('choosing')
    const { app, bar } = await opened({ fragment: INVITE, session })
    await app.home()
    assert.deepEqual(session.calls, ['leave'])
    assert.equal(kindOf(app), 'landing')
    assert.equal(bar.fragment, '')
    session.become('training')
    assert.equal(kindOf(app), 'landing')
  })

  it('keeps the invite of who was let in by nobody so far, and begins anew with another one', async () => {
    const session = new SetSession('connecting')
    const { app, bar } = await opened({ fragment: INVITE, session })
    session.become('stranded')
    assert.equal(kindOf(app), 'opening')
    assert.equal(bar.fragment, INVITE)
    assert.equal(await app.fresh(`https://elsewhere.example/#${INVITE}`), null)
    assert.deepEqual(bar.followed, [INVITE])
    assert.deepEqual(session.calls, [])
  })

  it('takes the addresses of another invite where it took part already', async () => {
    const session = new SetSession('choosing')
    const { app, bar } = await opened({ fragment: INVITE, session })
    session.become('choosing')
    session.become('stranded')
    assert.equal(kindOf(app), 'stranded')
    assert.equal(await app.fresh(INVITE), null)
    assert.deepEqual(bar.followed, [])
    assert.deepEqual(session.calls, ['fresh'])
  })

  it('goes on with what is kept, by the rules that were set', async () => {
    const session = new SetSession('resting')
    const { app, asked } = await opened({ session, kept: [LAST] })
    assert.deepEqual(asked, [{}])
    assert.equal(kindOf(app), 'swarm')
    assert.equal(app.rules.value.battery, false)
  })

  it('shows how things stood when it cannot go on, and knows another tab when it meets one', async () => {
    const { app } = await opened({ kept: [LAST], refuses: fault('unsupported') })
    assert.equal(kindOf(app), 'last')
    for (const [name, kind] of [
      ['other-tab', 'other-tab'],
      ['nothing-kept', 'landing'],
      ['bad-invite', 'last']
    ] as const)
      assert.equal(kindOf((await opened({ kept: [LAST], refuses: fault(name) })).app), kind, name)
    assert.equal(kindOf((await opened({ fragment: INVITE, refuses: fault('bad-invite') })).app), 'failed')
  })

  it('says so when the screen cannot be kept on', async () => {
    const { app } = await opened({ session: new SetSession('training'), kept: [LAST] })
    await app.keepAwake(true)
    assert.match(app.problem.value?.detail ?? '', /screen/)
  })
})
