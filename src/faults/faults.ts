/** What can go wrong in a run, and when. The format of the file: topology/faults/README.md. */
import type * as v from 'valibot'
import type { fields } from './schema.js'

/** What an outsider or a traitor does. The simulator has one of each. */
export const HOSTILE_KINDS = [
  'epoch-liar',
  'equivocator',
  'flooder',
  'replayer',
  'silent',
  'snapshot-forger',
  'repair-rubbish'
] as const

export type HostileKind = (typeof HOSTILE_KINDS)[number]

/**
 * `full`: nothing new can be written; `read-only`: nothing at all; `torn`: a crash leaves part of what was being written;
 * `lying`: says that it is written before it is, so that a crash takes it back.
 */
export const DISK_FAULTS = ['full', 'read-only', 'torn', 'lying'] as const

export type DiskFault = (typeof DISK_FAULTS)[number]

/** A checked file. */
export type Faults = v.InferOutput<typeof fields>

export type Moment = { readonly epoch: number } | { readonly seconds: number }
export type Span = { readonly epochs: number } | { readonly seconds: number }
export type Selection = 'all' | readonly number[] | { readonly count: number } | { readonly fraction: number }
export type Delay =
  | { readonly kind: 'constant'; readonly ms: number }
  | { readonly kind: 'uniform'; readonly min: number; readonly max: number }
  | { readonly kind: 'exponential'; readonly mean: number }

export type LinkRule = NonNullable<Faults['links']>[number]
export type FaultEvent = NonNullable<Faults['events']>[number]

/** A fault file that cannot be read, or that does not fit the topology. The message names file, field and remedy. */
export class FaultsError extends Error {
  override readonly name = 'FaultsError'
}

/** "events.2.at" as people write it, counted from 1: `event 3, "at"`. */
export function placeOf(path: readonly (string | number)[]): string {
  const [list, index, ...rest] = path
  if (typeof list !== 'string' || typeof index !== 'number') return `"${path.join('.')}"`
  const entry = `${{ links: 'link', peers: 'peer', disks: 'disk', events: 'event' }[list] ?? list} rule ${index + 1}`
  const named = list === 'events' ? `event ${index + 1}` : entry
  return rest.length === 0 ? named : `${named}, "${rest.join('.')}"`
}
