/** The page of `--serve`: the node that trains hands it out, too, and its invites are links to it. */
import { isLoopback } from '../../net/address.js'
import { type ServedPage, servePage } from './place.js'

export interface BesideInit {
  readonly port: number
  /** Multiaddrs of the node. A page is of no use to those who cannot reach it. */
  readonly addresses: readonly string[]
  readonly home: string | undefined
}

/**
 * Over https, which phones need; for a node that only its own machine can reach, over http there.
 * @throws {InputError} when there is no page, or the port is taken
 */
export function servePageBeside({ port, addresses, home }: BesideInit): Promise<ServedPage> {
  return addresses.every(isLoopback)
    ? servePage({ host: '127.0.0.1', port, https: false, home })
    : servePage({ host: '0.0.0.0', port, https: true, home })
}
