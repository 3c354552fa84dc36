import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { createTopology, formatTopology, parseTopology, TOPOLOGY_KINDS, TopologyError } from '#src/topology/index.js'

const good = {
  topology: 1,
  kind: 'custom',
  peers: 4,
  edges: [
    [0, 1],
    [1, 2],
    [2, 3]
  ]
}

function refusal(text: string): string {
  try {
    parseTopology(text, 'net.json')
  } catch (error) {
    assert.ok(error instanceof TopologyError, String(error))
    assert.equal(error.fault, 'file')
    assert.ok(error.message.startsWith('net.json: '))
    assert.ok(error.message.split('\n').length <= 2, error.message)
    return error.message.slice('net.json: '.length)
  }
  return assert.fail(`accepted ${text}`)
}

const refusalOf = (change: object): string => refusal(JSON.stringify({ ...good, ...change }))

describe('topology: the file', () => {
  it('reads back what it writes, for every kind', () => {
    for (const kind of TOPOLOGY_KINDS) {
      for (const peers of [9, 16, 25]) {
        const topology = createTopology(kind, { peers })
        assert.deepEqual(parseTopology(formatTopology(topology), 'x'), topology)
      }
    }
    const one = createTopology('line', { peers: 1 })
    assert.deepEqual(parseTopology(formatTopology(one), 'x'), one)
  })

  it('sorts edges of any order and direction', () => {
    const topology = parseTopology(
      JSON.stringify({
        ...good,
        edges: [
          [3, 2],
          [1, 0],
          [2, 1]
        ]
      }),
      'x'
    )
    assert.deepEqual(topology, parseTopology(JSON.stringify(good), 'x'))
  })

  it('says what is not JSON', () => {
    assert.match(
      refusal('{"topology": 1,'),
      /^not JSON: .*\n"starlings topology ring --peers 8" prints a file that works$/
    )
    assert.match(refusal(''), /^not JSON: /)
    for (const text of ['3', 'null', '"ring"'])
      assert.match(refusal(text), /^is not an object such as \{ "topology": 1/)
  })

  it('names a missing, unknown or wrong field', () => {
    assert.equal(refusalOf({ peers: undefined }), '"peers" is missing; add it')
    assert.equal(refusalOf({ edges: undefined }), '"edges" is missing; add it')
    assert.match(
      refusalOf({ node: 3 }),
      /^"node" is not a field of a topology; remove it \(fields: topology, kind, peers/
    )
    assert.equal(refusalOf({ topology: 2 }), '"topology" is not 1, the version of the format this program reads')
    assert.match(
      refusalOf({ kind: 'rung' }),
      /^"kind" is none of ring, line, .*; use "custom" if you wrote it by hand$/
    )
    assert.equal(refusalOf({ peers: 0 }), '"peers" is 0; use a whole number from 1 to 10000')
    assert.equal(refusalOf({ peers: 10_001 }), '"peers" is 10001; use a whole number from 1 to 10000')
    assert.equal(refusalOf({ peers: 1.5 }), '"peers" is 1.5; use a whole number from 1 to 10000')
    assert.equal(refusalOf({ peers: '4' }), '"peers" is not a number; use a whole number from 1 to 10000')
    assert.match(refusalOf({ seed: -1 }), /^"seed" is -1; use a whole number from 0/)
    assert.match(refusalOf({ edges: 3 }), /^"edges" is not a list; use pairs/)
  })

  it('names the edge that is wrong', () => {
    const edges = (...more: unknown[]) => refusalOf({ edges: [...good.edges, ...more] })
    assert.equal(
      edges([1, 4]),
      'edge 4, [1, 4], leads to peer 4, but the peers are 0 to 3; correct it or set "peers" to 5'
    )
    assert.equal(edges([-1, 2]), 'edge 4, [-1, 2], leads to peer -1, but the peers are 0 to 3; correct it')
    assert.equal(edges([0.5, 2]), 'edge 4, [0.5, 2], leads to peer 0.5, but the peers are 0 to 3; correct it')
    assert.equal(edges([1, 2]), 'edge 4, [1, 2], is the same as edge 2, [1, 2]; remove one of them')
    assert.equal(edges([2, 1]), 'edge 4, [2, 1], is the same as edge 2, [1, 2]; remove one of them')
    assert.equal(edges([2, 2]), 'edge 4, [2, 2], joins peer 2 to itself; remove it')
    for (const bad of [[1], [1, 2, 3], ['1', 2], 'x', null, {}]) {
      assert.match(edges(bad), /^edge 4, .*, is not a pair of peer numbers such as \[0, 1\]$/)
    }
  })

  it('names two parts that are not connected', () => {
    assert.equal(
      refusalOf({
        edges: [
          [0, 1],
          [2, 3]
        ]
      }),
      'not connected, in two parts: peers 0 and 1 cannot reach peers 2 and 3\nadd an edge between them, such as [0, 2]'
    )
    assert.equal(
      refusalOf({ peers: 9, edges: [0, 1, 2, 3, 4, 5].map(peer => [peer, peer + 1]) }),
      'not connected, in 3 parts: peers 0, 1, 2, 3 and 3 more cannot reach peer 7\nadd an edge between them, such as [0, 7]'
    )
  })

  it('accepts or refuses anything with its own error only', () => {
    const field = fc.oneof(fc.jsonValue(), fc.integer({ min: -1, max: 5 }), fc.array(fc.tuple(fc.nat(4), fc.nat(4))))
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(good), 'seed', 'degree'), field, (name, value) => {
        const text = JSON.stringify({ ...good, [name]: value })
        try {
          parseTopology(text, 'net.json')
        } catch (error) {
          assert.ok(error instanceof TopologyError)
        }
      }),
      { numRuns: 500 }
    )
  })

  it('every file in topology/ is one that formatTopology writes', async () => {
    const folder = new URL('../../../../../topology/', import.meta.url)
    const names = (await readdir(folder)).filter(name => name.endsWith('.json'))
    assert.ok(names.length >= 12)
    for (const name of names) {
      const text = await readFile(new URL(name, folder), 'utf8')
      const topology = parseTopology(text, name)
      assert.equal(formatTopology(topology), text)
      assert.ok(name.endsWith(`-${topology.peers}.json`))
    }
  })
})
