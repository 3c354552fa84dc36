/** What goes on, in words: for the status line, for screen readers, and in place of the picture. */
import type { How, PeerView, Phase, RestReason, View } from '../../engine/session.js'
import { ago, list, percent, plural } from './format.js'

export interface Status {
  readonly title: string
  /** One or two sentences. */
  readonly detail: string
  readonly tone: 'busy' | 'calm' | 'done' | 'trouble'
}

/** Where nothing else needs to be known. */
const STATUS: Readonly<Record<Exclude<Phase, 'training' | 'resting'>, Status>> = {
  connecting: { title: 'Looking for peers', detail: 'Every peer of the invite is being tried.', tone: 'busy' },
  choosing: { title: 'Ready', detail: 'Nothing was sent so far but the question what this swarm is.', tone: 'calm' },
  starting: {
    title: 'Getting ready',
    detail: 'Reads your data, loads what trains, and catches up with the others.',
    tone: 'busy'
  },
  settling: {
    title: 'Comparing notes',
    detail: 'Training is over. Peers exchange what the other lacks, until all hold the same model.',
    tone: 'busy'
  },
  ended: { title: 'Done', detail: 'Training is over, and everybody here holds the same model.', tone: 'done' },
  left: { title: 'You left', detail: 'What this browser kept of the swarm is deleted.', tone: 'done' },
  stranded: {
    title: 'A fresh invite is needed',
    detail: 'No peer known here can be reached any more.',
    tone: 'trouble'
  }
}

const NOBODY: Status = {
  title: 'Training, alone for now',
  detail: 'No peer is connected. This device goes on, and keeps looking.',
  tone: 'trouble'
}

export function statusInWords(view: View): Status {
  const { phase, peers, resting } = view
  if (phase === 'resting') return { title: restTitle(resting), detail: restsInWords(view), tone: 'calm' }
  if (phase !== 'training') return STATUS[phase]
  const neighbours = peers.filter(peer => !peer.self).length
  if (neighbours === 0) return NOBODY
  return { title: 'Training together', detail: `With ${plural(neighbours, 'neighbour')}.`, tone: 'busy' }
}

function restTitle(reasons: readonly RestReason[]): string {
  if (reasons.includes('asked')) return 'Paused'
  if (reasons.includes('offline')) return 'Offline'
  return 'Resting'
}

/** All reasons, a sentence each. */
export function restsInWords(view: View): string {
  return view.resting.map(reason => restInWords(reason, view)).join(' ')
}

function restInWords(reason: RestReason, view: View): string {
  switch (reason) {
    case 'asked':
      return 'You paused it. It still follows the others and keeps what it learnt.'
    case 'battery':
      return view.battery === null
        ? 'The battery is low; it goes on once it is charging.'
        : `The battery is at ${Math.round(100 * view.battery.level)} %; it goes on once it is charging.`
    case 'data-saver':
      return 'Your browser is set to save data.'
    case 'metered':
      return 'You are on a mobile connection, which may cost you money.'
    case 'hidden':
      return 'The page is in the background, where browsers slow pages down.'
    case 'offline':
      return 'There is no network. Nothing is lost; it goes on by itself when you are back.'
    case 'plateau':
      return 'The model has not got better for a while. It wakes when somebody brings something new.'
  }
}

const HOW: Readonly<Record<How, string>> = {
  webrtc: 'by WebRTC',
  'webrtc-direct': 'by WebRTC-direct',
  websocket: 'by WebSocket',
  relayed: 'through another peer',
  tcp: 'by TCP',
  unknown: 'in a way not known yet'
}

function howInWords(how: How): string {
  return HOW[how]
}

/** Enough of a key to tell peers apart on a screen. @param key 64 hex digits */
export function shortKey(key: string): string {
  return key.slice(0, 4).toUpperCase()
}

/** One line of the list that says what the picture shows. */
export function peerInWords(peer: PeerView): string {
  const epoch = peer.epoch === null ? 'has said nothing yet' : `epoch ${peer.epoch}`
  if (peer.self) return `This device: ${epoch}`
  const introduced = peer.introducedBy === undefined ? '' : `, introduced by ${shortKey(peer.introducedBy)}`
  return `${shortKey(peer.key)}: ${howInWords(peer.how)}${introduced}; ${epoch}, heard ${ago(peer.lastHeardMs)}`
}

/** In place of the picture. */
export function peersInWords({ peers, live }: View): string {
  const others = peers.filter(peer => !peer.self)
  if (others.length === 0) return 'This device is connected to nobody at the moment.'
  const kinds = [...new Set(others.map(peer => peer.how))]
  const parts = kinds.map(how => `${others.filter(peer => peer.how === how).length} ${howInWords(how)}`)
  const training = live > 0 ? ` ${plural(live, 'device')} trained lately in the whole swarm.` : ''
  return `This device is connected to ${plural(others.length, 'peer')}: ${list(parts)}.${training}`
}

/** In place of the chart, and as its summary. */
export function accuracyInWords({ together, alone, epoch }: View): string {
  const now = together.at(-1)
  if (now === undefined) return 'No accuracy was measured yet.'
  const own = alone.at(-1)
  const compared = own === undefined ? '' : ` Alone, with your data only, it would be ${percent(own.accuracy)}.`
  return `At epoch ${now.epoch} (now ${epoch}) the shared model gets ${percent(now.accuracy)} of its test samples right.${compared}`
}
