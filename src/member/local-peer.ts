/** One peer of this program: its key, its libp2p node and sockets, and the protocol on top of them. */
import type { Ed25519PrivateKey } from '@libp2p/interface'
import { checkedInitialParams, type Manifest, swarmId } from '../core/protocol/manifest.js'
import { takeStart } from '../core/protocol/start.js'
import { encodeStart } from '../core/wire/start.js'
import type { PeerKey, Store, Trainer } from '../interface.js'
import { parsePeerAddress } from '../net/address.js'
import { serveManifest } from '../net/bring.js'
import { createBudget } from '../net/budget.js'
import type { ByteCounter } from '../net/bytes.js'
import { systemClock } from '../net/clock.js'
import type { FaultyLinks } from '../net/faulty-links.js'
import type { Discovery } from '../net/finder.js'
import { createIdentity, generateIdentity } from '../net/identity.js'
import type { Reachable } from '../net/invite.js'
import { type Link, linksOf } from '../net/links.js'
import type { Efforts } from '../net/lonely.js'
import type { Degrees } from '../net/policy.js'
import type { Refused } from '../net/refused.js'
import type { PeerInit, Watch } from '../peer/events.js'
import { Peer } from '../peer/peer.js'
import { admissionTerms } from './admission.js'
import { type KnownPeers, type KnownPeersPlace, keepKnownPeers } from './known-peers.js'
import type { CreateSwarmLibp2p } from './libp2p.js'
import { createNetwork, type Network } from './network.js'
import { SOFTWARE } from './software.js'

export interface LocalPeerInit extends Omit<PeerInit, 'manifest'> {
  readonly manifest: Manifest
  /** Of a private swarm, 32 bytes. */
  readonly key?: Uint8Array | undefined
  /** x0 of a manifest whose start is given, as `encodeStart` makes it. @default the home's */
  readonly start?: Uint8Array | undefined
  /** With whom to have nothing to do. @default nobody */
  readonly blocked?: Iterable<PeerKey> | undefined
  /** Multiaddrs to listen on. */
  readonly listen: readonly string[]
  /** Absent for a peer without data. */
  readonly trainer?: Trainer | Promise<Trainer>
  /** Who the peer is and what it keeps; its opener closes it after `stop()`. @default a new identity that keeps nothing */
  readonly home?: Belongings | undefined
  /** Looks on, for checks. */
  readonly watch?: Watch
  /** How many neighbours to keep. @default those that were dialled, and others when half of them are lost */
  readonly degrees?: Degrees
  /** Bad links, for experiments. */
  readonly faults?: FaultyLinks | undefined
  /** Ways of looking for peers besides asking neighbours. @default none */
  readonly discovery?: readonly Discovery[] | undefined
}

/** What outlives the process. */
export interface Belongings extends KnownPeersPlace {
  readonly privateKey: Ed25519PrivateKey
  readonly store: Store
  /** x0, where the manifest's start is given. */
  readonly start?: Uint8Array | undefined
}

export interface LocalPeer {
  readonly key: PeerKey
  readonly peer: Peer
  /** At the sockets, everything since the node began to listen. */
  readonly bytes: Readonly<ByteCounter>
  /** What the user should know, a line each. */
  readonly warnings: readonly string[]
  /** Who did not become a neighbour, and why; at most once in ten minutes of one peer and reason. @returns undoes it */
  onRefused(listener: (refused: Refused) => void): () => void
  /** To whom it is connected just now, and by what; neighbours are those of them that speak this swarm's protocols. */
  links(): readonly Link[]
  /** Where it can be dialled, /p2p/<id> included. */
  addresses(): readonly string[]
  /** Neighbours that others can dial, too, as far as this peer can tell; for invites. */
  dialable(): readonly Reachable[]
  /** Dials in the background, and again whenever the connection is gone. `onUnreachable` is called once per outage. */
  dial(addresses: readonly string[], onUnreachable?: (address: string) => void): void
  /** Tries these to get in, all at once while there is nobody; none of them is kept for it. */
  introduce(addresses: readonly string[]): void
  /** Called once in each outage, when nobody has answered for some seconds. @returns undoes it */
  onNobody(listener: (efforts: Efforts) => void): () => void
  /** Tries at once whatever is not connected, as when the network came back. */
  redial(): void
  /** Takes the peer off the air, so that it costs no bytes, or puts it back; it should rest meanwhile. */
  shut(isShut: boolean): void
  /** Leaves politely, then closes the node. Twice is fine. */
  stop(): Promise<void>
}

