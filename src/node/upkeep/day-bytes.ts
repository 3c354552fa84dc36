/** Bytes per day of the local calendar and in all, over many runs: what `status` shows and --max-mb-per-day limits. */
import * as v from 'valibot'
import type { ByteCounter } from '../../net/bytes.js'

/** Where the tally outlives the process; a `Home` is one. */
export interface BytesPlace {
  /** @returns undefined when there is none */
  readBytes(): Promise<Uint8Array | undefined>
  /** All or nothing. */
  writeBytes(bytes: Uint8Array): Promise<void>
}

export interface DayBytesInit {
  /** Of this run; only ever grows. */
  readonly counter: Readonly<ByteCounter>
  /** The time as the user's calendar has it. */
  readonly wall: () => Date
  /** @default nothing is kept */
  readonly place?: BytesPlace | undefined
}

export interface DayFigures {
  readonly today: Readonly<ByteCounter>
  /** Of all runs. */
  readonly total: Readonly<ByteCounter>
}

/** Bytes in the unit of --max-mb-per-day. */
export const MEGABYTE = 1_000_000
/** Between writes, ms: what a crash may take from the day's tally is what came in that time. */
const SAVE_MS = 30_000

const count = v.pipe(v.number(), v.integer(), v.minValue(0))
const counted = v.strictObject({ sent: count, received: count })
const fileSchema = v.strictObject({
  version: v.literal(1),
  /** The local day of `today`: year-month-day. */
  day: v.pipe(v.string(), v.regex(/^\d{4}-\d\d-\d\d$/)),
  today: counted,
  total: counted
})

export class DayBytes {
  readonly #init: DayBytesInit
  #day: string
  #today: ByteCounter = { sent: 0, received: 0 }
  #total: ByteCounter = { sent: 0, received: 0 }
  /** The counter at the last look. */
  #seen: ByteCounter = { sent: 0, received: 0 }
  #savedAt = Number.NEGATIVE_INFINITY
  #dirty = false

  /** A tally that cannot be read begins anew: it is worth less than a start. */
  static async open(init: DayBytesInit): Promise<DayBytes> {
    const tally = new DayBytes(init)
    const bytes = await init.place?.readBytes().catch(() => undefined)
    if (bytes !== undefined) tally.#restore(bytes)
    return tally
  }

  private constructor(init: DayBytesInit) {
    this.#init = init
    this.#day = dayOf(init.wall())
  }

  /** Takes in what came since the last look. A day begins at local midnight, also when the clock is set back to the day before. */
  look(): DayFigures {
    const { counter, wall } = this.#init
    const day = dayOf(wall())
    if (day !== this.#day) {
      // What came since the last look, a second ago, is the new day's.
      this.#day = day
      this.#today = { sent: 0, received: 0 }
      this.#dirty = true
    }
    const sent = counter.sent - this.#seen.sent
    const received = counter.received - this.#seen.received
    this.#seen = { ...counter }
    this.#dirty ||= sent > 0 || received > 0
    this.#today = { sent: this.#today.sent + sent, received: this.#today.received + received }
    this.#total = { sent: this.#total.sent + sent, received: this.#total.received + received }
    return { today: this.#today, total: this.#total }
  }

  /** Writes the tally, when that is due or `now` is asked for. @param atMs of any clock that goes on. A failing disk is told of elsewhere. */
  async save(atMs: number, now = false): Promise<void> {
    const { place } = this.#init
    this.look()
    if (place === undefined || !this.#dirty || (!now && atMs - this.#savedAt < SAVE_MS)) return
    this.#savedAt = atMs
    this.#dirty = false
    const file = { version: 1, day: this.#day, today: this.#today, total: this.#total }
    await place.writeBytes(new TextEncoder().encode(`${JSON.stringify(file)}\n`)).catch(() => {
      this.#dirty = true
    })
  }

  #restore(bytes: Uint8Array): void {
    let value: unknown
    try {
      value = JSON.parse(new TextDecoder().decode(bytes))
    } catch {
      return
    }
    const parsed = v.safeParse(fileSchema, value)
    if (!parsed.success) return
    const { day, today, total } = parsed.output
    if (day === this.#day) this.#today = today
    this.#total = total
  }
}

/** In local time. */
function dayOf(date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}

/** When the day after `date` begins, in local time. */
export function nextMidnight(date: Date): Date {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + 1)
}
