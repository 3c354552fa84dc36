/** Every screen of the page by name, on a session that stands still: what is looked at, measured and read aloud. */
import { h, render } from 'preact'
import type { PeerView, Point, RestReason, Session, View } from '#src/browser/engine/session.js'
import { AppView } from '#src/browser/page/app.js'
import { type App, createApp } from '#src/browser/page/state/app.js'
import type { Engine } from '#src/browser/page/state/engine.js'
import type { Support } from '#src/browser/page/words/features.js'
import type { Manifest } from '#src/core/protocol/manifest.js'
import { createManifest } from '#src/train/manifest.js'

const DAY_MS = 86_400_000
/** To the swarm of 32 bytes 7, with one peer. */
const INVITE = new URLSearchParams(location.search).get('invite') ?? ''
const FULL: Support = { secure: true, missing: [], lost: [] }

const manifest: Manifest = createManifest({
  task: { kind: 'digits' },
  name: 'Digits of our class',
  seed: 1,
  expectedPeers: 16
})
const table: Manifest = createManifest({
  task: {
    kind: 'table',
    label: 'diagnosis',
    classes: ['benign', 'malignant'],
    columns: Array.from({ length: 30 }, (_, i) => ({ name: `measurement ${i + 1}`, center: 0, scale: 1 }))
  },
  name: 'Three hospitals',
  seed: 1,
  expectedPeers: 3
})

function key(i: number): string {
  return ((i * 2_654_435_761) % 2 ** 32).toString(16).padStart(8, '0').repeat(8)
}

const HOW = ['webrtc', 'webrtc-direct', 'relayed', 'websocket', 'webrtc'] as const

function peers(count: number): PeerView[] {
  return Array.from({ length: count }, (_, i) => ({
    key: key(i + 1),
    self: i === 0,
    how: i === 0 ? 'unknown' : HOW[i % HOW.length]!,
    epoch: 34 - (i % 3),
    lastHeardMs: i * 900,
    ...(i === 4 ? { introducedBy: key(3) } : {})
  }))
}

function curve(epochs: number, top: number, pace: number): Point[] {
  return Array.from({ length: epochs }, (_, i) => ({
    epoch: i + 1,
    accuracy: 0.1 + (top - 0.1) * (1 - Math.exp(-i / pace)) + 0.012 * Math.sin(i * 2.3)
  }))
}

const training: View = {
  phase: 'training',
  resting: [],
  epoch: 34,
  epochs: 70,
  live: 6,
  peers: peers(6),
  links: [2, 3, 4, 5, 6]
    .map(i => [key(1), key(i)] as const)
    .concat([
      [key(2), key(3)],
      [key(4), key(5)]
    ]),
  together: curve(34, 0.95, 7),
  alone: curve(34, 0.62, 5),
  samples: 148,
  loss: 0.213,
  bytesSent: 412_300,
  bytesReceived: 1_902_000,
  lastUpdateAt: new Date(Date.now() - 800),
  battery: { level: 0.71, charging: false },
  saveData: false,
  metered: false,
  awake: false,
  residual: 4_105,
  warnings: [],
  digest: 'b7c19e0f'.repeat(8)
}

const early: View = {
  ...training,
  epoch: 0,
  together: [],
  alone: [],
  loss: null,
  live: 0,
  residual: 0,
  lastUpdateAt: null
}
const rest = (...resting: RestReason[]): View => ({ ...training, phase: 'resting', resting })

