/** Peers that meet by other ways than TCP. */
import { createLoopbackNetwork } from '../support/net-loopback.js'
import { networkContract } from '../support/network-contract.js'

networkContract('libp2p over WebSockets', () =>
  createLoopbackNetwork({ listen: ['/ip4/127.0.0.1/tcp/0/ws'], reach: { relay: 'none', reserve: false } })
)

networkContract('libp2p over WebRTC-direct', () =>
  createLoopbackNetwork({ listen: ['/ip4/127.0.0.1/udp/0/webrtc-direct'], reach: { relay: 'none', reserve: false } })
)
