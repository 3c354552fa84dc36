import assert from 'node:assert/strict'
import { createTopology, type TopologyInit, type TopologyKind, topologyStats } from '#src/topology/index.js'

const stats = (kind: TopologyKind, init: TopologyInit) => topologyStats(createTopology(kind, init))
const near = (found: number, expected: number) => assert.ok(Math.abs(found - expected) < 1e-6, `${found}, ${expected}`)

describe('topology: topologyStats', () => {
  it('gives the known gap of rings: (2/3)(1 − cos(2π/n)), or of the other end of the spectrum', () => {
    for (const peers of [3, 4, 5, 8, 16, 99]) {
      const values = Array.from(
        { length: peers - 1 },
        (_, i) => (1 + 2 * Math.cos((2 * Math.PI * (i + 1)) / peers)) / 3
      )
      const expected = 1 - Math.max(...values.map(Math.abs))
      near(stats('ring', { peers }).spectralGap, expected)
    }
  })

  it('gives the known gap of tori, stars, complete graphs and the smallest', () => {
    const cosine = Math.cos((2 * Math.PI) / 8)
    near(stats('torus', { peers: 64 }).spectralGap, (2 - 2 * cosine) / 5)
    // A leaf keeps 15/16 of its own value.
    near(stats('star', { peers: 16 }).spectralGap, 1 / 16)
    near(stats('complete', { peers: 8 }).spectralGap, 1)
    near(stats('line', { peers: 2 }).spectralGap, 1)
    near(stats('line', { peers: 1 }).spectralGap, 1)
  })

  it('is within half a thousandth where there are more peers than steps', () => {
    const peers = 800
    const expected = (2 / 3) * (1 - Math.cos((2 * Math.PI) / peers))
    assert.ok(Math.abs(stats('ring', { peers }).spectralGap - expected) < 5e-4)
  })

  it('counts degrees and hops', () => {
    const { degree, diameter } = stats('line', { peers: 8 })
    assert.deepEqual(degree, { min: 1, mean: 1.75, max: 2 })
    assert.equal(diameter, 7)
    assert.equal(stats('ring', { peers: 9 }).diameter, 4)
    assert.equal(stats('star', { peers: 9 }).diameter, 2)
    assert.equal(stats('torus', { peers: 16 }).diameter, 4)
    assert.equal(stats('two-cliques', { peers: 16 }).diameter, 3)
    assert.equal(stats('line', { peers: 1 }).diameter, 0)
  })
})
