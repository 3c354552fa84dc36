/** Rendezvous by swarm id in a DHT, on real sockets; `test/netns/dht.test.ts` has twenty nodes. PROTOCOL.md, "Neighbours". */
import assert from 'node:assert/strict'
import { swarmIdOf } from '#src/core/protocol/swarm-id.js'
import { parsePeerAddress } from '#src/net/address.js'
import { dhtDiscovery } from '#src/node/discovery/dht.js'
import { createLoopbackNetwork, type LoopbackEndpoint, type LoopbackNetwork } from '../support/net-loopback.js'

describe('a small DHT of Starlings nodes', function () {
  this.timeout(120_000)
  let network: LoopbackNetwork

  beforeEach(async () => {
    network = await createLoopbackNetwork({ degrees: { low: 1, target: 2, high: 8 } })
  })

  afterEach(() => network.stop())

  const swarm = (number: number): string => swarmIdOf(new Uint8Array(32).fill(10 + number))

  async function node(swarmId: string, through?: LoopbackEndpoint): Promise<LoopbackEndpoint> {
    const endpoint = await network.endpoint({ swarmId, discovery: [dhtDiscovery({ swarmId, local: true })] })
    if (through !== undefined) endpoint.node.neighbourhood.introduce(through.node.addresses().map(parsePeerAddress))
    return endpoint
  }

  const isFound = ({ node: { neighbourhood } }: LoopbackEndpoint): boolean => neighbourhood.need === 'none'

  it('brings two together that know a node of another swarm, which stays a guest', async () => {
    const hub = await node(swarm(9))
    const two = [await node(swarm(0), hub), await node(swarm(0), hub)]
    await network.settle(() => two.every(isFound))
    assert.deepEqual(
      [hub, ...two].map(({ node: { neighbourhood } }) => neighbourhood.contacts),
      [0, 1, 1]
    )
    assert.equal(hub.node.neighbourhood.need, 'all')
    for (const { node: each } of two) {
      assert(each.libp2p.getPeers().some(peer => peer.equals(hub.node.libp2p.peerId)))
      assert(each.bytes.sent > 0 && each.bytes.received > 0)
    }
  })

  it('neither asks nor tells a DHT of another protocol', async () => {
    const other = { protocol: '/other/kad/1.0.0', swarmId: swarm(0), local: true }
    const hub = await node(swarm(9))
    const two = [
      await node(swarm(0), hub),
      await network.endpoint({ swarmId: swarm(0), discovery: [dhtDiscovery(other)] })
    ]
    two[1]!.node.neighbourhood.introduce(hub.node.addresses().map(parsePeerAddress))
    const third = await node(swarm(0), hub)
    await network.settle(() => isFound(two[0]!) && isFound(third))
    assert.equal(two[1]!.node.neighbourhood.contacts, 0)
  })
})