/** Of peers of other swarms that dialled this one, so many are told of in an hour. */
const STRANGERS_TOLD = { perMinute: 3 / 60, burst: 3 }

/** Listens, but does nothing until `peer.start()`. @throws {AdmissionError} when everybody would refuse it, {ManifestError} when `start` is not its x0, and like `createLibp2p` */
export async function createLocalPeer(init: LocalPeerInit, createLibp2p: CreateSwarmLibp2p): Promise<LocalPeer> {
  const { listen, trainer: _, home, watch, degrees, faults, key, blocked, discovery, ...rest } = init
  const { start = home?.start, ...peerInit } = rest
  // Its failure is told below; where something else fails before, nobody waits for it any more.
  if (init.trainer instanceof Promise) init.trainer.catch(() => {})
  const privateKey = home?.privateKey ?? (await generateIdentity()).privateKey
  const identity = createIdentity(privateKey)
  const clock = systemClock
  const served = startOf(init.manifest, start)
  const admission = admissionTerms(init.manifest, identity.key, key)
  // A trainer takes as long to load as a node; they share the cores.
  const listening = createNetwork(
    {
      privateKey,
      swarmId: swarmId(init.manifest),
      clock,
      listen,
      faults,
      admission,
      blocked,
      software: SOFTWARE,
      discovery,
      ...(degrees && { degrees })
    },
    createLibp2p
  )
  const [network, trainer] = await Promise.all([listening, init.trainer]).catch(async error => {
    await listening.then(
      network => network.stop(),
      () => undefined
    )
    throw error
  })
  const { gossip, streams } = network
  const components = {
    identity,
    gossip,
    streams,
    clock,
    ...(home === undefined ? {} : { store: home.store }),
    ...(trainer === undefined ? {} : { trainer }),
    ...(watch === undefined ? {} : { watch })
  }
  const peer = await Peer.open(components, peerInit).catch(async error => {
    await network.stop()
    throw error
  })
  const stopServing = await serveManifest(
    {
      manifest: init.manifest,
      start: served,
      standing() {
        const { liveAuthors, neighbours, epoch } = peer.status()
        return { participants: Math.max(liveAuthors, neighbours + 1), epoch }
      }
    },
    { libp2p: network.libp2p, hello: network.hello, clock }
  )
  const known = home && (await keepKnownPeers(network.neighbourhood, home, clock))
  return localPeer(peer, network, known, stopServing)
}

/** What newcomers are given. @throws {ManifestError} when it is not the x0 of this manifest, or not at hand */
function startOf(manifest: Manifest, start: Uint8Array | undefined): Uint8Array | undefined {
  if (manifest.params.start === 'drawn') return undefined
  if (start === undefined) return encodeStart(checkedInitialParams(manifest))
  takeStart(manifest, start)
  return start
}

function localPeer(
  peer: Peer,
  network: Network,
  known: KnownPeers | undefined,
  stopServing: () => Promise<void>
): LocalPeer {
  const { neighbourhood } = network
  return {
    key: network.identity.key,
    peer,
    bytes: network.bytes,
    warnings: known?.warning === undefined ? [] : [known.warning],
    onRefused(listener) {
      const strangers = createBudget(STRANGERS_TOLD)
      return network.hello.onRefused(refused => {
        const { reason, dialled, peer: key } = refused
        // Peers of other swarms and other programs come by, and a DHT is made of them. A friend with another manifest may
        // come like that, too, and then both sides are to know.
        const mayBeFriend = reason === 'wrong-swarm' && !dialled && strangers.take(systemClock.now())
        const isPasserBy = reason === 'wrong-swarm' || reason === 'no-hello'
        if (!isPasserBy || mayBeFriend || neighbourhood.isMeant(key)) listener(refused)
      })
    },
    links: () => linksOf(network.libp2p),
    addresses: () => network.addresses(),
    dialable: () => neighbourhood.dialable(),
    dial(addresses, onUnreachable) {
      neighbourhood.dial(addresses.map(parsePeerAddress), address => onUnreachable?.(address.toString()))
    },
    introduce(addresses) {
      neighbourhood.introduce(addresses.map(parsePeerAddress))
    },
    onNobody: listener => neighbourhood.onNobody(listener),
    redial() {
      neighbourhood.wake()
    },
    shut: isShut => network.shut(isShut),
    async stop() {
      // Who leaves looks for nobody any more.
      await neighbourhood.stop()
      await known?.stop()
      await peer.stop()
      await stopServing()
      await network.stop()
    }
  }
}
