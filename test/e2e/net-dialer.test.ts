import assert from 'node:assert/strict'
import { createRandom } from '#src/core/random.js'
import { parsePeerAddress } from '#src/net/address.js'
import { createDialer, type Dialer } from '#src/net/dialer.js'
import { createManualClock } from '../support/net-clock.js'
import { createLoopbackNetwork, type LoopbackNetwork } from '../support/net-loopback.js'
import { tcpTarget } from '../support/net-proxy.js'

describe('the dialer', () => {
  let network: LoopbackNetwork
  const dialers: Dialer[] = []

  beforeEach(async () => {
    network = await createLoopbackNetwork()
  })

  afterEach(async () => {
    for (const dialer of dialers.splice(0)) await dialer.stop()
    await network.stop()
  })

  async function setUp(address: string, init: { maxRetryMs?: number } = {}) {
    const { node } = await network.endpoint()
    const clock = createManualClock()
    const warnings: string[] = []
    const dialer = createDialer(
      { addresses: [parsePeerAddress(address)], onUnreachable: where => warnings.push(where.toString()), ...init },
      { libp2p: node.libp2p, clock, random: createRandom(1) }
    )
    dialers.push(dialer)
    return { node, clock, warnings, dialer }
  }

  /** A port that was free a moment ago. */
  async function freePort(): Promise<number> {
    const endpoint = await network.endpoint()
    const { port } = tcpTarget(endpoint.node.addresses()[0]!)
    await endpoint.node.stop()
    return port
  }

  it('connects, and comes back after the peer restarted', async () => {
    const port = await freePort()
    const listen = [`/ip4/127.0.0.1/tcp/${port}`]
    const first = await network.endpoint({ listen })
    const { node, clock, warnings, dialer } = await setUp(listen[0]!)
    dialer.start()
    clock.advance(0)
    await network.settle(() => node.libp2p.getPeers().length === 1)
    await first.node.stop()
    await network.settle(() => node.libp2p.getPeers().length === 0 && clock.pending === 1)
    const second = await network.endpoint({ listen })
    clock.advance(60_000)
    await network.settle(() => node.libp2p.getPeers().some(peer => peer.equals(second.node.libp2p.peerId)))
    assert.deepEqual(warnings, [])
  })

  it('warns once while an address is unreachable, and waits longer each time, up to a limit', async () => {
    const address = `/ip4/127.0.0.1/tcp/${await freePort()}`
    const { clock, warnings, dialer } = await setUp(address, { maxRetryMs: 4000 })
    dialer.start()
    for (let tries = 1; tries <= 8; tries++) {
      clock.advance(4000)
      await network.settle(() => clock.waits.length === tries + 1)
    }
    assert.deepEqual(warnings, [address])
    for (const [i, wait] of clock.waits.slice(1).entries()) {
      const step = Math.min(4000, 250 * 1.5 ** i)
      assert(step / 2 <= wait && wait <= step, `wait ${i} was ${wait} ms`)
    }
  })

  it('warns again when the peer was there and went away', async () => {
    const port = await freePort()
    const listen = [`/ip4/127.0.0.1/tcp/${port}`]
    const first = await network.endpoint({ listen })
    const { node, clock, warnings, dialer } = await setUp(listen[0]!)
    dialer.start()
    clock.advance(0)
    await network.settle(() => node.libp2p.getPeers().length === 1)
    await first.node.stop()
    await network.settle(() => clock.pending === 1)
    clock.advance(60_000)
    await network.settle(() => warnings.length === 1)
  })

  it('dials at once after a sleep, however long the wait was', async () => {
    const port = await freePort()
    const listen = [`/ip4/127.0.0.1/tcp/${port}`]
    const { node, clock, dialer } = await setUp(listen[0]!)
    dialer.start()
    for (let tries = 1; tries <= 20; tries++) {
      clock.advance(60_000)
      await network.settle(() => clock.waits.length === tries + 1)
    }
    assert(clock.waits.at(-1)! > 25_000)
    await network.endpoint({ listen })
    dialer.wake()
    clock.advance(0)
    await network.settle(() => node.libp2p.getPeers().length === 1)
  })

  it('waits longer each time when it is let go at once', async () => {
    const [host] = [await network.endpoint()]
    const { node, clock, warnings, dialer } = await setUp(host.node.addresses()[0]!)
    dialer.start()
    clock.advance(0)
    for (let times = 1; times <= 8; times++) {
      await network.settle(() => node.libp2p.getPeers().length === 1)
      for (const connection of node.libp2p.getConnections()) connection.abort(new Error('no room'))
      await network.settle(() => clock.pending === 1)
      clock.advance(9000)
    }
    assert(clock.waits.at(-1)! > 2000, `${clock.waits}`)
    assert.deepEqual(warnings, [])
  })

  it('stops twice and leaves no timer', async () => {
    const { clock, dialer } = await setUp(`/ip4/127.0.0.1/tcp/${await freePort()}`)
    dialer.start()
    clock.advance(0)
    await network.settle(() => clock.pending === 1)
    await dialer.stop()
    await dialer.stop()
    assert.equal(clock.pending, 0)
  })
})
