/** How a testnet's training samples are dealt to its peers. Same samples, same seed: same shards, on every engine. */
import { createRandom, type Random } from '../core/random.js'
import { dirichlet } from './gamma.js'
import type { Subset } from './samples.js'

export type Partition =
  /** Evenly and at random. */
  | { readonly kind: 'iid' }
  /** Each class by shares drawn from Dirichlet(alpha): the smaller alpha, the fewer classes a peer sees (Hsu et al. 2019). */
  | { readonly kind: 'dirichlet'; readonly alpha: number }
  /** By the values of a column: what one hospital, say, has, one peer has. */
  | { readonly kind: 'by'; readonly column: string }

/** Every peer gets at least this many samples, taken from the largest shard. */
export const MIN_SHARD = 8
const PARTITION_STREAM = 0x70617274

/** @throws {RangeError} that lists the forms */
export function parsePartition(text: string): Partition {
  if (text === 'iid') return { kind: 'iid' }
  const [, kind, argument] = /^(dirichlet|by):(.+)$/.exec(text) ?? []
  if (kind === 'by') return { kind, column: argument! }
  if (kind === 'dirichlet') {
    const alpha = /^\d*\.?\d+(e-?\d+)?$/i.test(argument!) ? Number(argument) : Number.NaN
    if (alpha >= 0.001 && alpha <= 1e6) return { kind, alpha }
    throw new RangeError(`the alpha of dirichlet:<alpha> is a number from 0.001 to 1000000, not '${argument}'`)
  }
  throw new RangeError(`a partition is iid, dirichlet:<alpha> or by:<column>, not '${text}'`)
}

export function formatPartition(partition: Partition): string {
  if (partition.kind === 'dirichlet') return `dirichlet:${partition.alpha}`
  return partition.kind === 'by' ? `by:${partition.column}` : 'iid'
}

/**
 * Deals the rows of `subset` to `count` peers; every row goes to exactly one. Each shard is in random order.
 * @param count peers, at least 1
 * @throws {RangeError} when there are fewer than 8 samples per peer, or `by` has no column to go by
 */
export function partitionRows(subset: Subset, partition: Partition, count: number, seed: number): Uint32Array[] {
  if (!Number.isInteger(count) || count < 1)
    throw new RangeError(`the number of peers is a positive integer, not ${count}`)
  const total = subset.rows.length
  if (total < count * MIN_SHARD)
    throw new RangeError(
      `${total} training samples are too few for ${count} peers: each needs ${MIN_SHARD}; take at most ${Math.floor(total / MIN_SHARD)} peers`
    )
  const random = createRandom(seed, PARTITION_STREAM)
  const rows = random.shuffle(Array.from(subset.rows))
  const shards = deal(subset, rows, partition, count, random)
  for (const shard of shards) random.shuffle(shard)
  fillUp(shards)
  return shards.map(shard => Uint32Array.from(shard))
}

function deal(
  subset: Subset,
  rows: readonly number[],
  partition: Partition,
  count: number,
  random: Random
): number[][] {
  if (partition.kind === 'iid')
    return cut(
      rows,
      Array.from({ length: count }, () => 1 / count)
    )
  if (partition.kind === 'dirichlet') return dealByClass(subset, rows, partition.alpha, count, random)
  const { groups } = subset.samples
  if (groups === undefined) throw new RangeError(`by:${partition.column} needs a table with that column`)
  const byValue = groupRows(rows, row => groups[row]!)
  return dealGroups([...byValue], count)
}

function dealByClass(
  subset: Subset,
  rows: readonly number[],
  alpha: number,
  count: number,
  random: Random
): number[][] {
  const shards: number[][] = Array.from({ length: count }, () => [])
  const byClass = groupRows(rows, row => subset.samples.labels[row]!)
  for (const label of [...byClass.keys()].sort((a, b) => a - b)) {
    const parts = cut(byClass.get(label)!, dirichlet(random, alpha, count))
    for (const [peer, part] of parts.entries()) shards[peer]!.push(...part)
  }
  return shards
}

/** Groups, largest first, go round robin to the peers; with fewer groups than peers the largest shares are cut up. */
function dealGroups(groups: [string, number[]][], count: number): number[][] {
  groups.sort(([a, x], [b, y]) => y.length - x.length || (a < b ? -1 : 1))
  const shards: number[][] = Array.from({ length: count }, () => [])
  if (groups.length >= count) {
    for (const [i, [, rows]] of groups.entries()) shards[i % count]!.push(...rows)
    return shards
  }
  const peers = groups.map(() => 1)
  for (let left = count - groups.length; left > 0; left--) {
    let most = 0
    for (const [i, [, rows]] of groups.entries())
      if (rows.length * peers[most]! > groups[most]![1].length * peers[i]!) most = i
    peers[most]!++
  }
  return groups.flatMap(([, rows], i) =>
    cut(
      rows,
      Array.from({ length: peers[i]! }, () => 1 / peers[i]!)
    )
  )
}

function groupRows<K>(rows: readonly number[], key: (row: number) => K): Map<K, number[]> {
  const groups = new Map<K, number[]>()
  for (const row of rows) {
    const group = groups.get(key(row))
    if (group === undefined) groups.set(key(row), [row])
    else group.push(row)
  }
  return groups
}

/** Cuts rows into parts by shares that add up to 1; ends are rounded, so that nothing is lost. */
function cut(rows: readonly number[], shares: ArrayLike<number>): number[][] {
  const parts: number[][] = []
  let from = 0
  let sum = 0
  for (let i = 0; i < shares.length; i++) {
    sum += shares[i]!
    const to =
      i === shares.length - 1 ? rows.length : Math.max(from, Math.min(rows.length, Math.round(sum * rows.length)))
    parts.push(rows.slice(from, to))
    from = to
  }
  return parts
}

/** Moves samples, one at a time, from the largest shard (the first of equals) to the first one that is too small. */
function fillUp(shards: number[][]): void {
  for (const shard of shards)
    while (shard.length < MIN_SHARD) {
      const largest = shards.reduce((a, b) => (b.length > a.length ? b : a))
      shard.push(largest.pop()!)
    }
}
