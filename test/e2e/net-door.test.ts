/** One connection to each peer, and room for a bounded number of them. */
import assert from 'node:assert/strict'
import { createLoopbackNetwork, type LoopbackNetwork } from '../support/net-loopback.js'
import { createProxy, tcpTarget } from '../support/net-proxy.js'

describe('the door of a node', function () {
  this.timeout(60_000)
  let network: LoopbackNetwork

  beforeEach(async () => {
    network = await createLoopbackNetwork()
  })

  afterEach(async () => {
    await network.stop()
  })

  it('leaves one connection to two peers that dial each other at once', async () => {
    for (let times = 0; times < 10; times++) {
      const [a, b] = [await network.endpoint(), await network.endpoint()]
      await Promise.allSettled([a.connect(b), b.connect(a)])
      const open = [a, b].flatMap(
        ({ node }) =>
          () =>
            node.libp2p.getConnections().filter(c => c.status === 'open')
      )
      const count = (direction: string) => open.flatMap(list => list()).filter(c => c.direction === direction).length
      await network.settle(() => count('outbound') === 1 && count('inbound') === 1)
    }
  })

  it('lets a peer in that lost its connection without a word, and closes the old one', async () => {
    // Silence alone would tell, much later.
    const near = await network.endpoint({ silenceMs: 3_600_000 })
    const far = await network.endpoint({ listen: [] })
    const proxy = await createProxy(tcpTarget(near.node.addresses()[0]!))
    try {
      await far.dial(proxy.address)
      await network.settle(() => near.node.libp2p.getPeers().length === 1)
      const [old] = near.node.libp2p.getConnections()
      proxy.freeze()
      // Only the far side knows.
      for (const connection of far.node.libp2p.getConnections()) connection.abort(new Error('gone'))
      await far.connect(near)
      await network.settle(() => old!.status !== 'open' && near.node.libp2p.getConnections().length === 1)
      assert.equal(far.node.libp2p.getConnections().length, 1)
    } finally {
      await proxy.close()
    }
  })

  it('has no room beyond the bound and its slack', async () => {
    const host = await network.endpoint({ degrees: { low: 0, target: 1, high: 1 }, graceMs: 3_600_000 })
    const guests = await Promise.all(Array.from({ length: 12 }, () => network.endpoint()))
    // One after the other: who is on the doorstep is not counted.
    const results: string[] = []
    for (const guest of guests) {
      results.push(
        await guest.connect(host).then(
          () => 'in',
          () => 'out'
        )
      )
      await network.settle(() => host.node.neighbourhood.contacts >= Math.min(9, results.length))
    }
    await network.settle(() => guests.filter(({ node }) => node.libp2p.getPeers().length === 1).length === 9)
    assert.equal(host.node.libp2p.getPeers().length, 9)
  })
})
