/** Which of a peer's addresses to try first: one in a network that this machine is in, too. */
import type { NetworkInterfaceInfo } from 'node:os'

type Interfaces = Readonly<
  Record<string, readonly Pick<NetworkInterfaceInfo, 'address' | 'netmask' | 'family'>[] | undefined>
>

/**
 * Those of a shared IPv4 network first, in their order; a peer also tells of networks of its own, such as that of its
 * containers, where packets vanish or somebody else answers.
 * @param addresses multiaddrs as text @param interfaces as `os.networkInterfaces()` gives them
 */
export function byNearness(addresses: readonly string[], interfaces: Interfaces): readonly string[] {
  const own = Object.values(interfaces).flatMap(list => list ?? [])
  const isNear = (address: string): boolean => {
    const host = ipv4(/^\/ip4\/([\d.]+)\//.exec(address)?.[1] ?? '')
    if (host === undefined) return false
    return own.some(({ address: text, netmask, family }) => {
      const [mine, mask] = family === 'IPv4' ? [ipv4(text), ipv4(netmask)] : []
      return mine !== undefined && mask !== undefined && mine !== host && ((mine ^ host) & mask) === 0
    })
  }
  return [...addresses.filter(isNear), ...addresses.filter(address => !isNear(address))]
}

/** 32 bits; undefined when it is none. */
function ipv4(text: string): number | undefined {
  const bytes = text.split('.').map(Number)
  if (bytes.length !== 4 || bytes.some(byte => !(byte >= 0 && byte <= 255))) return undefined
  return bytes.reduce((bits, byte) => (bits << 8) | byte, 0)
}
