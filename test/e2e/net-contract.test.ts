import { createLoopbackNetwork } from '../support/net-loopback.js'
import { networkContract } from '../support/network-contract.js'

networkContract('libp2p over loopback sockets', () => createLoopbackNetwork())
