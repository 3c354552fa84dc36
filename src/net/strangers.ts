/**
 * How often a peer dials addresses that it only has from others. Nobody can make it knock at doors all day: not one
 * neighbour, not many, and least of all at one host's.
 */
import type { PeerKey } from '../interface.js'
import { createBudgets } from './budget.js'
import { remember } from './remember.js'

/** Dials to strangers; and of those that one neighbour told of. */
const DIALS = { perMinute: 12, burst: 8 }
const DIALS_OF_TELLER = { perMinute: 6, burst: 4 }
/** Failed dials to one host (other than this machine) after which strangers there are left alone, and for how long, ms. */
const MAX_HOST_FAILURES = 4
const HOST_PAUSE_MS = 10 * 60_000
/** The oldest go first. */
const MAX_HOSTS = 256

export interface Strangers {
  /** @returns whether one may be dialled now; if so it is counted */
  take(toldBy: PeerKey, now: number): boolean
  /** Addresses of hosts at which not too many dials failed. @param hosts as in {@link hostOf} */
  isTired(host: string, now: number): boolean
  failedAt(host: string, now: number): void
}

export function createStrangers(): Strangers {
  const dials = createBudgets({ ...DIALS_OF_TELLER, all: DIALS })
  const hosts = new Map<string, { failures: number; until: number }>()

  return {
    take: dials.take,
    isTired(host, now) {
      const entry = hosts.get(host)
      return entry !== undefined && entry.failures >= MAX_HOST_FAILURES && now < entry.until
    },
    failedAt(host, now) {
      const entry = hosts.get(host)
      const failures = entry === undefined || now >= entry.until ? 1 : entry.failures + 1
      remember(hosts, host, { failures, until: now + HOST_PAUSE_MS }, MAX_HOSTS)
    }
  }
}
