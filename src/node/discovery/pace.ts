/** How often a peer tells a DHT of itself, and asks it for others. */
import type { Random } from '../../core/random.js'
import type { Clock } from '../../interface.js'
import type { Need } from '../../net/finder.js'

/** Records are forgotten after a day or two, and whoever keeps them may leave sooner: told again after this, ms, and half as much. */
const PROVIDE_MS = 2 * 3_600_000
/** While nobody was told, or twice as many could be by now, ms. */
const YOUNG_PROVIDE_MS = 3000
/** Waits between questions, ms; the last one again and again. */
const FIND_MS: Readonly<Record<Exclude<Need, 'none'>, readonly number[]>> = {
  all: [0, 2000, 4000, 8000, 15_000, 30_000, 60_000],
  some: [0, 30_000, 120_000, 600_000]
}

/** The last time that it told of itself: to how many, and how many it had met then. */
const NEVER = { at: Number.NEGATIVE_INFINITY, count: 0, met: 0, waitMs: 0 }

export interface Pace {
  /** @param count how many of the DHT there are connections to */
  met(count: number): void
  /** No until {@link provided}, when it answers yes. */
  isTimeToProvide(): boolean
  /** @param count how many were told */
  provided(count: number): void
  /** Counts as asked when it answers yes. */
  isTimeToFind(need: Need): boolean
  /** The network may be another one. */
  rested(): void
}

export function createPace(clock: Clock, random: Pick<Random, 'unit'>): Pace {
  let most = 0
  let told = NEVER
  let isProviding = false
  let need: Need = 'all'
  let asked = 0
  let askedAt = Number.NEGATIVE_INFINITY

  return {
    met(count) {
      most = Math.max(most, count)
    },
    isTimeToProvide() {
      const wait = told.count === 0 || most >= 2 * told.met ? YOUNG_PROVIDE_MS : told.waitMs
      if (isProviding || clock.now() - told.at < wait) return false
      isProviding = true
      return true
    },
    provided(count) {
      isProviding = false
      told = { at: clock.now(), count, met: most, waitMs: PROVIDE_MS * (1 + random.unit() / 2) }
    },
    isTimeToFind(now) {
      if (now !== need) asked = 0
      need = now
      if (need === 'none') return false
      const waits = FIND_MS[need]
      const wait = waits[Math.min(asked, waits.length - 1)]!
      if (clock.now() - askedAt < wait) return false
      asked++
      askedAt = clock.now()
      return true
    },
    rested() {
      asked = 0
      told = NEVER
    }
  }
}
