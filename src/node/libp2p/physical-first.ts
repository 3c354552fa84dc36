/** Bridges of containers and virtual machines have private addresses, too, that lead nowhere from any other machine. */
import { networkInterfaces } from 'node:os'
import type { Multiaddr } from '@multiformats/multiaddr'
import { hostOf } from '../../net/address.js'

/** As Linux, macOS and Windows name them; others keep their place. */
const VIRTUAL =
  /^(docker|podman|veth|br-|virbr|lxc|lxd|cni|flannel|cali|vmnet|vboxnet|bridge\d|vEthernet|VirtualBox|VMware)/

/** @param name of an interface */
export function isVirtual(name: string): boolean {
  return VIRTUAL.test(name)
}

type Interfaces = Readonly<Record<string, readonly { readonly address: string }[] | undefined>>

/** The same, with addresses of such bridges behind all others: of those that are told only the first few are. */
export function physicalFirst(
  addresses: readonly Multiaddr[],
  interfaces: Interfaces = networkInterfaces()
): readonly Multiaddr[] {
  const virtual = new Set(
    Object.entries(interfaces).flatMap(([name, all = []]) => (isVirtual(name) ? all.map(({ address }) => address) : []))
  )
  const isInner = (address: Multiaddr): boolean => virtual.has(hostOf(address.toString()))
  return [...addresses.filter(address => !isInner(address)), ...addresses.filter(isInner)]
}
