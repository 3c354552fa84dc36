/**
 * Keeps a list of addresses connected: dials them, and again after every disconnect, for as long as the peer runs.
 * libp2p's own reconnecting gives up after five tries, which a laptop's sleep outlasts.
 */

import type { Connection, Libp2p, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { setMaxListeners } from 'main-event'
import type { Random } from '../core/random.js'
import type { Clock } from '../interface.js'

export interface DialerInit {
  readonly addresses: readonly Multiaddr[]
  /** Called once each time an address becomes unreachable, not on every retry. */
  readonly onUnreachable?: (address: Multiaddr, error: Error) => void
  /** Called with whoever is at one of the addresses. */
  readonly onFound?: (peer: PeerId) => void
  /** First wait after a failure, ms; grows by half with each further one. @default 250 */
  readonly firstRetryMs?: number
  /** Longest wait, ms. @default 60_000 */
  readonly maxRetryMs?: number
  /** Whether there are neighbours enough: then the longest wait is ten times as long. @default never */
  readonly isContent?: () => boolean
}

export interface DialerComponents {
  readonly libp2p: Pick<Libp2p, 'dial' | 'getConnections'>
  readonly clock: Clock
  /** Spreads the retries, so that a swarm does not come back to one address in step. */
  readonly random: Pick<Random, 'unit'>
  /** Who was at an address that was dialled without a name, when that peer was connected already. */
  readonly foundAt?: (address: Multiaddr) => PeerId | undefined
}

export interface Dialer {
  start(): void
  /** Whoever waits is dialled at once, as if for the first time: after a sleep, say. */
  wake(): void
  /** Stops dialling; existing connections stay. Twice is fine. */
  stop(): Promise<void>
}

/** Waits grow by it, so that whoever comes back is met after at most half as long again as it was away. */
const GROWTH = 1.5
/** A connection that lasted less, ms, was no success: we were let go because the other has enough, for one. */
const LASTING_MS = 60_000

interface Target {
  readonly address: Multiaddr
  /** Dials in a row that failed or brought nothing that lasted. */
  failures: number
  /** Whether the user knows of this outage. */
  told: boolean
}

export function createDialer(init: DialerInit, components: DialerComponents): Dialer {
  const { addresses, onUnreachable, onFound, isContent, firstRetryMs = 250, maxRetryMs = 60_000 } = init
  const { libp2p, clock, random, foundAt } = components
  const stopping = new AbortController()
  setMaxListeners(Number.POSITIVE_INFINITY, stopping.signal) // every dial under way listens to it
  const running = new Set<Promise<void>>()
  const waiting = new Map<Target, () => void>()
  let started = false

  /** Half to all of the exponential step. */
  function wait(failures: number): number {
    const longest = isContent?.() === true ? 10 * maxRetryMs : maxRetryMs
    return Math.min(longest, firstRetryMs * GROWTH ** failures) * (0.5 + random.unit() / 2)
  }

  function dialAfter(ms: number, target: Target): void {
    if (stopping.signal.aborted) return
    const cancel = clock.after(ms, () => {
      waiting.delete(target)
      const attempt = dial(target).finally(() => running.delete(attempt))
      running.add(attempt)
    })
    waiting.set(target, cancel)
  }

  function retry(target: Target): void {
    dialAfter(wait(target.failures++), target)
  }

  async function dial(target: Target): Promise<void> {
    const { address } = target
    try {
      const { remotePeer } = await libp2p.dial(address, { signal: stopping.signal })
      watch(remotePeer, target)
    } catch (error) {
      if (stopping.signal.aborted) return
      const found = foundAt?.(address)
      if (found !== undefined && openConnection(found) !== undefined) return watch(found, target)
      if (!target.told) onUnreachable?.(address, error instanceof Error ? error : new Error(String(error)))
      target.told = true
      retry(target)
    }
  }

  function openConnection(peer: PeerId): Connection | undefined {
    return libp2p.getConnections(peer).find(({ status }) => status === 'open')
  }

  /** Redials when the last connection to the peer is gone. */
  function watch(peer: PeerId, target: Target, since = clock.now()): void {
    const open = openConnection(peer)
    if (open !== undefined) {
      target.told = false
      onFound?.(peer)
      open.addEventListener('close', () => watch(peer, target, since), { once: true })
      return
    }
    if (clock.now() - since >= LASTING_MS) target.failures = 0
    retry(target)
  }

  return {
    start() {
      if (started) return
      started = true
      for (const address of addresses) dialAfter(0, { address, failures: 0, told: false })
    },
    wake() {
      for (const [target, cancel] of waiting) {
        cancel()
        target.failures = 0
        dialAfter(0, target)
      }
    },
    async stop() {
      stopping.abort()
      for (const cancel of waiting.values()) cancel()
      waiting.clear()
      await Promise.all(running)
    }
  }
}
