import assert from 'node:assert/strict'
import { shareProcesses, spreadPeers } from '#src/node/testnet/spread.js'
import { createTopology, type Topology } from '#src/topology/index.js'

function survivorsConnected(topology: Topology, lost: readonly number[]): boolean {
  const left = Array.from({ length: topology.peers }, (_, peer) => peer).filter(peer => !lost.includes(peer))
  const seen = new Set(left.slice(0, 1))
  for (const peer of seen)
    for (const [a, b] of topology.edges) {
      const next = a === peer ? b : b === peer ? a : undefined
      if (next !== undefined && !lost.includes(next)) seen.add(next)
    }
  return seen.size === left.length
}

describe('peers over processes', () => {
  const topologies = [
    createTopology('regular', { peers: 16, degree: 4, seed: 1 }),
    createTopology('ring', { peers: 16 }),
    createTopology('torus', { peers: 16 }),
    createTopology('complete', { peers: 7 })
  ]
  for (const topology of topologies)
    for (const processes of [1, 2, 3, 4]) {
      it(`are every peer of ${topology.kind}-${topology.peers} once, in ${processes} even shares`, () => {
        const shares = spreadPeers(topology, processes)
        assert.equal(shares.length, processes)
        assert.deepEqual(
          shares.flat().sort((a, b) => a - b),
          Array.from({ length: topology.peers }, (_, peer) => peer)
        )
        const sizes = shares.map(share => share.length)
        assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1)
        assert.deepEqual(spreadPeers(topology, processes), shares)
      })
    }

  for (const topology of topologies)
    it(`leave ${topology.kind}-${topology.peers} connected when one of two processes dies`, () => {
      for (const lost of spreadPeers(topology, 2)) assert.ok(survivorsConnected(topology, lost), `lost ${lost}`)
    })

  it('have one of their own when they are to come and go', () => {
    const topology = createTopology('ring', { peers: 6 })
    assert.deepEqual(shareProcesses(topology, 2), spreadPeers(topology, 2))
    const shares = shareProcesses(topology, 2, new Set([4, 1]))
    assert.deepEqual(shares.slice(-2), [[1], [4]])
    assert.deepEqual(shares.flat().sort(), [0, 1, 2, 3, 4, 5])
    const everyone = new Set([0, 1, 2, 3, 4, 5])
    assert.deepEqual(shareProcesses(topology, 2, everyone), [[0], [1], [2], [3], [4], [5]])
  })
})
