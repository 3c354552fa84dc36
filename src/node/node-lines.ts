/** Lines for the user of one peer. */
import type { PeerKey } from '../interface.js'
import { peerIdOfKey } from '../net/identity.js'
import type { Efforts } from '../net/lonely.js'
import type { PeerEvents, PeerStatus } from '../peer/events.js'
import { formatClock, formatCount, formatPlural } from './report/units.js'

/** Shorter absences of everybody else are not worth a word. */
const TOLD_ALONE_MS = 5000

/** Enough of a peer id to tell peers apart; all Ed25519 ids begin alike. */
export function shortPeerId(key: PeerKey): string {
  const id = peerIdOfKey(key).toString()
  return `${id.slice(0, 8)}…${id.slice(-8)}`
}

/** @param neighbours how many there are with it, or without it @param aloneMs for how long there was nobody before it */
export function neighbourLine(peer: PeerKey, connected: boolean, neighbours: number, aloneMs = 0): string {
  const rest = neighbours === 0 ? 'no neighbours now' : formatPlural(neighbours, 'neighbour')
  const alone = aloneMs < TOLD_ALONE_MS ? '' : ` after ${formatClock(aloneMs)} alone`
  return `peer ${shortPeerId(peer)} ${connected ? 'joined' : 'left'} (${rest}${alone})`
}

/** @param before whether there were neighbours before @param epochMs what an epoch takes a peer that is alone */
export function aloneLine({ forMs, before }: PeerEvents['alone'], epochMs: number): string {
  const since = `no neighbour ${before ? 'for' : 'yet after'} ${formatClock(forMs)}`
  return `${since}: training alone until others come (an epoch then takes ${formatClock(epochMs)})`
}

/** Addresses that are quoted. */
const TOLD_ADDRESSES = 2

/**
 * Nobody answers although somebody was looked for; nothing when there was nowhere to look.
 * @param invite the command that prints the invite, of a peer that made the swarm
 */
export function nobodyLines({ tried, looked, guests, before, forMs }: Efforts, invite?: string): readonly string[] {
  // Who is the first knows nobody who could answer.
  if (invite !== undefined && !before && tried.length === 0)
    return [`nobody is here yet: send the invite to those who should take part (${invite})`]
  if (tried.length === 0 && looked.length === 0 && guests === 0) return []
  const quoted = tried.slice(0, TOLD_ADDRESSES).join(', ')
  const more = tried.length > TOLD_ADDRESSES ? ` and ${tried.length - TOLD_ADDRESSES} more` : ''
  const efforts = [
    ...(tried.length > 0
      ? [`tried ${tried.length === 1 ? 'an address' : `${tried.length} addresses`} (${quoted}${more})`]
      : []),
    ...(looked.length > 0 ? [`looked ${looked.join(' and ')}`] : []),
    ...(guests > 0 ? [`met ${formatPlural(guests, 'peer')} of other swarms`] : [])
  ]
  const remedies = [
    'check that this machine is online and that others run now',
    ...(tried.length > 0
      ? ['ask one of them for a fresh invite or address, since addresses change']
      : ['ask somebody who takes part for an invite or address'])
  ]
  return [
    `no peer answers ${before ? 'any more' : 'yet'}, after ${formatClock(forMs)}: ${efforts.join(', ')}; it goes on trying`,
    `  what you can do: ${remedies.join('; ')}`
  ]
}

/** From a checkout the command is not in the PATH. */
export function commandName(env: NodeJS.ProcessEnv): string {
  return env.npm_command === 'exec' ? 'npx starlings' : 'starlings'
}

/** What ends a pause. @param home folder */
export function resumeCommand(home: string, env: NodeJS.ProcessEnv): string {
  return `${commandName(env)} resume --home ${shellWord(home)}`
}

/** @param path of the home @param status what was found there */
export function resumedLine(path: string, { epoch, updates }: PeerStatus): string {
  return `resumed at epoch ${formatCount(epoch)} with ${formatPlural(updates, 'update')} from ${path}`
}

/** The home is of a swarm that has trained all its epochs. @param out folder for the model, if any */
export function endedLine(out: string | undefined): string {
  const model = out === undefined ? '--out DIR writes the model to a folder' : `the model goes to ${out}`
  return `the training of this swarm has ended; ${model}`
}

/** What becomes of a peer that left. @param home undefined when it kept nothing @param ended whether there is no training to come */
export function homeLine(home: string | undefined, ended: boolean, env: NodeJS.ProcessEnv): string {
  if (home === undefined) return 'nothing of this peer is kept; one with --home DIR goes on where it stood'
  const what = ended ? 'it helps others to the same model again' : 'it goes on where it stood'
  return `${what} with: ${commandName(env)} node --home ${shellWord(home)}`
}

export function shellWord(text: string): string {
  return /^[\w./:@%+,=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

/** What is left of a peer that went. */
export function leftLine({ epoch, updates, keptFrom }: PeerStatus): string {
  const left = `left after ${formatPlural(epoch, 'epoch')} with ${formatPlural(updates, 'update')} in the set`
  return keptFrom === 0 ? left : `${left}; those before epoch ${formatCount(keptFrom)} are folded into the model`
}
