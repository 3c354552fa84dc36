/** Looks for routers on the local networks (SSDP; UPnP Device Architecture, section 1.3), over IPv4. */
import { createSocket, type Socket } from 'node:dgram'
import { EventEmitter, on, once } from 'node:events'
import { isIPv4 } from 'node:net'
import { networkInterfaces } from 'node:os'

export interface Sighting {
  /** Of its description. */
  readonly location: URL
  /** Of this machine, in the router's network. */
  readonly local: string
}

const [GROUP, PORT] = ['239.255.255.250', 1900]
/** Some answer to the name of the device only, some to that of what opens ports. */
const TARGETS = [
  'device:InternetGatewayDevice:1',
  'device:InternetGatewayDevice:2',
  'service:WANIPConnection:1',
  'service:WANPPPConnection:1'
].map(name => `urn:schemas-upnp-org:${name}`)
/** Routers of a search; whoever floods us with answers is not heard. */
const MAX_SIGHTINGS = 8

export interface SearchInit {
  /** Ends the search. */
  readonly signal?: AbortSignal | undefined
  /** Between two questions, ms: both are datagrams, and get lost. @default it is asked once */
  readonly everyMs?: number | undefined
}

/** Each router once. Ends when the signal says so, or at once where there is no network. */
export async function* search({ signal, everyMs }: SearchInit): AsyncGenerator<Sighting, void, undefined> {
  const emitter = new EventEmitter()
  const seen = new Set<string>()
  const sockets = (await Promise.all(localAddresses().map(open))).filter(socket => socket !== undefined)
  for (const { socket, local } of sockets) {
    socket.on('message', (message, { address }) => {
      const location = locationIn(message.toString('latin1'), address)
      const key = `${location?.href} ${local}`
      if (location === undefined || seen.has(key) || seen.size >= MAX_SIGHTINGS) return
      seen.add(key)
      emitter.emit('sighting', { location, local } satisfies Sighting)
    })
  }
  const say = (): void => {
    for (const { socket } of sockets) for (const target of TARGETS) socket.send(question(target), PORT, GROUP, () => {})
  }
  const timer = everyMs === undefined ? undefined : setInterval(say, everyMs)
  try {
    if (sockets.length === 0) return
    const sightings = on(emitter, 'sighting', signal && { signal })
    say()
    for await (const [sighting] of sightings) yield sighting
  } catch (error) {
    if (signal?.aborted !== true) throw error
  } finally {
    clearInterval(timer)
    for (const { socket } of sockets) socket.close()
  }
}

/** From a port of its own: port 1900 is often another program's. */
async function open(local: string): Promise<{ readonly socket: Socket; readonly local: string } | undefined> {
  const socket = createSocket('udp4')
  try {
    socket.bind(0, local)
    await once(socket, 'listening')
    socket.setMulticastInterface(local)
    socket.setMulticastTTL(2)
    socket.on('error', () => {})
    return { socket, local }
  } catch {
    // The address went meanwhile.
    socket.close()
    return undefined
  }
}

function localAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap(all =>
    (all ?? []).flatMap(({ address, family, internal }) =>
      internal || family !== 'IPv4' || address.startsWith('169.254.') ? [] : [address]
    )
  )
}

function question(target: string): string {
  const lines = ['M-SEARCH * HTTP/1.1', `HOST: ${GROUP}:${PORT}`, 'MAN: "ssdp:discover"', 'MX: 1', `ST: ${target}`]
  return `${lines.join('\r\n')}\r\n\r\n`
}

/** @returns undefined unless it is an answer of a router that speaks for itself: nobody sends this machine somewhere else */
export function locationIn(message: string, sender: string): URL | undefined {
  if (!/^HTTP\/1\.[01] 200\b/.test(message)) return undefined
  const header = (name: string): string => new RegExp(`^${name}:[ \\t]*(\\S+)`, 'im').exec(message)?.[1] ?? ''
  const text = header('location')
  if (!TARGETS.includes(header('st')) || !URL.canParse(text)) return undefined
  const location = new URL(text)
  return location.protocol === 'http:' && isIPv4(location.hostname) && location.hostname === sender
    ? location
    : undefined
}
