/**
 * The routers of the local networks, as libp2p's UPnP service wants them found. Its own search takes routers of version 2 only
 * (`@achingbrain/nat-port-mapper`, which also closes no port that it opened); most at home are of version 1.
 */
import type { UPnPNATClient } from '@libp2p/upnp-nat'
import { systemClock } from '../../../net/clock.js'
import { createRouterGateway, type RouterFacts, type RouterGateway } from './gateway.js'
import { search } from './search.js'
import { describe } from './service.js'

type Gateway = Awaited<ReturnType<UPnPNATClient['getGateway']>>

export interface Routers {
  /** For libp2p. */
  readonly client: UPnPNATClient
  facts(): readonly RouterFacts[]
}

/** More are not the way out of any home. */
const MAX_ROUTERS = 4

export function createRouters(): Routers {
  const routers = new Map<string, RouterGateway>()

  /** @returns undefined unless it opens ports, and for one that is known */
  async function meet(location: URL, local: string, signal?: AbortSignal): Promise<Gateway | undefined> {
    const services = await describe(location, signal)
    if (services.length === 0) return undefined
    const host = location.hostname
    const known = routers.get(host)
    known?.moved(services, local)
    if (known !== undefined || routers.size >= MAX_ROUTERS) return undefined
    const router = createRouterGateway({ host, services, local, clock: systemClock })
    routers.set(host, router)
    return asGateway(router, location, local)
  }

  return {
    client: {
      async *findGateways({ signal, searchInterval } = {}) {
        for await (const { location, local } of search({ signal, everyMs: searchInterval })) {
          const gateway = await meet(location, local, signal).catch(() => undefined)
          if (gateway !== undefined) yield gateway
        }
      },
      getGateway: async location => {
        throw new TypeError(`routers are searched for: ${location.href}`)
      }
    },
    facts: () => [...routers.values()].map(router => router.facts())
  }
}

function asGateway(router: RouterGateway, { hostname, port }: URL, local: string): Gateway {
  const map: Gateway['map'] = async (internalPort, internalHost, { protocol, signal } = {}) => {
    const kind = protocol?.toUpperCase() === 'UDP' ? 'UDP' : 'TCP'
    const { outerPort } = await router.open(kind, internalPort, internalHost, signal)
    const externalHost = await router.outer(signal)
    return { internalHost, internalPort, externalHost, externalPort: outerPort, protocol: kind }
  }
  return {
    id: hostname,
    host: hostname,
    port: Number(port || 80),
    family: 'IPv4',
    map,
    async *mapAll(internalPort, options) {
      yield await map(internalPort, local, options)
    },
    unmap: (internalPort, { signal } = {}) => router.close(internalPort, signal),
    externalIp: ({ signal } = {}) => router.outer(signal),
    stop: ({ signal } = {}) => router.stop(signal)
  }
}
