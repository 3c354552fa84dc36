/** Under which addresses the page can be opened, and what works there. */
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os'

type Interfaces = NodeJS.Dict<NetworkInterfaceInfo[]>

/** Addresses of this machine that others on its networks can use: IPv4 first, none that is link-local. */
export function lanAddresses(interfaces: Interfaces = networkInterfaces()): string[] {
  const all = Object.values(interfaces).flatMap(list => list ?? [])
  const usable = all.filter(({ internal, address }) => !internal && !/^(169\.254\.|fe80:)/i.test(address))
  const of = (family: string): string[] => usable.filter(entry => entry.family === family).map(entry => entry.address)
  return [...new Set([...of('IPv4'), ...of('IPv6')])]
}

export interface Place {
  readonly url: string
  /** Who can open it. */
  readonly who: 'this machine' | 'your network'
  /** A browser gives a page its full means here. */
  readonly full: boolean
}

/**
 * @param host what the server listens on
 * @param lan {@link lanAddresses}
 */
export function placesOf(host: string, port: number, https: boolean, lan: readonly string[]): Place[] {
  const scheme = https ? 'https' : 'http'
  const local: Place = { url: `${scheme}://localhost:${port}/`, who: 'this machine', full: true }
  const near = (address: string): Place => ({
    url: `${scheme}://${address.includes(':') ? `[${address}]` : address}:${port}/`,
    who: 'your network',
    full: https
  })
  if (host === '0.0.0.0') return [local, ...lan.filter(address => !address.includes(':')).map(near)]
  if (host === '::') return [local, ...lan.map(near)]
  if (host === 'localhost') return [local]
  if (host.startsWith('127.') || host === '::1') return [{ ...near(host), who: 'this machine', full: true }]
  return [near(host)]
}
