/**
 * Asks the router for open ports. libp2p asks for those of TCP, and knows nothing of WebRTC-direct, which is what pages dial:
 * its UDP ports are asked for here, of the same gateways.
 */
import { uPnPNAT } from '@libp2p/upnp-nat'
import type { Multiaddr } from '@multiformats/multiaddr'
import { multiaddr } from '@multiformats/multiaddr'
import { isLoopback, isPrivate, kindOf } from '../../net/address.js'
import type { Routers } from '../reach/router/routers.js'

type CreateUPnP = ReturnType<typeof uPnPNAT>
type Components = Parameters<CreateUPnP>[0]

/** What is used of a gateway of libp2p's. */
interface Gateway {
  readonly family: string
  map(
    port: number,
    host: string,
    options: { readonly protocol: 'UDP'; readonly signal: AbortSignal }
  ): Promise<{ readonly externalHost: string; readonly externalPort: number }>
}

/** For one port, ms. */
const ASK_MS = 10_000
/** A router is believed until it is asked again at the next start, ms. */
const TRUST_MS = 10 * 365 * 24 * 3600 * 1000

/** A service for `createLibp2p`. */
export function upnp(routers: Routers): CreateUPnP {
  const create = uPnPNAT({ portMappingClient: routers.client, autoConfirmAddress: true })
  return components => {
    const service = create(components)
    const finder: unknown = Reflect.get(service as object, 'gatewayFinder')
    if (!(finder instanceof EventTarget)) throw new TypeError('this UPnP service does not show its gateways')
    finder.addEventListener('gateway', event => {
      const gateway: unknown = Reflect.get(event, 'detail')
      if (isGateway(gateway)) void mapUdp(gateway, components.addressManager)
    })
    return service
  }
}

async function mapUdp(gateway: Gateway, addressManager: Components['addressManager']): Promise<void> {
  for (const { multiaddr: address, type } of addressManager.getAddressesWithMetadata()) {
    const [, family = '', host = '', , port] = address.toString().split('/')
    if (type !== 'transport' || !isBehind(address) || family !== gateway.family.toLowerCase().replace('v', '')) continue
    try {
      const signal = AbortSignal.timeout(ASK_MS)
      const { externalHost, externalPort } = await gateway.map(Number(port), host, { protocol: 'UDP', signal })
      const outer = `/ip4/${externalHost}/udp/${externalPort}`
      // A router behind another router opened a door into that one's network only.
      if (isPrivate(outer)) continue
      addressManager.addPublicAddressMapping(host, Number(port), externalHost, externalPort, 'udp')
      addressManager.confirmObservedAddr(multiaddr(outer), { ttl: TRUST_MS })
    } catch {
      // It does not want to: others introduce.
    }
  }
}

function isBehind(address: Multiaddr): boolean {
  const text = address.toString()
  return kindOf(address) === 'webrtc-direct' && text.startsWith('/ip4/') && isPrivate(text) && !isLoopback(text)
}

function isGateway(value: unknown): value is Gateway {
  return typeof value === 'object' && value !== null && 'family' in value && 'map' in value
}
