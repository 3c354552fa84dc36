/** The libp2p node of a page: WebRTC, WebRTC-direct and WebSockets, found through relays and relaying introductions itself. */
import { circuitRelayServer } from '@libp2p/circuit-relay-v2'
import { identify, identifyPush } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { webRTC, webRTCDirect } from '@libp2p/webrtc'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import type { SwarmLibp2p, SwarmLibp2pInit } from '../../../member/libp2p.js'
import { createByteCounter, watchedTransport } from '../../../net/bytes.js'
import { systemClock } from '../../../net/clock.js'
import { mendFirstChannel } from '../../../net/first-channel.js'
import { createGater } from '../../../net/gater.js'
import { gossipService, updatesTopic } from '../../../net/gossip-params.js'
import { withoutMixedContent } from '../../../net/mixed-content.js'
import { createRelays } from '../../../net/relays.js'

/** Phones on a busy network take their time, ms. */
const SLOW_MS = 30_000
/** One address of several, ms: the next one may be good. */
const ADDRESS_MS = 10_000
/** Neighbours that introduce others to this page: one may close its tab at any time, and then another. */
const RELAYS = 3
/** And pages that introduce each other when nobody else is there to do it. */
const AMONG = 6
/** What two peers need to say before they are connected directly, and no more: a phone carries nobody's updates. */
const INTRODUCTION = { defaultDurationLimit: 120_000, defaultDataLimit: 131_072n }

/** No server but those that the person's swarm brings: WebRTC asks no STUN server. */
const rtcConfiguration: RTCConfiguration = { iceServers: [] }

/** A started node. The caller stops it. */
export async function createPageLibp2p(init: SwarmLibp2pInit): Promise<SwarmLibp2p> {
  const { privateKey, swarmId, standing, door, liveness, hello, bytes = createByteCounter() } = init
  if ('RTCPeerConnection' in globalThis) mendFirstChannel(RTCPeerConnection)
  const watch = { counter: bytes, ...(liveness && { liveness }) }
  const relays = createRelays({ wanted: () => RELAYS, among: AMONG })
  const libp2p = await createLibp2p({
    start: false,
    privateKey,
    addresses: { listen: ['/webrtc'] },
    transports: [
      watchedTransport(webSockets(), watch),
      watchedTransport(webRTCDirect({ rtcConfiguration }), watch),
      watchedTransport(webRTC({ rtcConfiguration }), watch),
      // Its bytes are counted where they leave this page: at the connection to the relay.
      relays.transport
    ],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({ keepAliveInterval: 5000 })],
    connectionGater: withoutMixedContent(createGater(standing, door), globalThis.location?.protocol),
    connectionManager: {
      maxConnections: 64,
      inboundConnectionThreshold: 64,
      // Redialling is the dialer's, which does not give up.
      reconnectRetries: 0,
      dialTimeout: SLOW_MS,
      addressDialTimeout: ADDRESS_MS,
      inboundUpgradeTimeout: SLOW_MS,
      inboundStreamProtocolNegotiationTimeout: SLOW_MS,
      outboundStreamProtocolNegotiationTimeout: SLOW_MS
    },
    // A tab in the background answers late, which is no reason to let go of it.
    connectionMonitor: { enabled: false },
    services: {
      identify: identify({ timeout: SLOW_MS }),
      identifyPush: identifyPush({ timeout: SLOW_MS }),
      ping: ping({ maxInboundStreams: 8 }),
      pubsub: gossipService({ topic: updatesTopic(swarmId), standing, ...(hello && { guard: hello }) }),
      hello: hello?.service ?? (() => ({})),
      relay: circuitRelayServer({ reservations: { maxReservations: 16, ...INTRODUCTION } })
    }
  })
  try {
    await libp2p.start()
  } catch (error) {
    await libp2p.stop()
    throw error
  }
  relays.start({ libp2p, clock: systemClock })
  libp2p.addEventListener('stop', () => relays.stop(), { once: true })
  return libp2p
}
