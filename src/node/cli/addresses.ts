/** Multiaddrs of flags, and ids of peers. */
import { peerIdFromString } from '@libp2p/peer-id'
import type { PeerKey } from '../../interface.js'
import { keyOfPeerId } from '../../net/identity.js'
import { UsageError } from './errors.js'

/** Of ids of peers. @throws {UsageError} that names the flag */
export function keysOf(flag: string, ids: readonly string[]): readonly PeerKey[] {
  return ids.map(id => {
    try {
      const key = keyOfPeerId(peerIdFromString(id))
      if (key !== undefined) return key
    } catch {
      // It has the look of one only.
    }
    throw new UsageError(`${flag}: ${id} is no id of a peer; starlings id prints one`)
  })
}

/** @param command of which help is offered @throws {UsageError} that names the flag */
export function checkAddresses(
  flag: string,
  addresses: readonly string[],
  parse: (text: string) => unknown,
  command = 'node'
): void {
  for (const address of addresses) {
    try {
      parse(address)
    } catch (cause) {
      throw new UsageError(
        `${flag}: ${cause instanceof Error ? cause.message : cause}\nSee: starlings ${command} --help`,
        {
          cause
        }
      )
    }
  }
}
