/**
 * Bad links between real peers, for experiments: a partition refuses and aborts connections, delay and bandwidth hold up
 * the bytes of the sockets, and loss takes whole messages, as in the simulator. TCP itself loses nothing: it would only
 * turn lost packets into more delay.
 */
import type { GossipSub } from '@libp2p/gossipsub'
import type { Connection, ConnectionGater, MultiaddrConnection, PeerId, Transport } from '@libp2p/interface'
import type { Random } from '../core/random.js'
import type { Clock, PeerKey, Streams } from '../interface.js'
import { visited } from './driven.js'
import { ExchangeError } from './error.js'
import { keyOfPeerId } from './identity.js'
import { type LineRule, slowDown } from './slow-line.js'

/** One direction of a link. */
export interface LinkFault extends LineRule {
  /** Part of gossip messages, pulses, requests and answers that vanish, 0 … 1. */
  readonly loss: number
}

/** What lies between this peer and another one. */
export interface LinkState {
  /** Out of reach: no connection, neither way. */
  readonly cut: boolean
  readonly inbound: LinkFault | undefined
  readonly outbound: LinkFault | undefined
}

export interface FaultyLinks {
  /** The whole state from now on; who is not in it has a good link. Connections to those cut off are aborted. */
  set(links: ReadonlyMap<PeerKey, LinkState>): void
  /** @returns whether the peer is out of reach */
  isCut(peer: PeerKey): boolean
  transport<Components>(create: (components: Components) => Transport): (components: Components) => Transport
  gater(inner: ConnectionGater): ConnectionGater
  streams(inner: Streams): Streams
  /** Once, after the node was made. */
  attach(libp2p: { getConnections(): Connection[] }, pubsub: GossipSub): void
}

export interface FaultyLinksComponents {
  readonly clock: Clock
  readonly random: Pick<Random, 'unit'>
}

/** A vanished part of an exchange breaks its stream, which the asker notices after this, ms; the simulator's, too. */
const RESET_MS = 500

export function createFaultyLinks({ clock, random }: FaultyLinksComponents): FaultyLinks {
  let links: ReadonlyMap<PeerKey, LinkState> = new Map()
  /** Nobody is known by name before the handshake is over. */
  const owners = new WeakMap<MultiaddrConnection, PeerKey>()
  let connections: () => readonly Connection[] = () => []

  const isCut = (peer: PeerKey) => links.get(peer)?.cut === true
  const vanishes = (fault: LinkFault | undefined) => fault !== undefined && random.unit() < fault.loss
  const cutOff = (peerId: PeerId) => isCut(keyOfPeerId(peerId) ?? '')

  function lineOf(connection: MultiaddrConnection): LineRule | undefined {
    const owner = owners.get(connection)
    return owner === undefined ? undefined : links.get(owner)?.inbound
  }

  function owned(peerId: PeerId, connection: MultiaddrConnection): void {
    const key = keyOfPeerId(peerId)
    if (key !== undefined) owners.set(connection, key)
  }

  return {
    isCut,
    set(next) {
      links = next
      for (const connection of connections())
        if (cutOff(connection.remotePeer)) connection.abort(new Error('out of reach'))
    },
    transport: create =>
      visited(create, {
        driven(connection) {
          slowDown(connection, clock, () => lineOf(connection))
          return undefined
        }
      }),
    gater: inner => ({
      ...inner,
      denyDialPeer: async peerId => cutOff(peerId) || (await inner.denyDialPeer?.(peerId)) === true,
      async denyInboundEncryptedConnection(peerId, connection) {
        owned(peerId, connection)
        return cutOff(peerId) || (await inner.denyInboundEncryptedConnection?.(peerId, connection)) === true
      },
      async denyOutboundEncryptedConnection(peerId, connection) {
        owned(peerId, connection)
        return cutOff(peerId) || (await inner.denyOutboundEncryptedConnection?.(peerId, connection)) === true
      },
      // The last look: a link may have been cut during the handshake.
      denyInboundUpgradedConnection: cutOff,
      denyOutboundUpgradedConnection: cutOff
    }),
    streams: inner => ({
      ...inner,
      async pulse(to, bytes) {
        if (!vanishes(links.get(to)?.outbound)) await inner.pulse(to, bytes)
      },
      async request(to, kind, bytes, options) {
        const link = links.get(to)
        if (!vanishes(link?.outbound)) {
          const answer = await inner.request(to, kind, bytes, options)
          if (!vanishes(link?.inbound)) return answer
        }
        await pause(clock, Math.min(RESET_MS, options.timeoutMs), options.signal)
        throw new ExchangeError('reset', 'lost on the way')
      }
    }),
    attach(libp2p, pubsub) {
      connections = () => libp2p.getConnections()
      loseGossip(pubsub, from => vanishes(links.get(keyOfPeerId(from) ?? '')?.inbound))
    }
  }
}

interface Rpc {
  readonly messages: readonly unknown[]
}

/** Gossipsub's own door for what a neighbour sends; it knows each copy's neighbour, which its topic's validator comes too late for. */
function loseGossip(pubsub: GossipSub, vanishes: (from: PeerId) => boolean): void {
  if (!hears(pubsub)) throw new TypeError('this gossipsub offers no way to lose messages')
  const hear = pubsub.handleReceivedRpc.bind(pubsub)
  pubsub.handleReceivedRpc = (from, rpc) =>
    // Subscriptions and the mesh's own messages stay: over TCP they are never lost, and gossipsub counts on it.
    hear(from, { ...rpc, messages: rpc.messages.filter(() => !vanishes(from)) })
}

function hears(
  pubsub: GossipSub
): pubsub is GossipSub & { handleReceivedRpc: (from: PeerId, rpc: Rpc) => Promise<void> } {
  return 'handleReceivedRpc' in pubsub && typeof pubsub.handleReceivedRpc === 'function'
}

function pause(clock: Clock, ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise(resolve => {
    const done = (): void => {
      cancel()
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const cancel = clock.after(ms, done)
    if (signal?.aborted) done()
    else signal?.addEventListener('abort', done, { once: true })
  })
}
