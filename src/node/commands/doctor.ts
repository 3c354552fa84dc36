/** `starlings doctor`: whether others can reach a node, how, and what to do if not. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { swarmIdOf } from '../../core/protocol/swarm-id.js'
import { readInvite } from '../../core/wire/invite-text.js'
import { parseListenAddress, parsePeerAddress } from '../../net/address.js'
import { generateIdentity, peerIdOfKey } from '../../net/identity.js'
import { chooseAddresses, peersOf } from '../../net/invite.js'
import { decodeKnownPeers } from '../../net/known-peers.js'
import { checkAddresses } from '../cli/addresses.js'
import { AnswerIsNo, InputError, UsageError } from '../cli/errors.js'
import type { DoctorOptions } from '../cli/options.js'
import { askNode } from '../control/index.js'
import { readPipedInvite } from '../join/read-invite.js'
import { planNode, withAnyPort } from '../node-plan.js'
import { diagnose, type Facts } from '../reach/diagnosis.js'
import { type ExamineInit, examine } from '../reach/examine.js'
import { theHomeIfAny } from '../store/homes.js'
import { type HomeFile, readHomeFile } from '../store/settings.js'
import type { NodeStatus } from '../upkeep/status.js'

/** Of those that a home remembers. */
const MAX_REMEMBERED = 4

/** @throws {AnswerIsNo} when others cannot reach it, or nobody was there to ask */
export async function doctor(invite: string | undefined, options: DoctorOptions): Promise<void> {
  checkAddresses('--peer', options.peer ?? [], parsePeerAddress, 'doctor')
  checkAddresses('--listen', options.listen ?? [], parseListenAddress, 'doctor')
  const asksOthers = invite !== undefined || options.peer !== undefined || options.listen !== undefined
  const home = options.home ?? (asksOthers ? undefined : await theHomeIfAny())
  const about = home === undefined ? undefined : await aboutOf(home)
  const status = home === undefined ? undefined : await statusOf(home)
  const settings = about?.settings ?? {}
  const invited = invite === undefined ? undefined : await readInvitation(invite)
  const { listen } = planNode(
    { swarm: '', linger: 0, ...(options.listen && { listen: options.listen }) },
    about && { settings, manifestFile: '' }
  )
  const neighbours = dialledBy(status)
  const peers = [
    ...(options.peer ?? []),
    ...(invited?.addresses ?? []),
    ...neighbours,
    ...(settings.peer ?? []),
    // The first peer of a swarm is dialled by all and dials nobody: those whom it met are left.
    ...(home === undefined || neighbours.length > 0 ? [] : await remembered(home))
  ]
  const facts = await look({
    swarmId: about?.swarm ?? invited?.swarmId ?? swarmIdOf(new Uint8Array(32)),
    running: status?.addresses.map(address => address.replace(/\/p2p\/[^/]+$/, '')),
    neighbours: status?.neighbours.map(({ how }) => how),
    arrived: status && arrivedAt(status),
    routers: status?.routers,
    listen,
    peers: [...new Set(peers)],
    upnp: (options.upnp ?? true) && settings.upnp !== false
  })
  const { lines, ...diagnosis } = diagnose(facts)
  process.stdout.write(
    options.json ? `${JSON.stringify({ type: 'doctor', ...diagnosis, ...facts, lines })}\n` : `${lines.join('\n')}\n`
  )
  if (!diagnosis.reachable) throw new AnswerIsNo()
}

/** Ports that another program holds say nothing about whether this machine can be reached. */
async function look(init: ExamineInit) {
  try {
    return await examine(init)
  } catch (cause) {
    if (!(cause instanceof Error && cause.name === 'ListenError')) throw cause
    return await examine({ ...init, listen: init.listen.map(withAnyPort) })
  }
}

async function aboutOf(home: string): Promise<HomeFile> {
  const about = await readHomeFile(join(home, 'home.json'))
  if (about === undefined) throw new InputError(`--home ${home}: no node has been kept there`)
  return about
}

/** @returns undefined when none runs there */
async function statusOf(home: string): Promise<NodeStatus | undefined> {
  return (await askNode(home, { ask: 'status' }).catch(() => undefined)) as NodeStatus | undefined
}

/** Those that it dialled: others can, too. */
function dialledBy(status: NodeStatus | undefined): readonly string[] {
  return (status?.neighbours ?? []).flatMap(({ address, direction, how, peer }) =>
    address === null || direction !== 'outbound' || how === 'relayed' || how === 'webrtc'
      ? []
      : [`${address}/p2p/${peer}`]
  )
}

/** Those that dialled it. By UDP a router lets answers in, too, so that says less. */
function arrivedAt({ neighbours }: NodeStatus): Facts['arrived'] {
  return neighbours.flatMap(({ address, direction, how, peer }) =>
    address !== null && direction === 'inbound' && (how === 'tcp' || how === 'websocket') ? [{ peer, address }] : []
  )
}

async function remembered(home: string): Promise<readonly string[]> {
  const bytes = await readFile(join(home, 'peers.json')).catch(() => undefined)
  if (bytes === undefined) return []
  const { identity } = await generateIdentity()
  const contacts = await decodeKnownPeers(bytes, identity.verify, 0, Date.now()).catch(() => [])
  return [...contacts]
    .sort((a, b) => b.seenAt - a.seenAt)
    .flatMap(({ key, addresses: [first] }) => (first === undefined ? [] : [`${first}/p2p/${peerIdOfKey(key)}`]))
    .slice(0, MAX_REMEMBERED)
}

async function readInvitation(
  text: string
): Promise<{ readonly swarmId: string; readonly addresses: readonly string[] }> {
  try {
    const invite = text === '-' ? await readPipedInvite('doctor') : readInvite(text)
    const addresses = peersOf(invite).flatMap(peer =>
      chooseAddresses(peer, { max: 2 }).map(address => `${address}/p2p/${peerIdOfKey(peer.key)}`)
    )
    return { swarmId: swarmIdOf(invite.swarm), addresses }
  } catch (cause) {
    if (cause instanceof Error && cause.name === 'InviteError')
      throw new UsageError(`${cause.message}\nSee: starlings doctor --help`, { cause })
    throw cause
  }
}
