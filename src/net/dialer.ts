/**
 * Keeps a list of addresses connected: dials them, and again after every disconnect, for as long as the peer runs.
 * libp2p's own reconnecting gives up after five tries, which a laptop's sleep outlasts.
 */

import type { Connection, Libp2p } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { setMaxListeners } from 'main-event'
import type { Random } from '../core/random.js'
import type { Clock } from '../interface.js'

export interface DialerInit {
  readonly addresses: readonly Multiaddr[]
  /** Called once each time an address becomes unreachable, not on every retry. */
  readonly onUnreachable?: (address: Multiaddr, error: Error) => void
  /** First wait after a failure, ms; doubled by each further one. @default 250 */
  readonly firstRetryMs?: number
  /** Longest wait, ms. @default 30_000 */
  readonly maxRetryMs?: number
}

export interface DialerComponents {
  readonly libp2p: Pick<Libp2p, 'dial' | 'getConnections'>
  readonly clock: Clock
  /** Spreads the retries, so that a swarm does not come back to one address in step. */
  readonly random: Pick<Random, 'unit'>
}

export interface Dialer {
  start(): void
  /** Stops dialling; existing connections stay. Twice is fine. */
  stop(): Promise<void>
}

export function createDialer(init: DialerInit, components: DialerComponents): Dialer {
  const { addresses, onUnreachable, firstRetryMs = 250, maxRetryMs = 30_000 } = init
  const { libp2p, clock, random } = components
  const stopping = new AbortController()
  setMaxListeners(Number.POSITIVE_INFINITY, stopping.signal) // every dial under way listens to it
  const running = new Set<Promise<void>>()
  const pending = new Set<() => void>()
  let started = false

  /** Half to all of the exponential step. */
  const wait = (failures: number) => Math.min(maxRetryMs, firstRetryMs * 2 ** failures) * (0.5 + random.unit() / 2)

  function dialAfter(ms: number, address: Multiaddr, failures: number): void {
    if (stopping.signal.aborted) return
    const cancel = clock.after(ms, () => {
      pending.delete(cancel)
      const attempt = dial(address, failures).finally(() => running.delete(attempt))
      running.add(attempt)
    })
    pending.add(cancel)
  }

  async function dial(address: Multiaddr, failures: number): Promise<void> {
    try {
      watch(await libp2p.dial(address, { signal: stopping.signal }), address)
    } catch (error) {
      if (stopping.signal.aborted) return
      if (failures === 0) onUnreachable?.(address, error instanceof Error ? error : new Error(String(error)))
      dialAfter(wait(failures), address, failures + 1)
    }
  }

  /** Redials when the last connection to the peer is gone; two peers that dial each other at once have two. */
  function watch(connection: Connection, address: Multiaddr): void {
    const open = [connection, ...libp2p.getConnections(connection.remotePeer)].find(({ status }) => status === 'open')
    if (open === undefined) dialAfter(wait(0), address, 0)
    else open.addEventListener('close', () => watch(open, address), { once: true })
  }

  return {
    start() {
      if (started) return
      started = true
      for (const address of addresses) dialAfter(0, address, 0)
    },
    async stop() {
      stopping.abort()
      for (const cancel of pending) cancel()
      pending.clear()
      await Promise.all(running)
    }
  }
}
