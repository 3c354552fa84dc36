/**
 * A disk on virtual time behind the interface of a store. It fails as disks do: what was not yet durable is lost in a power
 * cut, a record comes back damaged, a write that was reported durable never was, there is no space left. One seed, one disk.
 */
import type { Random } from '../core/random.js'
import type { DiskFault } from '../faults/faults.js'
import type { Clock, Store, StoreChange } from '../interface.js'

/** What a crash does beyond taking away what was not yet durable. */
export type DiskCrash = 'kept' | 'torn' | 'lost'

export interface CrashReport {
  /** Everything is gone. */
  readonly lost: boolean
  /** The record that came back damaged; null when none did. */
  readonly damaged: string | null
  /** Durable batches and marks that a lying disk lost. */
  readonly lied: number
}

export interface VirtualDiskInit {
  readonly clock: Clock
  readonly random: Random
  /** Milliseconds of a batch and of the flush that makes one durable, uniform. @default [0.2, 2] and [1, 10] */
  readonly writeMs?: readonly [number, number]
  readonly flushMs?: readonly [number, number]
}

export interface VirtualDisk {
  /**
   * `full`: batches are refused, a mark needs no space and holds; `read-only`: both are refused; `torn` and `lying` show at the
   * next crash: it damages a record, or takes back what was reported durable.
   */
  fault: DiskFault | null
  /** One process at a time. What an earlier one left to be done after a crash never comes about. @throws when it is open */
  open(): Store
  /** Power fails: whoever has it open never hears from it again. */
  crash(how: DiskCrash): CrashReport
  /** Keys and values that are held, pending ones included. */
  readonly bytes: () => number
}

/** A batch that is not yet durable, whether or not it is yet written. */
interface Batch {
  readonly changes: readonly StoreChange[]
  /** Refused, and yet it may turn up after a crash unless a later one was taken. */
  readonly refused: boolean
  /** It was reported durable, which it is not. */
  lied: boolean
}

/** One refused write in so many turns up after a crash all the same. */
const GHOSTS = 8
const NEVER = new Promise<never>(() => {})
const REFUSALS = { full: 'no space left on the device', 'read-only': 'the file system is read-only' } as const

export function createVirtualDisk(init: VirtualDiskInit): VirtualDisk {
  const { clock, random, writeMs = [0.2, 2], flushMs = [1, 10] } = init
  /** Outlives a power cut. */
  let durable = new Map<string, Uint8Array>()
  let mark: number | null = null
  /** In order; the last ones may still be on their way. */
  let pending: Batch[] = []
  /** What a process that asks sees: durable and written. */
  let visible = new Map<string, Uint8Array>()
  let visibleMark: number | null = null
  /** Writes asked for so far. */
  let writes = 0
  let life = 0
  let isOpen = false

  const between = ([least, most]: readonly [number, number]) => least + random.unit() * (most - least)

  function settle(count: number): void {
    for (const batch of pending.splice(0, count)) put(durable, batch)
  }

  function open(): Store {
    if (isOpen) throw new Error('the store is open in another process')
    isOpen = true
    const mine = ++life
    let closed = false
    let tail: Promise<unknown> = Promise.resolve()
    const refuseClosed = () => {
      if (closed) throw new Error('the store is closed')
    }
    /** One thing at a time and in order, as on a log. After a crash nothing goes on. */
    function queue(ms: number, work: () => void): Promise<void> {
      const next = () =>
        new Promise<void>((resolve, reject) => {
          clock.after(ms, () => {
            if (life !== mine) return
            try {
              resolve(work())
            } catch (error) {
              reject(error)
            }
          })
        })
      const result = tail.then(next, next)
      tail = result
      return result
    }

    return {
      async *read(prefix) {
        refuseClosed()
        if (life !== mine) await NEVER
        const entries = [...visible].filter(([key]) => key.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1))
        for (const [key, value] of entries) yield [key, value] as const
      },
      async write(changes, { durable: flush }) {
        refuseClosed()
        if (life !== mine) return NEVER
        const kept = [...changes]
        const turn = ++writes
        const { fault } = disk
        if (fault === 'full' || fault === 'read-only') {
          const ghost = fault === 'full' && random.below(GHOSTS) === 0
          return queue(between(writeMs), () => {
            if (ghost && turn === writes) pending.push({ changes: kept, refused: true, lied: false })
            throw new Error(REFUSALS[fault])
          })
        }
        const batch: Batch = { changes: kept, refused: false, lied: false }
        pending = pending.filter(({ refused }) => !refused)
        pending.push(batch)
        return queue(between(writeMs) + (flush ? between(flushMs) : 0), () => {
          put(visible, batch)
          if (flush && disk.fault === 'lying') batch.lied = true
          else if (flush) settle(pending.indexOf(batch) + 1)
        })
      },
      async mark(epoch) {
        refuseClosed()
        if (life !== mine) return NEVER
        const { fault } = disk
        return queue(between(flushMs), () => {
          if (fault === 'read-only') throw new Error(REFUSALS[fault])
          visibleMark = epoch
          if (fault !== 'lying') mark = visibleMark
        })
      },
      async marked() {
        refuseClosed()
        return life === mine ? visibleMark : NEVER
      },
      async close() {
        if (closed || life !== mine) return
        closed = true
        await tail.catch(() => {})
        if (life !== mine) return NEVER
        if (disk.fault !== 'lying') settle(pending.length)
        isOpen = false
      }
    }
  }

  /** Flips a bit of a record, or cuts it off. */
  function damage(): string | null {
    const keys = [...durable.keys()].sort()
    if (keys.length === 0) return null
    const key = keys[random.below(keys.length)]!
    const value = durable.get(key)!.slice()
    if (value.length > 0 && random.below(2) === 0) {
      const at = random.below(value.length)
      value[at] = value[at]! ^ (1 << random.below(8))
      durable.set(key, value)
    } else durable.set(key, value.slice(0, random.below(Math.max(1, value.length))))
    return key
  }

  const disk: VirtualDisk = {
    fault: null,
    open,
    crash(how) {
      life++
      isOpen = false
      if (how === 'lost') {
        durable = new Map()
        mark = null
        pending = []
      }
      // What was on its way is there up to some point: batches whole, and none without those before it.
      settle(disk.fault === 'lying' ? 0 : random.below(pending.length + 1))
      const lied = pending.filter(batch => batch.lied).length + (how !== 'lost' && mark !== visibleMark ? 1 : 0)
      const damaged = how === 'torn' || (how === 'kept' && disk.fault === 'torn') ? damage() : null
      pending = []
      visible = new Map(durable)
      visibleMark = mark
      return { lost: how === 'lost', damaged, lied }
    },
    bytes() {
      let sum = 0
      for (const [key, value] of visible) sum += key.length + value.length
      return sum
    }
  }
  return disk
}

function put(target: Map<string, Uint8Array>, { changes }: Batch): void {
  for (const { key, value } of changes) value === null ? target.delete(key) : target.set(key, value)
}
