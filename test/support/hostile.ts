/** Neighbours that do not keep to the protocol: they sign with a real key and send what they like. */
import type { Manifest } from '#src/core/protocol/manifest.js'
import { createRandom } from '#src/core/random.js'
import type { Identity, PeerKey } from '#src/interface.js'
import { type Behaviour, createStranger, type HostilePeer } from '#src/sim/hostile/stranger.js'
import type { Simulation } from '#src/sim/simulation.js'

/** Connects a hostile endpoint to `neighbours`. It acts until `stop`. */
export async function addHostile(
  flock: Simulation,
  identity: Identity,
  neighbours: readonly PeerKey[],
  behaviour: Behaviour,
  manifest: Manifest
): Promise<HostilePeer> {
  const { clock, network } = flock
  const components = { identity, clock, endpoint: network.endpoint(identity.key) }
  const stranger = createStranger(components, { manifest, random: createRandom(1, 6) }, behaviour)
  await stranger.start()
  for (const peer of neighbours) network.connect(identity.key, peer)
  return stranger
}
