/**
 * What a libp2p node has besides TCP when it is to be reached from anywhere: WebSockets and WebRTC for pages, relays and
 * what leads through them, a router that opens ports. Loaded only where it is wanted: a testnet starts without it.
 */
import { circuitRelayServer } from '@libp2p/circuit-relay-v2'
import type { Transport } from '@libp2p/interface'
import { webRTC, webRTCDirect } from '@libp2p/webrtc'
import { webSockets } from '@libp2p/websockets'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { createLibp2p } from 'libp2p'
import { PeerConnection } from 'node-datachannel'
import { RTCPeerConnection } from 'node-datachannel/polyfill'
import { systemClock } from '../../net/clock.js'
import { mendFirstChannel } from '../../net/first-channel.js'
import { holePunching } from '../../net/hole-punching.js'
import { createRelayRate } from '../../net/relay-rate.js'
import type { Relays } from '../../net/relays.js'
import type { StunServers } from '../../net/stun.js'
import { makeCertificate, type WebRTCCertificate } from '../reach/certificate.js'
import type { Renewals } from '../reach/renewal.js'
import type { Routers } from '../reach/router/routers.js'
import { outlasting } from '../reach/stopped-door.js'
import { boundedDirect } from '../reach/webrtc-door.js'
import { pacedRelayServer } from './paced-relay.js'
import { upnp } from './upnp.js'

/** `introduce` carries the few kilobytes that two others need to find a way of their own; `all` whatever they say. */
export type RelayMode = 'none' | 'introduce' | 'all'

export interface AnywhereInit {
  /** What this peer does for others. @default 'introduce' */
  readonly relay?: RelayMode
  /** What `all` carries for all others together, bytes a second. @default {@link RELAYED_PER_SECOND} */
  readonly relayedPerSecond?: number | undefined
  /** Reservations at relays of its own. @default none */
  readonly relays?: Relays
  /** Neighbours that tell WebRTC where it is seen. @default none */
  readonly stunServers?: StunServers
  /** Those that are asked for open ports. @default none is */
  readonly upnp?: Routers
  /** URLs of STUN servers for WebRTC, the user's choice. @default none */
  readonly stun?: readonly string[]
  /** @default a new one, whose address is good for this run only */
  readonly certificate?: WebRTCCertificate
  /** Replaces the certificate while the node runs. @default nobody does */
  readonly renewals?: Renewals
  /** Told to others besides what is listened on: what a router or a proxy was set up to hand on. */
  readonly announce?: readonly Multiaddr[]
}

/** Reservations of others: introductions cost nothing to hold, and a relay of everything has the bandwidth. */
const MAX_INTRODUCED = 64
const MAX_RELAYED = 128
/** An upload of 16 Mbit/s. */
const RELAYED_PER_SECOND = 2_000_000
/** So that whoever vanished does not keep its place for long, ms. */
const RESERVATION_MS = 30 * 60_000
/** Of one introduction: ms, and bytes both ways; WebRTC's offers take 10 KB. */
const INTRODUCTION_MS = 2 * 60_000
const INTRODUCTION_BYTES = 2n ** 17n

type Options = NonNullable<Parameters<typeof createLibp2p>[0]>
type Transports = NonNullable<Options['transports']>
type Watched = <Components>(create: (components: Components) => Transport) => (components: Components) => Transport

export interface Anywhere {
  readonly transports: Transports
  readonly services: Record<string, (components: never) => unknown>
  /** In addition to what the user wants to listen on. */
  readonly listen: readonly string[]
}

/** @param watched wraps those transports that have a wire of their own */
export async function anywhere(init: AnywhereInit, watched: Watched): Promise<Anywhere> {
  const { relay = 'introduce', relays, stun = [] } = init
  await haveWebSocket()
  quieten()
  mendFirstChannel(RTCPeerConnection)
  // Never libp2p's own default, which are public servers.
  const rtcConfiguration = () => ({
    iceServers: [...stun, ...(init.stunServers?.urls() ?? [])].map(urls => ({ urls }))
  })
  const { privateKey, pem, certhash } = init.certificate ?? (await makeCertificate(new Date()))
  const direct = boundedDirect(
    outlasting(webRTCDirect({ rtcConfiguration: { iceServers: [] }, certificate: { privateKey, pem, certhash } }))
  )
  return {
    transports: [
      watched(webSockets()),
      watched(components => init.renewals?.attach(direct(components)) ?? direct(components)),
      watched(webRTC({ rtcConfiguration })),
      ...(relays === undefined ? [] : [relays.transport])
    ],
    services: {
      holePunching: holePunching(),
      ...(relay === 'introduce' && { relay: circuitRelayServer({ reservations: limitsOf(relay) }) }),
      ...(relay === 'all' && {
        relay: pacedRelayServer(
          { reservations: limitsOf(relay) },
          createRelayRate(init.relayedPerSecond ?? RELAYED_PER_SECOND, systemClock)
        )
      }),
      ...(init.upnp && { upnp: upnp(init.upnp) })
    },
    listen: ['/webrtc']
  }
}

/** Node 20 has no client for WebSockets of its own, and libp2p takes the global one. */
async function haveWebSocket(): Promise<void> {
  if ('WebSocket' in globalThis) return
  const { WebSocket } = await import('ws')
  /** As in browsers, an error that nobody listens to any more, such as of a dial that was given up, ends nothing. */
  class CalmWebSocket extends WebSocket {
    constructor(url: string) {
      super(url)
      this.on('error', () => undefined)
    }
  }
  Object.defineProperty(globalThis, 'WebSocket', { configurable: true, writable: true, value: CalmWebSocket })
}

let quiet = false

/** libjuice prints its warnings to stdout, where results go, until the first connection of this process was begun. */
function quieten(): void {
  if (quiet) return
  quiet = true
  const connection = new PeerConnection('quiet', { iceServers: [] })
  connection.createDataChannel('quiet')
  connection.close()
}

function limitsOf(relay: 'introduce' | 'all') {
  if (relay === 'all') return { maxReservations: MAX_RELAYED, reservationTtl: RESERVATION_MS, applyDefaultLimit: false }
  return {
    maxReservations: MAX_INTRODUCED,
    reservationTtl: RESERVATION_MS,
    defaultDurationLimit: INTRODUCTION_MS,
    defaultDataLimit: INTRODUCTION_BYTES
  }
}
