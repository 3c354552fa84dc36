/** Multiaddrs as people type them, checked at the door. */

import { peerIdFromString } from '@libp2p/peer-id'
import {
  CODE_DNS,
  CODE_DNS4,
  CODE_DNS6,
  CODE_IP4,
  CODE_IP6,
  CODE_P2P,
  CODE_TCP,
  type Multiaddr,
  multiaddr
} from '@multiformats/multiaddr'
import { keyOfPeerId } from './identity.js'

/** A record may name an address for which nothing speaks but the word of its signer, so no names: looking them up is work for others. */
const NUMBERS = [CODE_IP4, CODE_IP6]
const HOSTS = [CODE_IP4, CODE_IP6, CODE_DNS, CODE_DNS4, CODE_DNS6]
const EXAMPLE = '/ip4/192.0.2.7/tcp/4001'

function parse(text: string): Multiaddr {
  try {
    const address = multiaddr(text)
    const codes = address.getComponents().map(component => component.code)
    if (text !== '' && HOSTS.includes(codes[0] ?? -1) && codes[1] === CODE_TCP) return address
  } catch {
    // said below, with an example
  }
  throw new TypeError(`not a TCP multiaddr: ${text.slice(0, 200)} (one looks like ${EXAMPLE})`)
}

/** An address to listen on; port 0 takes a free one. @throws {TypeError} that quotes a malformed one */
export function parseListenAddress(text: string): Multiaddr {
  const address = parse(text)
  if (address.getComponents().length > 2)
    throw new TypeError(`nothing may follow the port in a listen address: ${text.slice(0, 200)}`)
  return address
}

/**
 * A peer's address. Its `/p2p/…` part is optional, and when given must name an Ed25519 peer.
 * @throws {TypeError} that quotes a malformed one
 */
export function parsePeerAddress(text: string): Multiaddr {
  const address = parse(text)
  const last = address.getComponents().at(-1)
  if (last?.code === CODE_TCP && last.value === '0')
    throw new TypeError(`port 0 cannot be dialled: ${text.slice(0, 200)}`)
  if (last?.code === CODE_P2P && keyOfPeerId(peerIdFromString(last.value ?? '')) === undefined)
    throw new TypeError(`not an Ed25519 peer: ${text.slice(0, 200)}`)
  return address
}

/** Whether an address that came over the network is one that we dial: an IP address of one host and a TCP port. */
export function isDialable(address: Multiaddr): boolean {
  const [host, port, rest] = address.getComponents()
  if (host === undefined || port?.code !== CODE_TCP || rest !== undefined || !NUMBERS.includes(host.code)) return false
  return port.value !== '0' && !/^(0\.|22[4-9]\.|2[345]\d\.|::$|ff)/i.test(host.value ?? '')
}

/** Whether it means this machine, whoever says it. @param address a multiaddr as text */
export function isLoopback(address: string): boolean {
  return /^\/(ip4\/127\.|ip6\/::1\/)/.test(address)
}

/** The host of a multiaddr as text, as it is written there. */
export function hostOf(address: string): string {
  return address.split('/')[2] ?? ''
}
