/** What a page that came by https may not dial: browsers refuse WebSockets without TLS there, and complain of each on the console. */
import type { ConnectionGater } from '@libp2p/interface'
import { CODE_P2P_CIRCUIT, CODE_TLS, CODE_WS, type Multiaddr } from '@multiformats/multiaddr'
import { isLoopback } from './address.js'

/** A WebSocket without TLS, to another machine: to their own one browsers allow it. Of a way through a relay only its first part is dialled. */
export function isMixedContent(address: Multiaddr): boolean {
  const codes = address.getComponents().map(({ code }) => code)
  if (codes.includes(CODE_P2P_CIRCUIT) || isLoopback(address.toString())) return false
  return codes.includes(CODE_WS) && !codes.includes(CODE_TLS)
}

/** @param protocol of the page's own address, as `location.protocol` has it; undefined where there is no page */
export function withoutMixedContent(gater: ConnectionGater, protocol: string | undefined): ConnectionGater {
  if (protocol !== 'https:') return gater
  return {
    ...gater,
    denyDialMultiaddr: async address => isMixedContent(address) || ((await gater.denyDialMultiaddr?.(address)) ?? false)
  }
}
