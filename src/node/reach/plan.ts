/** How a peer that is started by hand is reached, and helps others to be: by its flags, and by where it listens. */
import { multiaddr } from '@multiformats/multiaddr'
import { isLoopback } from '../../net/address.js'
import type { NodeReach } from '../libp2p/create.js'
import type { NodePlan } from '../node-plan.js'
import type { WebRTCCertificate } from './certificate.js'
import type { Renewals } from './renewal.js'
import type { Routers } from './router/routers.js'

const MEGABYTE = 1_000_000

/** @param certificate of the peer's home, if it has one @param routers that are asked for open ports, if any are */
export function reachOf(
  {
    relay,
    upnp = true,
    stun = [],
    announce = [],
    listen
  }: Pick<NodePlan, 'relay' | 'upnp' | 'stun' | 'announce' | 'listen'>,
  certificate: WebRTCCertificate | undefined,
  renewals?: Renewals,
  routers?: Routers
): NodeReach {
  // Who listens on this machine only is not to be found from elsewhere, and asks nobody there.
  const here = listen.length > 0 && listen.every(isLoopback)
  return {
    relay: relay === undefined ? 'introduce' : relay === false ? 'none' : 'all',
    ...(typeof relay === 'number' && { relayedPerSecond: relay * MEGABYTE }),
    reserve: !here,
    ...(upnp && !here && routers && { upnp: routers }),
    stun,
    announce: announce.map(text => multiaddr(text)),
    ...(certificate && { certificate }),
    ...(renewals && { renewals })
  }
}
