/** The chance of a fault file: one generator for each entry, whatever other entries there are beside it. */
import { ascii } from '../core/bytes.js'
import { checksum } from '../core/checksum.js'
import { createRandom, type Random } from '../core/random.js'
import type { Faults } from './faults.js'

export type FaultList = 'links' | 'peers' | 'disks' | 'events'

/** @param turn of an event that repeats */
export type Draws = (list: FaultList, index: number, turn?: number) => Random

/**
 * Streams of the seed go by what an entry says and not by its place: a file from which another entry was taken away draws the
 * same for those that are left, which is what makes a failing run shrink. Entries that say the same are told apart by their order.
 */
export function createDraws(faults: Faults, seed: number): Draws {
  const streams = new Map<FaultList, number[]>()
  for (const list of ['links', 'peers', 'disks', 'events'] as const) {
    const seen = new Map<string, number>()
    const entries = (faults[list] ?? []).map(entry => {
      const text = `${list} ${JSON.stringify(entry)}`
      const times = seen.get(text) ?? 0
      seen.set(text, times + 1)
      return checksum(ascii(text), times)
    })
    streams.set(list, entries)
  }
  return (list, index, turn = 0) => createRandom(seed, checksum(ascii(`turn ${turn}`), streams.get(list)![index]!))
}
