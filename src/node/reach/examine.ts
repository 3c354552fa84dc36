/** Finds out what `starlings doctor` tells: asks neighbours from a node of its own, which takes part in nothing. */
import { networkInterfaces } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import { RELAY_V2_HOP_CODEC } from '@libp2p/circuit-relay-v2'
import type { Connection } from '@libp2p/interface'
import { type AddressKind, hostOf, isLoopback, isPrivate, parsePeerAddress, withoutPeer } from '../../net/address.js'
import { systemClock } from '../../net/clock.js'
import { askDialBack, DIAL_BACK_PROTOCOL, MAX_PORTS } from '../../net/dial-back.js'
import { generateIdentity } from '../../net/identity.js'
import { createStanding } from '../../net/standing.js'
import { askStunPort, STUN_PROTOCOL } from '../../net/stun.js'
import { createNodeLibp2p, type NodeLibp2p } from '../libp2p/create.js'
import { type Facts, portsOf, type Witness } from './diagnosis.js'
import { createRouters } from './router/routers.js'
import { createUdpProbe, type UdpProbe } from './udp-probe.js'

export interface ExamineInit {
  readonly swarmId: string
  /** Of the node that runs; absent when none does: then a node listens in its place. */
  readonly running?: readonly string[] | undefined
  /** By what that one is connected to its neighbours. */
  readonly neighbours?: readonly AddressKind[] | undefined
  /** Who of them dialled it by TCP. */
  readonly arrived?: Facts['arrived'] | undefined
  /** What it asked routers for. */
  readonly routers?: Facts['routers'] | undefined
  /** Where to listen when none runs. */
  readonly listen: readonly string[]
  /** Whom to ask; at most the first eight. */
  readonly peers: readonly string[]
  readonly upnp: boolean
}

const MAX_ASKED = 8
/** For one who does not answer, ms. */
const DIAL_MS = 10_000
/** For one who is no peer of Starlings, ms. */
const IDENTIFY_MS = 5000
/** libp2p looks for a gateway for this long, ms. */
const UPNP_MS = 8000
/** A router opens one port after the other, ms. */
const MORE_PORTS_MS = 8000
const LOOK_MS = 100

/** @throws {ListenError} */
export async function examine(init: ExamineInit): Promise<Facts> {
  const { running, upnp } = init
  const listen = running === undefined ? init.listen : []
  const asksRouter = upnp && running === undefined && !listen.every(isLoopback)
  const routers = createRouters()
  const libp2p = await createNodeLibp2p({
    privateKey: (await generateIdentity()).privateKey,
    swarmId: init.swarmId,
    standing: createStanding({ clock: systemClock }),
    listen,
    reach: { relay: 'none', reserve: false, ...(asksRouter && { upnp: routers }) }
  })
  const udp = createUdpProbe()
  try {
    const mapped = (): number => libp2p.getMultiaddrs().filter(address => !isPrivate(address.toString())).length
    const refused = (): number => routers.facts().reduce((sum, router) => sum + router.refused.length, 0)
    if (asksRouter && (await settled(() => mapped() + refused() > 0, UPNP_MS)))
      await settled(() => mapped() + refused() >= listen.length, MORE_PORTS_MS)
    const addresses = running ?? libp2p.getMultiaddrs().map(withoutPeer)
    const ports = portsOf(addresses).slice(0, MAX_PORTS)
    const unanswered: string[] = []
    const asked = await Promise.all(
      init.peers.slice(0, MAX_ASKED).map(async address => {
        const witness = await ask(libp2p, address, ports, udp)
        if (witness === undefined) unanswered.push(address)
        return witness
      })
    )
    const witnesses = new Map(asked.flatMap(witness => (witness === undefined ? [] : [[witness.peer, witness]])))
    return {
      running: running !== undefined,
      addresses,
      interfaces: Object.values(networkInterfaces()).flatMap(all => (all ?? []).map(({ address }) => address)),
      upnp: asksRouter,
      routers: init.routers ?? routers.facts(),
      unanswered,
      witnesses: [...witnesses.values()],
      ...(init.neighbours && { neighbours: init.neighbours }),
      ...(init.arrived && { arrived: init.arrived })
    }
  } finally {
    udp.close()
    await libp2p.stop()
  }
}

/** @returns undefined when nobody answers there */
async function ask(
  libp2p: NodeLibp2p,
  address: string,
  ports: readonly number[],
  udp: UdpProbe
): Promise<Witness | undefined> {
  let connection: Connection
  try {
    connection = await libp2p.dial(parsePeerAddress(address), { signal: AbortSignal.timeout(DIAL_MS) })
  } catch {
    // Two addresses of one peer: the door lets it in once.
    return undefined
  }
  const { remotePeer, remoteAddr } = connection
  const protocols = async () => (await libp2p.peerStore.get(remotePeer).catch(() => undefined))?.protocols ?? []
  // The first that is known of it may be the one that it just spoke; identify tells of all.
  await settled(async () => (await protocols()).includes(DIAL_BACK_PROTOCOL), IDENTIFY_MS)
  const speaks = await protocols()
  const found = {
    peer: remotePeer.toString(),
    address: withoutPeer(remoteAddr),
    relays: speaks.includes(RELAY_V2_HOP_CODEC),
    stun: speaks.includes(STUN_PROTOCOL),
    ...(speaks.includes(STUN_PROTOCOL) && (await udpSeen(connection, udp)))
  }
  const nothing = { ...found, tried: [], opened: [] }
  if (!speaks.includes(DIAL_BACK_PROTOCOL) || ports.length === 0) return nothing
  try {
    const { host, open } = await askDialBack(connection, ports, systemClock)
    return { ...found, seenAs: host, tried: ports, opened: ports.filter((_, i) => open[i] === true) }
  } catch {
    return nothing
  }
}

/** By IPv4, and from here: a node that runs is seen at the same host, and at another port. */
async function udpSeen(connection: Connection, udp: UdpProbe): Promise<Pick<Witness, 'udpSeenAs'>> {
  const address = connection.remoteAddr.toString()
  const port = await askStunPort(connection, systemClock).catch(() => 0)
  if (port === 0 || !address.startsWith('/ip4/')) return {}
  return { udpSeenAs: (await udp.ask(hostOf(address), port)) ?? null }
}

async function settled(condition: () => boolean | Promise<boolean>, ms: number): Promise<boolean> {
  const until = performance.now() + ms
  while (!(await condition())) {
    if (performance.now() >= until) return false
    await wait(LOOK_MS)
  }
  return true
}
