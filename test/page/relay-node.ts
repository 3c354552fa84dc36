/** A bare node that pages reach by WebSockets and WebRTC-direct, and which introduces them to each other. */
import '#src/node/shim.js'
import { circuitRelayServer } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { webRTCDirect } from '@libp2p/webrtc'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'

/** The test's own limit is what counts: on a busy machine a handshake of libp2p's six to ten seconds is none. */
const PATIENT_MS = 120_000

const libp2p = await createLibp2p({
  addresses: { listen: ['/ip4/0.0.0.0/tcp/0/ws', '/ip4/0.0.0.0/udp/0/webrtc-direct'] },
  transports: [webSockets(), webRTCDirect({ rtcConfiguration: { iceServers: [] } })],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  connectionManager: {
    inboundUpgradeTimeout: PATIENT_MS,
    inboundStreamProtocolNegotiationTimeout: PATIENT_MS,
    outboundStreamProtocolNegotiationTimeout: PATIENT_MS
  },
  // It would end connections whose other side is merely slow.
  connectionMonitor: { enabled: false },
  services: {
    identify: identify({ timeout: PATIENT_MS }),
    ping: ping({ timeout: PATIENT_MS }),
    relay: circuitRelayServer({ hopTimeout: PATIENT_MS })
  }
})
console.log(JSON.stringify(libp2p.getMultiaddrs().map(String)))
