/** Virtual time: events in order of time, then of scheduling; nothing happens between them. */
import type { Clock } from '../interface.js'

interface Event {
  readonly at: number
  readonly order: number
  readonly run: () => unknown
  cancelled: boolean
}

export interface VirtualClock extends Clock {
  /** Runs the next event. @returns false when there is none */
  step(): boolean
  /** False: the last event did nothing, so no promise waits because of it. An event says so by returning false. */
  stirred(): boolean
  /** Time of the next event, milliseconds; infinity when there is none. */
  next(): number
}

/** @param start milliseconds */
export function createVirtualClock(start = 0): VirtualClock {
  let now = start
  let order = 0
  let stirred = true
  const heap: Event[] = []
  const before = (a: Event, b: Event) => a.at < b.at || (a.at === b.at && a.order < b.order)

  function push(event: Event): void {
    let i = heap.push(event) - 1
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!before(heap[i]!, heap[parent]!)) break
      swap(i, parent)
      i = parent
    }
  }
  function pop(): Event | undefined {
    const top = heap[0]
    const last = heap.pop()
    if (top === undefined || last === undefined || heap.length === 0) return top
    heap[0] = last
    for (let i = 0; ; ) {
      const left = 2 * i + 1
      let least = i
      if (left < heap.length && before(heap[left]!, heap[least]!)) least = left
      if (left + 1 < heap.length && before(heap[left + 1]!, heap[least]!)) least = left + 1
      if (least === i) return top
      swap(i, least)
      i = least
    }
  }
  function swap(i: number, j: number): void {
    const event = heap[i]!
    heap[i] = heap[j]!
    heap[j] = event
  }
  function dropCancelled(): void {
    while (heap[0]?.cancelled) pop()
  }

  return {
    now: () => now,
    after(ms, callback) {
      const event: Event = { at: now + Math.max(0, ms), order: order++, run: callback, cancelled: false }
      push(event)
      return () => {
        event.cancelled = true
      }
    },
    step() {
      dropCancelled()
      const event = pop()
      if (event === undefined) return false
      now = event.at
      stirred = event.run() !== false
      return true
    },
    stirred: () => stirred,
    next() {
      dropCancelled()
      return heap[0]?.at ?? Number.POSITIVE_INFINITY
    }
  }
}
