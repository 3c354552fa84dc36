/**
 * libp2p's DCUtR for peers that also listen for introductions: it takes `<relay>/p2p-circuit/webrtc` for a direct address,
 * and the relay's name in it for the peer's, and so dials the relay anew, which ends the connection to it.
 */
import { dcutr } from '@libp2p/dcutr'
import type { Transport } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { kindOf } from './address.js'

type Components = Parameters<ReturnType<typeof dcutr>>[0]

/** A libp2p service. */
export function holePunching(): (components: Components) => unknown {
  return components => {
    const { transportManager } = components
    const direct = Object.create(transportManager, {
      dialTransportForMultiaddr: {
        value: (address: Multiaddr): Transport | undefined =>
          isRelayed(address) ? undefined : transportManager.dialTransportForMultiaddr(address)
      }
    })
    return dcutr()(
      new Proxy(components, {
        get: (target, name) => (name === 'transportManager' ? direct : Reflect.get(target, name))
      })
    )
  }
}

function isRelayed(address: Multiaddr): boolean {
  const kind = kindOf(address)
  return kind === 'relayed' || kind === 'webrtc'
}
