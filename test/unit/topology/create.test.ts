import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  createTopology,
  TOPOLOGY_KINDS,
  type Topology,
  TopologyError,
  type TopologyInit,
  type TopologyKind
} from '#src/topology/index.js'

const kind = fc.constantFrom(...TOPOLOGY_KINDS)
const request = fc.record(
  { peers: fc.integer({ min: -1, max: 90 }), degree: fc.integer({ min: -1, max: 40 }), seed: fc.nat() },
  { requiredKeys: ['peers'] }
)

/** Undefined where the request is impossible. */
function attempt(of: TopologyKind, init: TopologyInit): Topology | TopologyError {
  try {
    return createTopology(of, init)
  } catch (error) {
    if (error instanceof TopologyError) return error
    throw error
  }
}

function degrees(topology: Topology): number[] {
  const counts = new Array<number>(topology.peers).fill(0)
  for (const edge of topology.edges) for (const end of edge) counts[end]!++
  return counts
}

/** By repeated merging, unlike the code under test. */
function isConnected({ peers, edges }: Topology): boolean {
  const group = Array.from({ length: peers }, (_, peer) => peer)
  for (const [a, b] of edges) {
    const [from, to] = [group[a]!, group[b]!]
    if (from !== to) for (let i = 0; i < peers; i++) if (group[i] === from) group[i] = to
  }
  return new Set(group).size === 1
}

describe('topology: createTopology', () => {
  it('makes simple, sorted, connected graphs of every kind', () => {
    fc.assert(
      fc.property(kind, request, (of, init) => {
        const topology = attempt(of, init)
        if (topology instanceof TopologyError) return
        assert.equal(topology.peers, init.peers)
        assert.ok(isConnected(topology))
        let before = -1
        for (const [a, b] of topology.edges) {
          assert.ok(a >= 0 && a < b && b < topology.peers)
          const key = a * topology.peers + b
          assert.ok(key > before, 'ascending, so none twice')
          before = key
        }
      }),
      { numRuns: 600 }
    )
  })

  it('names the flag of an impossible request and a value that works', () => {
    let refused = 0
    fc.assert(
      fc.property(kind, request, (of, init) => {
        const error = attempt(of, init)
        if (!(error instanceof TopologyError)) return
        refused++
        assert.equal(error.fault, 'usage')
        assert.match(error.message, /^--(peers|degree|seed)/)
        const remedies = error.message.slice(error.message.indexOf(';')).matchAll(/--(\w+) (\d+)/g)
        let tried = 0
        for (const [, flag, value] of remedies) {
          tried++
          const again = attempt(of, { ...init, [flag!]: Number(value) })
          // A second fault in the same request is named next; the one that was mended is not named again.
          if (again instanceof TopologyError) assert.notEqual(again.message, error.message)
          else assert.ok(isConnected(again))
        }
        if (tried === 0) assert.match(error.message, /leave it out/)
      }),
      { numRuns: 1000 }
    )
    assert.ok(refused > 100)
  })

  it('one remedy is enough when only the degree does not fit', () => {
    for (const of of ['regular', 'small-world'] as const) {
      for (let peers = 1; peers < 14; peers++) {
        for (let degree = -1; degree < 16; degree++) {
          const error = attempt(of, { peers, degree })
          if (!(error instanceof TopologyError)) continue
          const [, flag, value] = [...error.message.slice(error.message.indexOf(';')).matchAll(/--(\w+) (\d+)/g)].at(
            -1
          )!
          const mended = attempt(of, { peers, degree, [flag!]: Number(value) })
          const again = mended instanceof TopologyError && flag === 'degree' ? peers < 5 : false
          assert.ok(again || !(mended instanceof TopologyError), `${of} ${peers} ${degree}: ${error.message}`)
        }
      }
    }
  })

  it('a regular one has the degree asked for, split and dense ones included', () => {
    for (const [peers, degree] of [
      [2, 1],
      [3, 2],
      [60, 2],
      [16, 4],
      [64, 3],
      [20, 19],
      [15, 12],
      [200, 6]
    ] as const) {
      for (let seed = 0; seed < 5; seed++) {
        const topology = createTopology('regular', { peers, degree, seed })
        assert.deepEqual(new Set(degrees(topology)), new Set([degree]))
        assert.ok(isConnected(topology))
      }
    }
  })

  it('the same seed gives the same graph, another seed another', () => {
    for (const of of ['regular', 'small-world'] as const) {
      const make = (seed: number) => createTopology(of, { peers: 40, seed })
      assert.deepEqual(make(5), make(5))
      assert.notDeepEqual(make(5).edges, make(6).edges)
    }
  })

  it('the fixed shapes have their known degrees', () => {
    const count = (of: TopologyKind, peers: number) => degrees(createTopology(of, { peers }))
    assert.deepEqual(count('line', 4), [1, 2, 2, 1])
    assert.deepEqual(count('ring', 4), [2, 2, 2, 2])
    assert.deepEqual(count('star', 5), [4, 1, 1, 1, 1])
    assert.deepEqual(count('complete', 4), [3, 3, 3, 3])
    assert.deepEqual(count('two-cliques', 7), [3, 3, 3, 4, 3, 2, 2])
    assert.deepEqual(new Set(count('torus', 15)), new Set([4]))
    assert.deepEqual(new Set(count('exponential', 16)), new Set([7]))
    assert.deepEqual(new Set(count('exponential', 17)), new Set([8]))
    for (const of of ['line', 'star', 'complete', 'exponential'] as const) assert.deepEqual(count(of, 1), [0])
  })

  it('a small world keeps the number of edges of its lattice', () => {
    assert.equal(createTopology('small-world', { peers: 32, degree: 6, seed: 3 }).edges.length, 96)
    assert.equal(createTopology('small-world', { peers: 5 }).edges.length, 10)
  })

  it('refuses more than it can hold', () => {
    assert.throws(() => createTopology('ring', { peers: 10_001 }), /--peers 10001: not a whole number from 1 to 10000/)
    assert.throws(() => createTopology('complete', { peers: 10_000 }), /more than 2000000 edges; try --peers 2000/)
    assert.throws(() => createTopology('regular', { peers: 10_000, degree: 4000 }), /try --degree 400$/)
  })

  it('makes the largest sparse ones', () => {
    assert.equal(createTopology('regular', { peers: 10_000 }).edges.length, 20_000)
    assert.equal(createTopology('small-world', { peers: 10_000 }).edges.length, 20_000)
  })
})
