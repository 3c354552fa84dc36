import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { loadData } from '#src/node/data/index.js'
import { formatPartition, MIN_SHARD, type Partition, parsePartition, partitionRows } from '#src/train/partition.js'
import type { Subset } from '#src/train/samples.js'

/** Rows with the given labels, and groups where given. */
function subsetOf(labels: readonly number[], groups?: readonly string[]): Subset {
  const samples = { width: 1, values: new Uint8Array(labels.length), scale: 1, labels: Uint16Array.from(labels) }
  return {
    samples: groups === undefined ? samples : { ...samples, groups },
    rows: Uint32Array.from({ length: labels.length }, (_, i) => i)
  }
}

function hashOf(shards: readonly Uint32Array[]): string {
  const hash = createHash('sha256')
  for (const shard of shards) hash.update(`${shard.join(' ')}\n`)
  return hash.digest('hex').slice(0, 16)
}

const partitions: fc.Arbitrary<Partition> = fc.oneof(
  fc.constant<Partition>({ kind: 'iid' }),
  fc.constant<Partition>({ kind: 'by', column: 'site' }),
  fc.record({ kind: fc.constant('dirichlet' as const), alpha: fc.constantFrom(0.001, 0.05, 0.1, 0.5, 1, 7, 1000) })
)

describe('a partition', () => {
  it('deals every sample to exactly one peer and at least 8 to each, the same for the same seed', () => {
    fc.assert(
      fc.property(
        partitions,
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.constantFrom('a', 'b', 'c', 'd', 'e')), {
          minLength: 160,
          maxLength: 300
        }),
        fc.nat(),
        (partition, count, drawn, seed) => {
          const subset = subsetOf(
            drawn.map(([label]) => label),
            drawn.map(([, group]) => group)
          )
          const shards = partitionRows(subset, partition, count, seed)
          assert.equal(shards.length, count)
          const all = shards.flatMap(shard => [...shard]).sort((a, b) => a - b)
          assert.deepEqual(all, [...subset.rows])
          for (const shard of shards) assert.ok(shard.length >= MIN_SHARD)
          assert.deepEqual(partitionRows(subset, partition, count, seed), shards)
        }
      ),
      { numRuns: 200 }
    )
  })

  // A change here changes every figure that was ever measured: it means another partition, not a better one.
  const frozen: [string, number, string][] = [
    ['iid', 1, 'd06e425f9aa000c3'],
    ['dirichlet:0.1', 1, '898e71cc7614bbe3'],
    ['dirichlet:0.1', 2, '4d70743d03d77d8b'],
    ['dirichlet:0.1', 3, '6ad7d3eb22a421ae'],
    ['dirichlet:10', 1, 'bff0ae15742a7374']
  ]
  for (const [text, seed, expected] of frozen)
    it(`deals digits as it always did: ${text}, seed ${seed}`, async () => {
      const { train } = await loadData({ kind: 'digits' }, { seed })
      assert.equal(hashOf(partitionRows(train, parsePartition(text), 16, seed)), expected)
    })

  it('gives peers few classes each with dirichlet:0.1, and nearly equal parts with iid', async () => {
    const { train } = await loadData({ kind: 'digits' }, { seed: 1 })
    const shards = partitionRows(train, { kind: 'dirichlet', alpha: 0.1 }, 16, 1)
    const main = shards.map(shard => {
      const counts = new Array<number>(10).fill(0)
      for (const row of shard) counts[train.samples.labels[row]!]!++
      return (
        counts
          .sort((a, b) => b - a)
          .slice(0, 3)
          .reduce((a, b) => a + b) / shard.length
      )
    })
    assert.ok(
      main.every(part => part > 0.6),
      main.join(' ')
    )
    const sizes = partitionRows(train, { kind: 'iid' }, 16, 1).map(shard => shard.length)
    assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, sizes.join(' '))
  })

  it('gives each value of a column to one peer, the largest first, round robin', () => {
    const sizes = { a: 40, b: 30, c: 20, d: 10 }
    const groups = Object.entries(sizes).flatMap(([name, size]) => new Array<string>(size).fill(name))
    const subset = subsetOf(
      groups.map(() => 0),
      groups
    )
    const shards = partitionRows(subset, { kind: 'by', column: 'site' }, 3, 1)
    const held = shards.map(shard => [...new Set([...shard].map(row => groups[row]))].sort().join(''))
    assert.deepEqual(held, ['ad', 'b', 'c'])
  })

  it('cuts up the largest values when there are fewer than peers', () => {
    const groups = [...new Array<string>(90).fill('a'), ...new Array<string>(30).fill('b')]
    const subset = subsetOf(
      groups.map(() => 0),
      groups
    )
    const shards = partitionRows(subset, { kind: 'by', column: 'site' }, 4, 1)
    assert.deepEqual(
      shards.map(shard => shard.length),
      [30, 30, 30, 30]
    )
    for (const shard of shards) assert.equal(new Set([...shard].map(row => groups[row])).size, 1)
  })

  it('says how many peers there can be', () => {
    const subset = subsetOf(new Array<number>(31).fill(0))
    assert.throws(
      () => partitionRows(subset, { kind: 'iid' }, 4, 1),
      /31 training samples are too few for 4 peers.*at most 3/
    )
    assert.throws(() => partitionRows(subset, { kind: 'by', column: 'site' }, 2, 1), /by:site needs a table/)
    assert.throws(() => partitionRows(subset, { kind: 'iid' }, 0, 1), RangeError)
  })

  it('is read from its text and printed as it', () => {
    for (const text of ['iid', 'dirichlet:0.1', 'dirichlet:100', 'by:hospital', 'by:mean radius'])
      assert.equal(formatPartition(parsePartition(text)), text)
    assert.deepEqual(parsePartition('dirichlet:.5'), { kind: 'dirichlet', alpha: 0.5 })
    for (const text of [
      '',
      'IID',
      'dirichlet',
      'dirichlet:',
      'dirichlet:0',
      'dirichlet:-1',
      'dirichlet:x',
      'dirichlet:1e9',
      'by:',
      'even'
    ])
      assert.throws(() => parsePartition(text), RangeError, text)
  })
})