/** What the session shows, by screen. */
const VIEWS: Readonly<Record<string, View>> = {
  opening: { ...early, phase: 'connecting', peers: peers(1), links: [] },
  refused: {
    ...early,
    phase: 'connecting',
    peers: peers(1),
    links: [],
    warnings: [
      '12D3KooWQa refuses this peer, which is not on the list of the swarm’s members; give its maker this peer’s id'
    ]
  },
  invitation: { ...early, phase: 'choosing', peers: peers(2) },
  'invitation-table': { ...early, phase: 'choosing', peers: peers(2) },
  data: { ...early, phase: 'choosing', peers: peers(2) },
  'data-table': { ...early, phase: 'choosing', peers: peers(2) },
  starting: { ...early, phase: 'starting', peers: peers(3) },
  training,
  crowd: { ...training, peers: peers(14), links: Array.from({ length: 13 }, (_, i) => [key(1), key(i + 2)] as const) },
  alone: { ...training, peers: peers(1), links: [], warnings: ['No peer was heard for 3 minutes.'] },
  resting: rest('battery', 'metered'),
  paused: rest('asked'),
  offline: { ...rest('offline'), peers: peers(1), links: [] },
  settling: { ...training, phase: 'settling', epoch: 70 },
  ended: { ...training, phase: 'ended', epoch: 70, together: curve(70, 0.957, 7), alone: curve(70, 0.63, 5) },
  left: { ...training, phase: 'left' },
  stranded: { ...training, phase: 'stranded', peers: peers(1), links: [] }
}

class StillSession implements Session {
  readonly preview: Session['preview']
  readonly #view: View

  constructor(view: View, of: Manifest) {
    this.#view = view
    this.preview = {
      swarm: 'bafy',
      words: ['harbor', 'velvet', 'orange', 'tissue', 'comic', 'wisdom'],
      manifest: of,
      participants: 6,
      epoch: view.epoch,
      staleAt: new Date(Date.now() + 120 * DAY_MS)
    }
  }

  view(): View {
    return this.#view
  }

  subscribe(): () => void {
    return () => undefined
  }

  async begin(): Promise<void> {
    throw Object.assign(new Error("digits.csv: line 3, value 7 is 'x'; pixels are 0 to 16, digits 0 to 9"), {
      name: 'DataError'
    })
  }

  async pause(): Promise<void> {}
  async resume(): Promise<void> {}
  async leave(): Promise<void> {}
  async keepAwake(on: boolean): Promise<boolean> {
    return on
  }
  readonly peerId = '12D3KooWBNey3zJRps7MG9uaTYkQrKJ9sfjqJhVD9GhvVnXEaVfd'
  readonly rules = { battery: true, saveData: true, metered: false }
  obey(): void {}
  async invite(page: string) {
    return { link: `${page}#${INVITE}`, shortLink: `${page}#${INVITE}` }
  }
  async fresh(): Promise<void> {}
}

function engineFor(screen: string): Engine {
  const refuse = (fault: string, message: string): never => {
    throw Object.assign(new Error(message), { name: 'SessionError', fault })
  }
  return {
    async openSession() {
      if (screen === 'other-tab') refuse(screen, '')
      if (screen === 'last') refuse('unsupported', 'The peer could not be started without a network.')
      return new StillSession(VIEWS[screen] ?? training, screen.endsWith('table') ? table : manifest)
    },
    async remembered() {
      return screen === 'last'
        ? [{ swarm: 'bafy', name: manifest.name, lastSeen: new Date(Date.now() - 3 * 3_600_000), view: training }]
        : []
    }
  }
}

function supportFor(screen: string): Support {
  if (screen === 'insecure') return { ...FULL, secure: false }
  if (screen === 'unsupported') return { ...FULL, missing: ['WebRTC, which connects devices directly'] }
  return FULL
}

/** What the address bar would hold. */
function fragmentFor(screen: string): string {
  if (screen === 'landing' || screen === 'last' || screen === 'unsupported') return ''
  return screen === 'failed' ? INVITE.slice(0, 40) : INVITE
}

async function show(screen: string, root: Element): Promise<App> {
  const app = createApp({
    support: supportFor(screen),
    loadEngine: async () => engineFor(screen),
    address: {
      fragment: () => fragmentFor(screen),
      page: () => 'https://flock.example/',
      clear: () => undefined,
      follow: () => undefined
    }
  })
  render(h(AppView, { app }), root)
  await app.start()
  if (screen.startsWith('data')) app.consent()
  return app
}

const root = document.getElementById('page')
const screen = new URLSearchParams(location.search).get('screen')
if (root !== null && screen !== null) await show(screen, root)
document.documentElement.dataset.shown = screen ?? ''
