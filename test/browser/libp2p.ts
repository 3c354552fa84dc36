/** A page with a libp2p node and nothing else: shows that the ways between pages and Node carry bytes. */

import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { webRTC, webRTCDirect } from '@libp2p/webrtc'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { mendFirstChannel } from '#src/net/first-channel.js'

const rtcConfiguration = { iceServers: [] }
/** The test's own limit is what counts: on a busy machine a handshake of libp2p's six to ten seconds is none. */
const PATIENT_MS = 120_000

mendFirstChannel(RTCPeerConnection)

const libp2p = await createLibp2p({
  addresses: { listen: ['/p2p-circuit', '/webrtc'] },
  transports: [
    webSockets(),
    webRTC({ rtcConfiguration }),
    webRTCDirect({ rtcConfiguration }),
    circuitRelayTransport({ reservationCompletionTimeout: PATIENT_MS })
  ],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  connectionGater: { denyDialMultiaddr: () => false },
  connectionManager: {
    dialTimeout: PATIENT_MS,
    addressDialTimeout: PATIENT_MS,
    inboundUpgradeTimeout: PATIENT_MS,
    inboundStreamProtocolNegotiationTimeout: PATIENT_MS,
    outboundStreamProtocolNegotiationTimeout: PATIENT_MS
  },
  // It would end connections whose other side is merely slow.
  connectionMonitor: { enabled: false },
  services: { identify: identify({ timeout: PATIENT_MS }), ping: ping({ timeout: PATIENT_MS }) }
})

/** What the test calls. */
export interface Rig {
  readonly id: string
  /** Own addresses that pass a relay and end in WebRTC, once there are some. */
  webrtcAddresses(): Promise<string[]>
  /** Dials and pings. @returns the remote address of a connection that has no limits */
  reach(address: string): Promise<string>
  ping(address: string): Promise<number>
  /** From now on each step to a WebRTC connection takes so long, ms, as in a page that is busy. */
  slowDown(ms: number): void
}

const rig: Rig = {
  id: libp2p.peerId.toString(),
  webrtcAddresses: async () => {
    for (;;) {
      const found = libp2p
        .getMultiaddrs()
        .map(String)
        .filter(text => text.includes('/p2p-circuit/webrtc'))
      if (found.length > 0) return found
      await new Promise(resolve => libp2p.addEventListener('self:peer:update', resolve, { once: true }))
    }
  },
  reach: async address => {
    const connection = await libp2p.dial(multiaddr(address))
    await libp2p.services.ping.ping(connection.remotePeer)
    if (connection.limits !== undefined) throw new Error('the connection is limited')
    return connection.remoteAddr.toString()
  },
  ping: address => libp2p.services.ping.ping(multiaddr(address)),
  slowDown: ms => {
    const { prototype } = RTCPeerConnection
    for (const step of ['setRemoteDescription', 'addIceCandidate'] as const) {
      const take = prototype[step]
      prototype[step] = async function (...what: unknown[]) {
        await Reflect.apply(take, this, what)
        await new Promise(resolve => setTimeout(resolve, ms))
      }
    }
  }
}

Object.assign(globalThis, { rig })
