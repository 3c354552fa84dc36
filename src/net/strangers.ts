/**
 * How often a peer dials addresses that it only has from others. Nobody can make it knock at doors all day: not one
 * neighbour, not many, and least of all at one host's.
 */
import type { PeerKey } from '../interface.js'

/** Dials to strangers per minute, and at once; and of those that one neighbour told of. */
const PER_MINUTE = 12
const BURST = 8
const PER_TELLER_MINUTE = 6
const TELLER_BURST = 4
/** Failed dials to one host (other than this machine) after which strangers there are left alone, and for how long, ms. */
const MAX_HOST_FAILURES = 4
const HOST_PAUSE_MS = 10 * 60_000
/** Tellers and hosts remembered; the oldest go first. */
const MAX_REMEMBERED = 256

export interface Strangers {
  /** @returns whether one may be dialled now; if so it is counted */
  take(toldBy: PeerKey, now: number): boolean
  /** Addresses of hosts at which not too many dials failed. @param hosts as in {@link hostOf} */
  isTired(host: string, now: number): boolean
  failedAt(host: string, now: number): void
}

export function createStrangers(): Strangers {
  const all = createBucket(PER_MINUTE, BURST)
  const tellers = new Map<PeerKey, Bucket>()
  const hosts = new Map<string, { failures: number; until: number }>()

  return {
    take(toldBy, now) {
      const teller = tellers.get(toldBy) ?? createBucket(PER_TELLER_MINUTE, TELLER_BURST)
      remember(tellers, toldBy, teller)
      return teller.has(now) && all.has(now) && teller.take(now) && all.take(now)
    },
    isTired(host, now) {
      const entry = hosts.get(host)
      return entry !== undefined && entry.failures >= MAX_HOST_FAILURES && now < entry.until
    },
    failedAt(host, now) {
      const entry = hosts.get(host)
      const failures = entry === undefined || now >= entry.until ? 1 : entry.failures + 1
      remember(hosts, host, { failures, until: now + HOST_PAUSE_MS })
    }
  }
}

function remember<K, T>(map: Map<K, T>, key: K, value: T): void {
  map.delete(key)
  map.set(key, value)
  const oldest = map.keys().next()
  if (map.size > MAX_REMEMBERED && !oldest.done) map.delete(oldest.value)
}

export interface Bucket {
  has(now: number): boolean
  /** @returns whether there was one */
  take(now: number): boolean
}

/** A token bucket that begins full. */
export function createBucket(perMinute: number, burst: number): Bucket {
  let tokens = burst
  let at = Number.NEGATIVE_INFINITY
  function fill(now: number): void {
    if (now > at)
      tokens = at === Number.NEGATIVE_INFINITY ? burst : Math.min(burst, tokens + ((now - at) * perMinute) / 60_000)
    at = Math.max(at, now)
  }
  return {
    has(now) {
      fill(now)
      return tokens >= 1
    },
    take(now) {
      fill(now)
      if (tokens < 1) return false
      tokens--
      return true
    }
  }
}
