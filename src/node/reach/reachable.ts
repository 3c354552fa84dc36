/** Whether others can dial this peer, as far as it can know without asking anybody. */
import type { Connection, Libp2p } from '@libp2p/interface'
import { isPrivate, kindOf } from '../../net/address.js'

/** Kinds of connection that say nothing about who can be dialled: somebody else brought them about. */
const INTRODUCED = new Set(['webrtc', 'relayed'])

/**
 * It is when an interface has a public address, when a router promised one, or when somebody came from outside.
 * @returns the verdict of the moment
 */
export function isReachable(libp2p: Pick<Libp2p, 'addEventListener' | 'getMultiaddrs'>): () => boolean {
  let visited = false
  libp2p.addEventListener('connection:open', ({ detail }) => {
    visited ||= fromOutside(detail)
  })
  return () =>
    visited ||
    libp2p.getMultiaddrs().some(address => !INTRODUCED.has(kindOf(address)) && !isPrivate(address.toString()))
}

function fromOutside({ direction, remoteAddr }: Connection): boolean {
  return direction === 'inbound' && !INTRODUCED.has(kindOf(remoteAddr)) && !isPrivate(remoteAddr.toString())
}
