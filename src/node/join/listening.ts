/** Where a peer that does not run now will listen: its sockets are opened for a moment. */

import { swarmId } from '../../core/protocol/manifest.js'
import { systemClock } from '../../net/clock.js'
import { createStanding } from '../../net/standing.js'
import { InputError } from '../cli/errors.js'
import { createNodeLibp2p } from '../libp2p/create.js'
import type { Home } from '../store/home.js'

/**
 * The addresses under which others dial this machine, with the ports that were free where `listen` says 0.
 * @param listen multiaddrs
 * @throws {InputError} when one cannot be listened on
 */
export async function tryListening(home: Home, listen: readonly string[]): Promise<readonly string[]> {
  try {
    const libp2p = await createNodeLibp2p({
      privateKey: home.privateKey,
      swarmId: swarmId(home.manifest),
      standing: createStanding({ clock: systemClock }),
      listen,
      reach: { relay: 'none', reserve: false, certificate: (await home.certificate()).certificate }
    })
    const addresses = libp2p.getMultiaddrs().map(address => address.toString())
    await libp2p.stop()
    return addresses
  } catch (cause) {
    if (cause instanceof Error && cause.name === 'ListenError')
      throw new InputError(`--listen: ${cause.message}`, { cause })
    throw cause
  }
}
