/**
 * Where others find a peer that nobody can dial: reservations at neighbours that relay. libp2p would look for relays by
 * itself, but never again at one that was away for a moment; so this looks after them.
 */
import { circuitRelayTransport, RELAY_V2_HOP_CODEC } from '@libp2p/circuit-relay-v2'
import type { Connection, Libp2p, PeerId, Transport } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { multiaddr } from '@multiformats/multiaddr'
import type { Clock } from '../interface.js'
import { kindOf, withoutPeer } from './address.js'
import { remember } from './remember.js'

export interface RelaysInit {
  /** Reservations to hold now; 0 when others can dial this peer. Asked at each look. */
  readonly wanted: () => number
  /**
   * Reservations besides, at neighbours that only those can ask for an introduction who are connected to them already: pages
   * for pages. Nobody is told of an address through them, which would be of no use to others. @default 0
   */
  readonly among?: number
  /** Between looks, ms. @default 2000 */
  readonly lookMs?: number
}

export interface Relays {
  /** For the `transports` of the libp2p node: dials and listens through relays. */
  readonly transport: (components: TransportComponents) => Transport
  /** Looks for reservations, from now on. */
  start(components: { readonly libp2p: Pick<Libp2p, 'getConnections' | 'peerStore'>; readonly clock: Clock }): void
  /** Where a reservation is held now. */
  held(): readonly PeerId[]
  /** Looks no more. Twice is fine. */
  stop(): void
}

type TransportComponents = Parameters<ReturnType<typeof circuitRelayTransport>>[0]

/** What libp2p's transport keeps of its reservations. */
interface Reservations {
  hasReservation(relay: PeerId): boolean
  addRelay(relay: PeerId, type: 'configured'): Promise<unknown>
}

/** Waits after a refusal, ms: the first, and the longest; doubled by each. */
const FIRST_WAIT_MS = 2000
const LONGEST_WAIT_MS = 10 * 60_000
/** Relays whose refusals are remembered. */
const MAX_REFUSED = 256

export function createRelays({ wanted, among = 0, lookMs = 2000 }: RelaysInit): Relays {
  let reservations: Reservations | undefined
  let listen: ((addresses: Multiaddr[]) => Promise<void>) | undefined
  let cancel = (): void => undefined
  let stopped = false
  let busy = false
  /** Relays that were listened through: libp2p's listeners for them stay. */
  const known = new Set<string>()
  const refused = new Map<string, { readonly until: number; readonly waitMs: number }>()
  let connected: () => readonly Connection[] = () => []

  function held(): readonly PeerId[] {
    const peers = new Map(connected().map(({ remotePeer }) => [remotePeer.toString(), remotePeer]))
    return [...peers.values()].filter(peer => reservations?.hasReservation(peer) === true)
  }

  /** Those that others can ask, too. */
  const told = (): readonly PeerId[] => held().filter(peer => known.has(peer.toString()))

  /** Rejects when the relay does not want to. */
  async function reserve({ remotePeer, remoteAddr }: Connection): Promise<void> {
    const name = remotePeer.toString()
    if (known.has(name)) {
      await reservations?.addRelay(remotePeer, 'configured')
      return
    }
    await listen?.([multiaddr(`${withoutPeer(remoteAddr)}/p2p/${name}/p2p-circuit`)])
    known.add(name)
  }

  return {
    held,
    transport(components) {
      const transport = circuitRelayTransport()(components)
      const store: unknown = Reflect.get(transport, 'reservationStore')
      if (!isReservations(store)) throw new TypeError('this circuit relay transport does not show its reservations')
      reservations = store
      const { transportManager } = components
      listen = addresses => transportManager.listen(addresses)
      return transport
    },
    start({ libp2p, clock }) {
      connected = () => libp2p.getConnections()
      cancel = clock.after(lookMs, look)

      function look(): void {
        cancel = clock.after(lookMs, look)
        // Whether any are wanted costs more to see than whether there is anybody to ask.
        if (busy || connected().length === 0) return
        busy = true
        void take()
          .catch(() => {})
          .finally(() => {
            busy = false
          })
      }

      async function take(): Promise<void> {
        if (told().length < wanted())
          for (const connection of await candidates(isForOthers)) {
            if (stopped || told().length >= wanted()) break
            await attempt(connection, () => reserve(connection))
          }
        if (held().length < wanted() + among)
          for (const connection of await candidates(connection => !isForOthers(connection))) {
            if (stopped || held().length >= wanted() + among) return
            await attempt(
              connection,
              async () => void (await reservations?.addRelay(connection.remotePeer, 'configured'))
            )
          }
      }

      async function attempt({ remotePeer }: Connection, make: () => Promise<void>): Promise<void> {
        const name = remotePeer.toString()
        try {
          await make()
          refused.delete(name)
        } catch {
          const waitMs = Math.min(2 * (refused.get(name)?.waitMs ?? FIRST_WAIT_MS / 2), LONGEST_WAIT_MS)
          remember(refused, name, { until: clock.now() + waitMs, waitMs }, MAX_REFUSED)
        }
      }

      /** Neighbours that relay. */
      async function candidates(fits: (connection: Connection) => boolean): Promise<readonly Connection[]> {
        const found: Connection[] = []
        for (const connection of connected()) {
          const { remotePeer, remoteAddr, status, limits } = connection
          if (status !== 'open' || limits !== undefined || !fits(connection)) continue
          if (kindOf(remoteAddr) === 'relayed' || reservations?.hasReservation(remotePeer) === true) continue
          if (clock.now() < (refused.get(remotePeer.toString())?.until ?? Number.NEGATIVE_INFINITY)) continue
          const peer = await libp2p.peerStore.get(remotePeer).catch(() => undefined)
          if (peer?.protocols.includes(RELAY_V2_HOP_CODEC)) found.push(connection)
        }
        return found
      }
    },
    stop() {
      stopped = true
      cancel()
    }
  }
}

/** We could dial it, where it listens: others can, too. */
function isForOthers({ direction, remoteAddr }: Connection): boolean {
  return direction === 'outbound' && kindOf(remoteAddr) !== 'webrtc'
}

function isReservations(value: unknown): value is Reservations {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof Reflect.get(value, 'hasReservation') === 'function' &&
    typeof Reflect.get(value, 'addRelay') === 'function'
  )
}
