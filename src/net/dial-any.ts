/**
 * Dials all addresses of one peer with a head start for the first, as browsers do with IPv6 and IPv4 (RFC 8305, "Happy
 * Eyeballs"). libp2p tries them one after the other, and one that swallows packets in silence costs it half a minute.
 */
import type { Libp2p, PeerId } from '@libp2p/interface'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { setMaxListeners } from 'main-event'
import type { Clock } from '../interface.js'
import { isRelayed } from './address.js'

/**
 * Between the beginnings of two dials, ms, while none has failed. RFC 8305 says 250, but races sockets only: here handshakes
 * race too, and of two that end together each side may keep the other one.
 */
const HEAD_START_MS = 1000
/** Between looks whether an introduction led to a connection, ms. */
const LOOK_MS = 250

export interface DialAnyComponents {
  readonly libp2p: Pick<Libp2p, 'dial' | 'getConnections'>
  readonly clock: Clock
}

/**
 * Resolves when the peer is connected, over whichever address answered first; the other dials end then.
 * @param given multiaddrs without the peer's `/p2p`, best first; those through relays wait until the others have begun
 * @throws {AggregateError} of what each address came to, when none answered
 */
export async function dialAny(
  peer: PeerId,
  given: readonly string[],
  signal: AbortSignal,
  { libp2p, clock }: DialAnyComponents
): Promise<void> {
  const addresses = [...given.filter(address => !isRelayed(address)), ...given.filter(isRelayed)]
  const rest = new AbortController()
  const ending = AbortSignal.any([signal, rest.signal])
  setMaxListeners(Number.POSITIVE_INFINITY, ending)
  const errors: unknown[] = []
  try {
    await new Promise<void>((resolve, reject) => {
      let next = 0
      let cancel = () => {}
      const begin = (): void => {
        cancel()
        const address = addresses[next++]
        if (address === undefined || ending.aborted) return
        if (next < addresses.length) cancel = clock.after(HEAD_START_MS, begin)
        dialOne({ libp2p, clock }, peer, address, ending).then(resolve, error => {
          errors.push(error)
          if (errors.length === addresses.length) return reject(failure(errors))
          begin()
        })
      }
      ending.addEventListener('abort', () => {
        cancel()
        reject(failure(errors))
      })
      if (addresses.length === 0 || ending.aborted) reject(failure(errors))
      begin()
    })
  } finally {
    rest.abort()
  }
}

function failure(errors: readonly unknown[]): AggregateError {
  return new AggregateError(errors, 'no address answered')
}

/**
 * libp2p has one dial at a time for each name, so this one goes without a name, and whoever answers is asked for it. A
 * relay is told whom we mean, and there the name must be.
 */
async function dialOne(
  { libp2p, clock }: DialAnyComponents,
  peer: PeerId,
  address: string,
  signal: AbortSignal
): Promise<void> {
  try {
    const connection = await libp2p.dial(named(address, isRelayed(address) ? peer : undefined), { signal })
    if (connection.remotePeer.equals(peer)) {
      if (connection.limits !== undefined) await punched({ libp2p, clock }, peer, signal)
      return
    }
    await connection.close()
    throw new Error(`somebody else is at ${address}`)
  } catch (error) {
    // The door lets nobody in twice; meanwhile another dial may have been quicker.
    if (isConnected(libp2p, peer)) return
    throw error
  }
}

/** A relay that only introduces gives the two a while to find a way of their own. Rejects when the signal says so. */
async function punched({ libp2p, clock }: DialAnyComponents, peer: PeerId, signal: AbortSignal): Promise<void> {
  while (!isConnected(libp2p, peer)) {
    if (signal.aborted || libp2p.getConnections(peer).length === 0) {
      for (const connection of libp2p.getConnections(peer)) connection.close().catch(() => {})
      throw new Error('introduced, but no direct way was found')
    }
    await new Promise<void>(resolve => clock.after(LOOK_MS, resolve))
  }
}

/** Whether the two can talk about more than how to find each other. */
export function isConnected(libp2p: Pick<Libp2p, 'getConnections'>, peer: PeerId): boolean {
  return libp2p.getConnections(peer).some(({ status, limits }) => status === 'open' && limits === undefined)
}

function named(address: string, peer: PeerId | undefined): Multiaddr {
  return multiaddr(peer === undefined ? address : `${address}/p2p/${peer}`)
}
