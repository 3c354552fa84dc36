/**
 * Notices what no socket tells: a neighbour that is frozen or gone without a word, and that this machine slept. Whatever
 * arrives is a sign of life, down to the muxer's answer to a ping, so a neighbour busy sending is never taken for dead.
 */
import type { MultiaddrConnection } from '@libp2p/interface'
import type { Clock } from '../interface.js'

export interface LivenessInit {
  /** Without a byte for this long, ms of our own waking time, a connection is aborted. @default 18_000 */
  readonly silenceMs?: number
  /** Between looks, ms. @default 2000 */
  readonly listenMs?: number
  /** Milliseconds that go on while the machine sleeps. @default Date.now */
  readonly wallNow?: () => number
}

export interface Liveness {
  /**
   * Looks after one connection until it closes.
   * @param probe asks the other side for a sign, when the connection has none of its own accord
   * @returns is called with every chunk that it brings
   */
  watch(connection: Pick<MultiaddrConnection, 'abort' | 'addEventListener' | 'status'>, probe?: () => void): () => void
  /** Called when this machine slept, or this process was held up as long. @returns undoes it */
  onWake(listener: () => void): () => void
  /** Looks no more. Twice is fine. */
  stop(): void
}

/** Probes in the time of a silence, so that one or two may be late. */
const PROBES = 3
/** A look later than this, ms, was a sleep. */
const SLEEP_MS = 10_000
/** After a sleep most connections are dead; those that live show it within this time, ms. */
const AFTER_SLEEP_MS = 6000

interface Silence {
  /** So far. */
  ms: number
  /** When the other side is asked next. */
  probeAt: number
  probe(): void
  abort(): void
}

export function createLiveness(init: LivenessInit, { clock }: { readonly clock: Clock }): Liveness {
  const { silenceMs = 18_000, listenMs: lookMs = 2000, wallNow = Date.now } = init
  const silences = new Map<object, Silence>()
  const listeners = new Set<() => void>()
  let seen = { mono: clock.now(), wall: wallNow() }
  let cancel = clock.after(lookMs, look)

  function look(): void {
    const now = { mono: clock.now(), wall: wallNow() }
    // Some platforms' monotonic clocks sleep with the machine, others go on.
    const passed = Math.max(now.mono - seen.mono, now.wall - seen.wall)
    seen = now
    cancel = clock.after(lookMs, look)
    const slept = passed > lookMs + SLEEP_MS
    for (const silence of silences.values()) {
      // While we were held up nobody could be heard: what they sent is read after this.
      silence.ms += lookMs
      if (slept) silence.ms = Math.max(silence.ms, silenceMs - AFTER_SLEEP_MS)
      else if (silence.ms > silenceMs) silence.abort()
      if (silence.ms >= silence.probeAt) {
        silence.probeAt += silenceMs / PROBES
        silence.probe()
      }
    }
    if (slept) for (const listener of listeners) listener()
  }

  return {
    watch(connection, probe) {
      if (connection.status !== 'open') return () => {}
      const firstProbe = probe === undefined ? Number.POSITIVE_INFINITY : silenceMs / PROBES
      const silence: Silence = {
        ms: 0,
        probeAt: firstProbe,
        probe: () => probe?.(),
        abort: () => connection.abort(new Error(`not a byte for ${silenceMs / 1000} s`))
      }
      silences.set(connection, silence)
      connection.addEventListener('close', () => silences.delete(connection), { once: true })
      return () => {
        silence.ms = 0
        silence.probeAt = firstProbe
      }
    },
    onWake(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    stop() {
      cancel()
      silences.clear()
    }
  }
}
