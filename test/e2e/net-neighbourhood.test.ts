/** Peers that find each other through each other, on real sockets. PROTOCOL.md, "Neighbours". */
import assert from 'node:assert/strict'
import { type Manifest, swarmId } from '#src/core/protocol/manifest.js'
import type { Trainer } from '#src/interface.js'
import { parsePeerAddress } from '#src/net/address.js'
import { systemClock } from '#src/net/clock.js'
import type { Degrees } from '#src/net/policy.js'
import type { NodeNetworkInit } from '#src/node/libp2p/network.js'
import { memoryStore } from '#src/peer/memory-store.js'
import { Peer } from '#src/peer/peer.js'
import { createSyntheticTrainer } from '#src/sim/trainer.js'
import { testManifest } from '../support/flock.js'
import { createLoopbackNetwork, type LoopbackEndpoint, type LoopbackNetwork } from '../support/net-loopback.js'

const FAST = { lookMs: 50, graceMs: 500, firstAskMs: 200 }

describe('a neighbourhood', function () {
  this.timeout(180_000)
  let network: LoopbackNetwork
  const peers: Peer[] = []

  beforeEach(async () => {
    network = await createLoopbackNetwork()
  })

  afterEach(async () => {
    await Promise.all(peers.splice(0).map(peer => peer.stop()))
    await network.stop()
  })

  const knows = (count: number) => (each: LoopbackEndpoint) => each.node.neighbourhood.contacts === count
  const degree = ({ node }: LoopbackEndpoint) => node.libp2p.getPeers().length
  const dial = (from: LoopbackEndpoint, to: LoopbackEndpoint) =>
    from.node.neighbourhood.dial(to.node.addresses().map(parsePeerAddress))
  const endpoints = (count: number, init: Partial<NodeNetworkInit>) =>
    Promise.all(Array.from({ length: count }, () => network.endpoint({ ...FAST, ...init })))

  async function line(count: number, init: Partial<NodeNetworkInit>): Promise<LoopbackEndpoint[]> {
    const all = await endpoints(count, init)
    for (const [i, endpoint] of all.entries()) {
      const next = all[i + 1]
      if (next !== undefined) dial(endpoint, next)
    }
    return all
  }

  /** Those that can be reached from the first one. */
  function reachable(all: readonly LoopbackEndpoint[]): number {
    const found = new Set<LoopbackEndpoint>()
    const todo = all.slice(0, 1)
    for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
      if (found.has(next)) continue
      found.add(next)
      const neighbours = new Set(next.node.libp2p.getPeers().map(String))
      todo.push(...all.filter(({ node }) => neighbours.has(node.libp2p.peerId.toString())))
    }
    return found.size
  }

  /** @param gate it stays in epoch 2 until then */
  async function startPeer(
    endpoint: LoopbackEndpoint,
    manifest: Manifest,
    index: number,
    gate: Promise<void> = Promise.resolve()
  ): Promise<Peer> {
    const { identity, gossip, streams } = endpoint
    const { tensors } = manifest.params
    const synthetic = createSyntheticTrainer({ tensors, seed: 1, peer: index, clock: systemClock, stepMs: 1 })
    const trainer: Trainer = {
      ...synthetic,
      async train(params, steps, options) {
        if (peer.status().epoch >= 2) await gate
        return synthetic.train(params, steps, options)
      }
    }
    const components = { identity, gossip, streams, clock: systemClock, store: memoryStore(), trainer }
    const peer = new Peer(components, { manifest, pulseMs: 100, evaluationShare: 0 })
    peers.push(peer)
    await peer.start()
    return peer
  }

  it('outlives those in the middle of a line, and ends with equal digests', async () => {
    const manifest = testManifest({ stop: { epochs: 20 }, clock: { maxEpochMs: 500, graceMs: 100, aloneGraceMs: 500 } })
    // As in a topology: nothing moves until somebody is missing.
    const all = await endpoints(6, { swarmId: swarmId(manifest), degrees: undefined })
    let open = () => {}
    const gate = new Promise<void>(resolve => {
      open = resolve
    })
    const started = await Promise.all(all.map((endpoint, i) => startPeer(endpoint, manifest, i, gate)))
    for (const [i, endpoint] of all.slice(0, -1).entries()) dial(endpoint, all[i + 1]!)
    await network.settle(
      () => reachable(all) === 6 && all.every(knows(5)) && started.every(peer => peer.status().epoch >= 2)
    )
    assert.deepEqual(all.map(degree), [1, 2, 2, 2, 2, 1])
    const gone = [2, 3]
    await Promise.all(
      gone.map(async i => {
        await started[i]!.stop()
        await all[i]!.node.stop()
      })
    )
    const left = [0, 1, 4, 5]
    await network.settle(() => reachable(left.map(i => all[i]!)) === left.length)
    assert(started.every(peer => !peer.status().trained))
    open()
    const done = left.map(i => started[i]!)
    await network.settle(
      () => done.every(peer => peer.status().trained) && new Set(done.map(peer => peer.status().setDigest)).size === 1
    )
    assert.equal(new Set(done.map(peer => peer.stateDigest())).size, 1)
  })

  it('says that it is alone, trains on, and merges its work with the others’ when they are back', async () => {
    const manifest = testManifest({ stop: { epochs: 40 }, clock: { maxEpochMs: 500, graceMs: 100, aloneGraceMs: 500 } })
    const init = { swarmId: swarmId(manifest) }
    const all = await endpoints(3, init)
    const started = await Promise.all(all.map((endpoint, i) => startPeer(endpoint, manifest, i)))
    const told: string[] = []
    const [lonely] = started
    lonely!.on('alone', ({ forMs, before }) => told.push(`alone ${before} ${forMs >= 2000}`))
    lonely!.on('together', ({ afterMs }) => told.push(`together ${afterMs >= 2000}`))
    await network.settle(() => told.length === 1)
    assert(lonely!.status().aloneMs! > 1900)
    const { epoch } = lonely!.status()
    dial(all[1]!, all[2]!)
    await network.settle(() => lonely!.status().epoch > epoch)
    dial(all[0]!, all[1]!)
    await network.settle(
      () =>
        started.every(peer => peer.status().trained) && new Set(started.map(peer => peer.status().setDigest)).size === 1
    )
    assert.deepEqual(told, ['alone false true', 'together true'])
    assert.equal(lonely!.status().aloneMs, null)
    assert.equal(new Set(started.map(peer => peer.stateDigest())).size, 1)
  })

  it('keeps its degree within bounds, with a newcomer that knows one full peer only', async () => {
    const degrees: Degrees = { low: 2, target: 3, high: 4 }
    const [hub, ...others] = await endpoints(8, { degrees })
    for (const other of others) dial(other, hub!)
    // The hub lets most of them go, and they know each other by then.
    await network.settle(
      () =>
        [hub!, ...others].every(each => degree(each) >= 2 && degree(each) <= 4) && reachable([hub!, ...others]) === 8
    )
  })

  it('leaves a topology as it is while all are there', async () => {
    const all = await line(4, { degrees: { low: 1, target: 3, high: 6 } })
    await network.settle(() => all.every(knows(3)))
    assert.deepEqual(all.map(degree), [1, 2, 2, 1])
  })

  it('comes back within two seconds after a short cut, over one connection', async () => {
    const [a, b] = await endpoints(2, { degrees: { low: 1, target: 1, high: 4 } })
    dial(a!, b!)
    dial(b!, a!)
    for (let cuts = 0; cuts < 5; cuts++) {
      await network.settle(() => degree(a!) === 1 && degree(b!) === 1)
      await a!.disconnect(b!)
      await network.settle(() => degree(a!) === 0)
    }
    await network.settle(
      () => a!.node.libp2p.getConnections().length === 1 && b!.node.libp2p.getConnections().length === 1
    )
  })

  it('finds again in a later run whom it met in an earlier one', async () => {
    const degrees: Degrees = { low: 1, target: 2, high: 4 }
    const [a, b, c] = await endpoints(3, { degrees })
    dial(a!, b!)
    dial(b!, c!)
    await network.settle(() => degree(b!) === 2 && a!.node.neighbourhood.contacts === 2)
    const known = a!.node.neighbourhood.snapshot()
    await a!.node.stop()
    const [later] = await endpoints(1, { degrees })
    await later!.node.neighbourhood.restore(known)
    await network.settle(() => degree(later!) >= 1)
    assert(new TextDecoder().decode(known).includes(b!.identity.key))
    assert(!new TextDecoder().decode(known).includes(c!.identity.key), 'one that was only heard of')
  })
})
