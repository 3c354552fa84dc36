/** How a peer that is started by hand runs: by its command line, then by what its home remembers, then by default. */
import { basename, resolve } from 'node:path'
import type { NodeOptions } from './cli/options.js'
import { absoluteBootstrap } from './discovery/bootstrap.js'
import type { Home } from './store/home.js'
import type { HomeSettings } from './store/settings.js'

/** Every interface: this machine and the local network. Browsers dial the last one, and the second from pages without https. */
export const DEFAULT_LISTEN = ['/ip4/0.0.0.0/tcp/0', '/ip4/0.0.0.0/tcp/0/ws', '/ip4/0.0.0.0/udp/0/webrtc-direct']

export interface NodePlan extends NodeOptions {
  /** The manifest's file; that of a home by its name only, for others have no such folder. */
  readonly swarm: string
  readonly peer: readonly string[]
  readonly listen: readonly string[]
  readonly mode: 'sync' | 'async'
  /** Asked to rest, last time. */
  readonly paused?: boolean | undefined
  /** The swarm was made in this home. */
  readonly made?: boolean | undefined
  /** The addresses are those of last time, which the user did not ask for now. */
  readonly listenRemembered: boolean
}

export function planNode(options: NodeOptions, home: Pick<Home, 'settings' | 'manifestFile'> | undefined): NodePlan {
  const remembered = home?.settings ?? {}
  const swarm = options.swarm ?? (home && basename(home.manifestFile))
  if (swarm === undefined) throw new TypeError('a peer has a manifest')
  return {
    ...remembered,
    ...options,
    swarm,
    peer: options.peer ?? remembered.peer ?? [],
    listen: options.listen ?? remembered.listen ?? DEFAULT_LISTEN,
    mode: options.mode ?? remembered.mode ?? 'sync',
    listenRemembered: options.listen === undefined && remembered.listen !== undefined
  }
}

/**
 * For the next start.
 * @param addresses that the peer was given to listen on; a friend's command line holds them, so their ports stay
 */
export function settingsOf(plan: NodePlan, addresses: readonly string[]): HomeSettings {
  const {
    data,
    shard,
    partition,
    mode,
    listen,
    peer,
    page,
    bootstrap,
    mdns,
    dht,
    dhtProtocol,
    maxCpu,
    maxMbPerDay,
    paused,
    made,
    relay,
    upnp,
    stun,
    announce,
    block
  } = plan
  return {
    ...(data === undefined ? {} : { data: resolve(data) }),
    ...(shard === undefined ? {} : { shard }),
    ...(partition === undefined ? {} : { partition }),
    ...(maxCpu ? { maxCpu } : {}),
    ...(maxMbPerDay ? { maxMbPerDay } : {}),
    ...(paused === true ? { paused } : {}),
    ...(made === true ? { made } : {}),
    mode,
    listen: listen.map(text => withPort(text, addresses)),
    peer: [...peer],
    ...(page === undefined ? {} : { page }),
    ...(bootstrap === undefined ? {} : { bootstrap: absoluteBootstrap(bootstrap) }),
    ...(mdns === undefined ? {} : { mdns }),
    ...(dht === undefined ? {} : { dht }),
    ...(dhtProtocol === undefined ? {} : { dhtProtocol }),
    ...(block === undefined || block.length === 0 ? {} : { block: [...block] }),
    ...(relay === undefined ? {} : { relay }),
    ...(upnp === undefined ? {} : { upnp }),
    ...(stun === undefined ? {} : { stun: [...stun] }),
    ...(announce === undefined ? {} : { announce: [...announce] })
  }
}

/** Anybody's address: it stands for all of the machine's. */
const WILDCARD = /^\/(ip4\/0\.0\.0\.0|ip6\/::)\//

/** Puts the port that was taken for 0. */
function withPort(listen: string, addresses: readonly string[]): string {
  const [, family, host, protocol, port, ...rest] = listen.split('/')
  if (port !== '0') return listen
  const taken = addresses
    .map(text => text.replace(/\/p2p\/[^/]+$/, '').split('/'))
    .find(
      ([, otherFamily, otherHost, otherProtocol, , ...otherRest]) =>
        otherFamily === family &&
        (otherHost === host || WILDCARD.test(listen)) &&
        otherProtocol === protocol &&
        // What follows in a certified address is not asked for.
        otherRest.slice(0, rest.length).join() === rest.join() &&
        (rest.length > 0 || otherRest.length === 0)
    )
  return taken === undefined ? listen : listen.replace(`/${protocol}/0`, `/${protocol}/${taken[4]}`)
}

/** The same, wherever a port is free. */
export function withAnyPort(listen: string): string {
  return listen.replace(/\/(tcp|udp)\/\d+/, '/$1/0')
}
