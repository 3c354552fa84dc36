/** Keeps a process to a part of one core: training pauses for as long as all of the process has used more than that. */

export interface ThrottleInit {
  /** Of one core: 100 is all of one. */
  readonly percent: number
  /** Processor time of the whole process so far, ms. */
  readonly cpuMs: () => number
  /** Monotonic, ms. */
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<void>
}

/** What was not used is not saved up for longer than this, ms: a burst after a quiet hour would be no limit. */
const CREDIT_MS = 1000
/** One pause is no longer, ms: even where the network alone takes more than its part, training goes on a little. */
const LONGEST_MS = 5000

/**
 * A duty cycle: to be called every few milliseconds of work, it returns when the work may go on. Counted is the whole process,
 * network and evaluations too, from the first call on; what the start took is not held against the training.
 */
export function createThrottle({ percent, cpuMs, now, sleep }: ThrottleInit): () => Promise<void> {
  const share = percent / 100
  let since: number | undefined
  let used = 0
  return async () => {
    if (since === undefined) {
      since = now()
      used = cpuMs()
    }
    const ahead = (cpuMs() - used) / share - (now() - since)
    if (ahead > 0) await sleep(Math.min(LONGEST_MS, ahead))
    // What others used during the pause is made up for in the next one; what no pause makes up for is forgiven.
    const most = ahead > LONGEST_MS ? 0 : LONGEST_MS
    const left = Math.min(most, Math.max(-CREDIT_MS, (cpuMs() - used) / share - (now() - since)))
    since = now() + left
    used = cpuMs()
  }
}
