/** Makes the home of a swarm's first peer ready, so that invites to it can be made before it runs. */

import type { Manifest } from '../../core/protocol/manifest.js'
import { encodeStart } from '../../core/wire/start.js'
import { parseListenAddress } from '../../net/address.js'
import { tryListening } from '../join/listening.js'
import { type InviteSource, sourceOfHome } from '../join/source.js'
import { planNode, settingsOf } from '../node-plan.js'
import { Home } from '../store/home.js'

export interface NewSwarm {
  readonly manifest: Manifest
  readonly swarmKey?: Uint8Array | undefined
  /** x0 in grid units, where the manifest says that it is given. */
  readonly start?: Float64Array | undefined
}

/**
 * @returns what an invite to this peer is made of
 * @throws {InputError} when the folder cannot become its home, or an address cannot be listened on
 */
export async function prepareHome(
  path: string,
  { manifest, swarmKey, start }: NewSwarm,
  { listen, page }: { readonly listen?: readonly string[]; readonly page?: string }
): Promise<InviteSource> {
  const home = await Home.open(path, {
    manifest,
    from: 'the new manifest',
    swarmKey,
    ...(start && { start: encodeStart(start) }),
    preparing: true
  })
  try {
    const plan = planNode({ linger: 0, ...(listen && { listen }) }, home)
    for (const address of plan.listen) parseListenAddress(address)
    const addresses = await tryListening(home, plan.listen)
    // From now on an invite names these ports.
    await home.remember({ ...settingsOf(plan, addresses), made: true, ...(page === undefined ? {} : { page }) })
    return await sourceOfHome(home, addresses)
  } finally {
    await home.close()
  }
}
