/** The fault file's fields and their bounds. */
import * as v from 'valibot'
import { DISK_FAULTS, HOSTILE_KINDS } from './faults.js'

/** More peers than any topology has. */
const MAX_PEER = 9_999
const MAX_EPOCHS = 1_000_000
/** A week. */
const MAX_SECONDS = 604_800
const MAX_ENTRIES = 1_000
const MAX_DELAY_MS = 600_000

const number = (min: number, max: number) =>
  v.pipe(
    v.number(`is not a number; use one from ${min} to ${max}`),
    v.check(
      value => value >= min && value <= max,
      issue => `is ${issue.input}; use a number from ${min} to ${max}`
    )
  )
const whole = (min: number, max: number) =>
  v.pipe(
    v.number(`is not a number; use a whole number from ${min} to ${max}`),
    v.check(
      value => Number.isInteger(value) && value >= min && value <= max,
      issue => `is ${issue.input}; use a whole number from ${min} to ${max}`
    )
  )
const part = number(0, 1)
const picked = <const T extends readonly string[]>(values: T) =>
  v.picklist(values, `is none of ${values.join(', ')}; use one of them`)
const list = <T extends v.GenericSchema>(item: T, what: string) =>
  v.pipe(v.array(item, `is not a list of ${what}`), v.maxLength(MAX_ENTRIES, `has more than ${MAX_ENTRIES} entries`))

const moment = v.union(
  [v.strictObject({ epoch: whole(0, MAX_EPOCHS) }), v.strictObject({ seconds: number(0, MAX_SECONDS) })],
  'is no moment; use { "epoch": 5 } or { "seconds": 30 }'
)
const span = v.union(
  [
    v.strictObject({ epochs: v.pipe(number(0, MAX_EPOCHS), v.minValue(1, 'is no span; use 1 epoch or more')) }),
    v.strictObject({ seconds: v.pipe(number(0, MAX_SECONDS), v.minValue(0.01, 'is no span; use 0.01 s or more')) })
  ],
  'is no span; use { "epochs": 5 } or { "seconds": 30 }'
)
const selection = v.union(
  [
    v.literal('all'),
    v.pipe(v.array(whole(0, MAX_PEER)), v.minLength(1), v.maxLength(MAX_PEER + 1)),
    v.strictObject({ count: whole(1, MAX_PEER + 1) }),
    v.strictObject({ fraction: part })
  ],
  'selects no peers; use "all", peer numbers such as [0, 3], { "count": 2 } or { "fraction": 0.25 }'
)
const pairs = v.union(
  [
    v.literal('all'),
    v.pipe(v.array(v.strictTuple([whole(0, MAX_PEER), whole(0, MAX_PEER)])), v.minLength(1)),
    v.strictObject({ fraction: part }),
    v.strictObject({ of: selection })
  ],
  'selects no links; use "all", pairs such as [[0, 1]], { "fraction": 0.25 } or { "of": { "count": 2 } }'
)
const delay = v.variant(
  'kind',
  [
    v.strictObject({ kind: v.literal('constant'), ms: number(0, MAX_DELAY_MS) }),
    v.pipe(
      v.strictObject({ kind: v.literal('uniform'), min: number(0, MAX_DELAY_MS), max: number(0, MAX_DELAY_MS) }),
      v.check(({ min, max }) => min <= max, 'has a "min" above its "max"')
    ),
    v.strictObject({ kind: v.literal('exponential'), mean: number(0, MAX_DELAY_MS) })
  ],
  'is no delay; use { "kind": "uniform", "min": 5, "max": 50 }, or the kinds constant (ms) or exponential (mean)'
)

const link = v.strictObject({
  between: pairs,
  from: v.optional(moment),
  to: v.optional(moment),
  /** Of a pair, from its first peer to its second only; of `of`, only what these peers send. */
  oneWay: v.optional(v.boolean('is neither true nor false')),
  loss: v.optional(part),
  duplication: v.optional(part),
  reordering: v.optional(part),
  corruption: v.optional(part),
  delayMs: v.optional(delay),
  bandwidthKbps: v.optional(number(1, 10_000_000))
})

const peer = v.strictObject({
  peers: selection,
  slowdown: v.optional(number(1, 1000)),
  clockSkewPercent: v.optional(number(-50, 50)),
  hostile: v.optional(picked(HOSTILE_KINDS))
})

const disk = v.strictObject({
  peers: selection,
  from: v.optional(moment),
  to: v.optional(moment),
  fault: picked(DISK_FAULTS)
})

const repeated = { at: moment, every: v.optional(span), until: v.optional(moment) }
const event = v.variant(
  'do',
  [
    v.strictObject({
      do: v.literal('crash'),
      ...repeated,
      peers: selection,
      for: v.optional(span),
      disk: v.optional(picked(['kept', 'lost', 'torn']))
    }),
    v.strictObject({ do: v.literal('leave'), ...repeated, peers: selection, for: v.optional(span) }),
    v.strictObject({ do: v.literal('freeze'), ...repeated, peers: selection, for: span }),
    v.strictObject({ do: v.literal('join'), at: moment, peers: selection }),
    v.strictObject({
      do: v.literal('partition'),
      ...repeated,
      groups: v.union(
        [whole(2, MAX_PEER + 1), v.pipe(v.array(v.pipe(v.array(whole(0, MAX_PEER)), v.minLength(1))), v.minLength(1))],
        'are no groups; use how many, such as 2, or lists of peers such as [[0, 1], [2, 3]]'
      ),
      for: v.optional(span)
    })
  ],
  'is none of crash, leave, freeze, join, partition; use one of them'
)

export const fields = v.strictObject(
  {
    faults: v.literal(1, 'is not 1, the version of the format this program reads'),
    name: v.pipe(
      v.string('is not a text'),
      v.minLength(1, 'is empty'),
      v.maxLength(64, 'is longer than 64 characters')
    ),
    about: v.optional(v.pipe(v.string('is not a text'), v.maxLength(1000, 'is longer than 1000 characters'))),
    links: v.optional(list(link, 'rules for links')),
    peers: v.optional(list(peer, 'rules for peers')),
    disks: v.optional(list(disk, 'faults of disks')),
    events: v.optional(list(event, 'events'))
  },
  'is not an object such as { "faults": 1, "name": "loss", "links": [{ "between": "all", "loss": 0.1 }] }'
)
