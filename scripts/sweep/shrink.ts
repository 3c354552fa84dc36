/** Makes a failing run smaller while it still breaks the same promise. */
import { compileFaults, type Faults } from '#src/faults/index.js'
import { createTopology, type Topology } from '#src/topology/index.js'
import type { Job, JobResult } from './job.js'

const LISTS = ['links', 'peers', 'disks', 'events'] as const
const LINK_FIELDS = ['loss', 'duplication', 'reordering', 'corruption', 'delayMs', 'bandwidthKbps'] as const

export interface Shrunk {
  readonly job: Job
  readonly result: JobResult
  /** Runs that it took. */
  readonly runs: number
}

export interface ShrinkInit {
  readonly run: (job: Job) => Promise<JobResult>
  /** Runs at a time. */
  readonly width: number
  /** No further round begins after this many runs. */
  readonly maxRuns: number
  readonly onSmaller?: (job: Job) => void
}

/**
 * Rounds of smaller candidates, the boldest first; the first that still breaks the promise which broke first is taken, until
 * none does. A run is chaotic, so what comes out is small but need not be the smallest.
 */
export async function shrink(job: Job, result: JobResult, init: ShrinkInit): Promise<Shrunk> {
  const { id } = result.broken[0]!
  let best: Shrunk = { job, result, runs: 0 }
  let runs = 0
  for (let smaller = true; smaller && runs < init.maxRuns; ) {
    smaller = false
    const left = candidates(best.job)
    while (left.length > 0 && !smaller && runs < init.maxRuns) {
      const tried = await Promise.all(
        left.splice(0, init.width).map(async candidate => ({ job: candidate, result: await init.run(candidate) }))
      )
      runs += tried.length
      const found = tried.find(({ result }) => result.broken.some(violation => violation.id === id))
      if (found === undefined) continue
      best = { ...found, runs }
      smaller = true
      init.onSmaller?.(best.job)
    }
  }
  return { ...best, runs }
}

function candidates(job: Job): Job[] {
  return [...fewerEpochs(job), ...fewerPeers(job), ...fewerEntries(job), ...fewerFields(job)]
}

function fewerEpochs(job: Job): Job[] {
  const { epochs } = job
  const tried = new Set([Math.floor(epochs / 2), Math.floor((3 * epochs) / 4), epochs - 1])
  return [...tried].filter(count => count > 0 && count < epochs).map(count => ({ ...job, epochs: count }))
}

/** Of the kinds that can be made anew; one written by hand stays as it is. */
function fewerPeers(job: Job): Job[] {
  const { topology } = job
  const { kind, degree, seed, peers } = topology
  if (kind === 'custom') return []
  const tried = new Set([Math.floor(peers / 2), Math.floor((3 * peers) / 4), peers - 2, peers - 1])
  return [...tried]
    .filter(count => count > 1 && count < peers)
    .flatMap(count => {
      try {
        const smaller: Topology = createTopology(kind, {
          peers: count,
          ...(degree === undefined ? {} : { degree }),
          ...(seed === undefined ? {} : { seed })
        })
        const { faults, seed: drawn } = job
        if (faults !== undefined) compileFaults(faults, { peers: smaller.peers, edges: smaller.edges, seed: drawn })
        return [{ ...job, topology: smaller }]
      } catch {
        // Not every number of peers makes a topology of every kind, nor one whose peers and links the faults name.
        return []
      }
    })
}

/** Without half of a list, then without one entry. */
function fewerEntries(job: Job): Job[] {
  const { faults } = job
  if (faults === undefined) return []
  const out: Job[] = []
  for (const list of LISTS) {
    const entries: readonly unknown[] = faults[list] ?? []
    const without = (drop: (index: number) => boolean) => {
      const left = entries.filter((_, index) => !drop(index))
      out.push({ ...job, faults: { ...faults, [list]: left } as Faults })
    }
    if (entries.length > 0) without(() => true)
    if (entries.length > 3) {
      without(index => index < entries.length / 2)
      without(index => index >= entries.length / 2)
    }
    if (entries.length > 1) for (const at of entries.keys()) without(index => index === at)
  }
  return out
}

/** With one fault of a link less. */
function fewerFields(job: Job): Job[] {
  const { faults } = job
  return (faults?.links ?? []).flatMap((rule, at) => {
    const present = LINK_FIELDS.filter(field => rule[field] !== undefined)
    if (present.length < 2) return []
    return present.map(field => {
      const { [field]: _, ...less } = rule
      const links = faults!.links!.map((other, index) => (index === at ? less : other))
      return { ...job, faults: { ...faults!, links } }
    })
  })
}
