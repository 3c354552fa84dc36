/** The model as PROTOCOL.md defines it, slowly and with BigInt, to compare the real one with; and made-up updates. */
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { fromHex, toHex } from '#src/core/bytes.js'
import type { Coordinates, ModelOptions } from '#src/core/protocol/model.js'
import type { UpdateRecord } from '#src/core/protocol/set.js'
import { createRandom } from '#src/core/random.js'

const sha = (...parts: readonly Uint8Array[]): Uint8Array => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return new Uint8Array(hash.digest())
}
const text = (value: string) => new TextEncoder().encode(value)

/** One of up to three different updates that an author may have signed for an epoch. */
export interface Made {
  readonly author: number
  readonly epoch: number
  readonly version: number
  readonly weight: number
}

export const SIZE = 12

/** Authors 0 … 6, epochs 0 … 11; mostly one version, sometimes two or three. */
export const madeUpdates = fc.array(
  fc.record({
    author: fc.nat(6),
    epoch: fc.nat(11),
    version: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(2) }),
    weight: fc.integer({ min: 1, max: 4096 })
  }),
  { maxLength: 60 }
)

export const keyOf = (author: number): string => toHex(sha(text(`author ${author}`)))

/** What is the same for every copy of an update: contents follow from author, epoch and version alone. */
export function makeRecord({ author, epoch, version, weight }: Made): UpdateRecord {
  const contentHash = sha(text(`${author} ${epoch} ${version}`))
  const envelope = new Uint8Array(20 + author)
  return { author: keyOf(author), epoch, weight: version + weight, drawBits: 0, contentHash, envelope }
}

/** Between 0 and SIZE coordinates, extremes included. */
export function coordinatesOf(update: UpdateRecord): Coordinates {
  const random = createRandom(new DataView(update.contentHash.buffer).getUint32(0))
  const indices = Uint32Array.from({ length: SIZE }, (_, i) => i).filter(() => random.below(3) > 0)
  const values = Int32Array.from(indices, () =>
    random.below(8) === 0 ? (random.below(2) === 0 ? 1 : -1) * (2 ** 29 - 1) : random.below(2001) - 1000
  )
  return { indices, values }
}

/** Two made updates of one author, epoch and version are one: the first one's weight holds. */
export function unified(made: readonly Made[]): UpdateRecord[] {
  const known = new Map<string, UpdateRecord>()
  for (const one of made) {
    const record = makeRecord(one)
    const id = toHex(record.contentHash)
    if (!known.has(id)) known.set(id, record)
  }
  return [...known.values()]
}

export type Rules = Pick<ModelOptions, 'minAuthors' | 'liveWindow' | 'maxAuthors'>

interface Slot {
  readonly author: string
  readonly versions: UpdateRecord[]
}

/** epoch → authors in order, each with all its different updates. */
function slots(updates: readonly UpdateRecord[]): Map<number, Slot[]> {
  const out = new Map<number, Slot[]>()
  for (const update of updates) {
    const ofEpoch = out.get(update.epoch) ?? []
    out.set(update.epoch, ofEpoch)
    const slot = ofEpoch.find(({ author }) => author === update.author) ?? { author: update.author, versions: [] }
    if (slot.versions.length === 0) ofEpoch.push(slot)
    if (!slot.versions.some(other => toHex(other.contentHash) === toHex(update.contentHash))) slot.versions.push(update)
  }
  for (const ofEpoch of out.values()) ofEpoch.sort((a, b) => (a.author < b.author ? -1 : 1))
  return out
}

/** Half to even, on magnitudes. */
export function divideExactly(a: bigint, b: bigint): bigint {
  const [sign, magnitude] = a < 0n ? [-1n, -a] : [1n, a]
  const quotient = magnitude / b
  const twice = 2n * (magnitude % b)
  const up = twice > b || (twice === b && quotient % 2n === 1n)
  return sign * (up ? quotient + 1n : quotient)
}

/** params of the updates of epochs before `end`, from scratch. Rules 2, 3 and 4. */
export function referenceParams(
  x0: Float64Array,
  updates: readonly UpdateRecord[],
  rules: Rules,
  end = 1000,
  coordinates: (update: UpdateRecord) => Coordinates = coordinatesOf
): bigint[] {
  const table = slots(updates)
  const counted = (epoch: number) =>
    (table.get(epoch) ?? [])
      .flatMap(({ versions }) => (versions.length === 1 ? versions : []))
      .slice(0, rules.maxAuthors)
  const params = [...x0].map(BigInt)
  for (const epoch of [...table.keys()].filter(e => e < end)) {
    const here = counted(epoch)
    if (here.length === 0) continue
    const live = new Map<string, number>()
    for (let e = Math.max(0, epoch - rules.liveWindow + 1); e <= epoch; e++)
      for (const { author, weight } of counted(e)) live.set(author, weight)
    const weights = [...live.values()].sort((a, b) => a - b)
    const typical = weights[Math.floor((weights.length - 1) / 2)]!
    const sum = here.reduce((total, { weight }) => total + weight, 0)
    const divisor = BigInt(Math.max(sum, typical * Math.min(rules.minAuthors, live.size)))
    const sums = params.map(() => 0n)
    for (const update of here) {
      const { indices, values } = coordinates(update)
      indices.forEach((i, j) => {
        sums[i] = sums[i]! + BigInt(update.weight) * BigInt(values[j]!)
      })
    }
    sums.forEach((total, i) => {
      params[i] = params[i]! + divideExactly(total, divisor)
    })
  }
  return params
}

/** Chain digest of all epochs before `before`, from scratch. */
export function referenceChain(updates: readonly UpdateRecord[], before: number): string {
  const table = slots(updates)
  const conflict = sha(text('starlings/1/conflict'))
  let chain = new Uint8Array(32)
  for (let epoch = 0; epoch < before; epoch++) {
    const parts = (table.get(epoch) ?? []).flatMap(({ author, versions }) => [
      fromHex(author),
      Uint8Array.of(versions.length === 1 ? 0 : 1),
      versions.length === 1 ? versions[0]!.contentHash : conflict
    ])
    chain = new Uint8Array(sha(chain, parts.length === 0 ? new Uint8Array(32) : sha(...parts)))
  }
  return toHex(chain)
}
