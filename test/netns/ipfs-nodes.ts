/** So many nodes of the DHT that IPFS has, in one process at one address, as libp2p makes them: nothing of ours is in them. */
import '#src/node/shim.js'
import { identify } from '@libp2p/identify'
import { kadDHT, removePrivateAddressesMapper } from '@libp2p/kad-dht'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'

const [host, count] = process.argv.slice(2)
const dht = kadDHT({
  protocol: '/ipfs/kad/1.0.0',
  peerInfoMapper: removePrivateAddressesMapper,
  clientMode: false,
  initialQuerySelfInterval: 100
})
const nodes = await Promise.all(
  Array.from({ length: Number(count) }, (_, i) =>
    createLibp2p({
      // Told to announce it: what looks public is told to nobody before somebody else has seen it.
      addresses: { listen: [`/ip4/${host}/tcp/${5000 + i}`], announce: [`/ip4/${host}/tcp/${5000 + i}`] },
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      services: { identify: identify(), ping: ping(), dht }
    })
  )
)
for (const [i, node] of nodes.entries()) {
  const before = nodes[i - 1]
  if (before !== undefined) await node.dial(before.getMultiaddrs())
}
console.log(JSON.stringify(nodes.map(node => node.getMultiaddrs().map(String))))
