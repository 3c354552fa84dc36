/** Neighbours that vanish without a word, and machines that sleep. */
import assert from 'node:assert/strict'
import { createLiveness } from '#src/net/liveness.js'
import { createManualClock } from '../support/net-clock.js'
import { createLoopbackNetwork, type LoopbackNetwork } from '../support/net-loopback.js'
import { createProxy, tcpTarget } from '../support/net-proxy.js'

describe('liveness', () => {
  /** A connection that can only be aborted. */
  function fake() {
    const target = new EventTarget()
    let aborted = 0
    return {
      status: 'open' as const,
      abort: () => {
        aborted++
        target.dispatchEvent(new Event('close'))
      },
      addEventListener: target.addEventListener.bind(target),
      get aborted() {
        return aborted
      }
    }
  }

  function setUp() {
    const clock = createManualClock()
    let sleptMs = 0
    const liveness = createLiveness({ wallNow: () => clock.now() + sleptMs }, { clock })
    let woken = 0
    liveness.onWake(() => woken++)
    return {
      clock,
      liveness,
      sleep: (ms: number) => {
        sleptMs += ms
      },
      woken: () => woken
    }
  }

  it('aborts what was silent for twenty seconds, and nothing that says a word', () => {
    const { clock, liveness } = setUp()
    const [silent, alive] = [fake(), fake()]
    liveness.watch(silent)
    const heard = liveness.watch(alive)
    for (let s = 0; s < 18; s++) {
      clock.advance(1000)
      heard()
    }
    assert.deepEqual([silent.aborted, alive.aborted], [0, 0])
    clock.advance(2000)
    assert.deepEqual([silent.aborted, alive.aborted], [1, 0])
    liveness.stop()
    assert.equal(clock.pending, 0)
  })

  it('asks for a sign of life, twice in the time of a silence, where there is a way to ask', () => {
    const { clock, liveness } = setUp()
    const connection = fake()
    let asked = 0
    const heard = liveness.watch(connection, () => asked++)
    const wait = (seconds: number): void => {
      for (let s = 0; s < seconds; s++) clock.advance(1000)
    }
    wait(4)
    assert.equal(asked, 0)
    wait(8)
    assert.equal(asked, 2)
    heard()
    wait(4)
    assert.deepEqual([asked, connection.aborted], [2, 0])
    wait(16)
    assert.equal(connection.aborted, 1)
    liveness.stop()
  })

  it('tells when the machine slept, though the monotonic clock slept too', () => {
    const { clock, sleep, woken, liveness } = setUp()
    const [dead, alive] = [fake(), fake()]
    liveness.watch(dead)
    const heard = liveness.watch(alive)
    clock.advance(10_000)
    assert.equal(woken(), 0)
    sleep(3_600_000)
    clock.advance(2000)
    assert.equal(woken(), 1)
    assert.equal(dead.aborted, 0)
    heard()
    clock.advance(8000)
    assert.deepEqual([dead.aborted, alive.aborted, woken()], [1, 0, 1])
    liveness.stop()
  })

  describe('on real sockets', function () {
    this.timeout(60_000)
    let network: LoopbackNetwork

    beforeEach(async () => {
      network = await createLoopbackNetwork()
    })

    afterEach(async () => {
      await network.stop()
    })

    it('keeps an idle neighbour and drops a frozen one', async () => {
      const quick = { keepAliveMs: 100, silenceMs: 500, listenMs: 100 }
      const [near, idle, frozen] = [
        await network.endpoint(quick),
        await network.endpoint(quick),
        await network.endpoint({ ...quick, listen: [] })
      ]
      await idle.connect(near)
      const proxy = await createProxy(tcpTarget(near.node.addresses()[0]!))
      try {
        await frozen.dial(proxy.address)
        await network.settle(() => near.node.libp2p.getPeers().length === 2)
        // Much longer than the silence that is allowed, and nobody is dropped.
        const { received } = near.node.bytes
        await network.settle(() => near.node.bytes.received > received + 2000)
        assert.equal(near.node.libp2p.getPeers().length, 2)
        proxy.freeze()
        await network.settle(
          () => near.node.libp2p.getPeers().length === 1 && frozen.node.libp2p.getPeers().length === 0
        )
        assert(near.node.libp2p.getPeers()[0]!.equals(idle.node.libp2p.peerId))
      } finally {
        await proxy.close()
      }
    })
  })
})
