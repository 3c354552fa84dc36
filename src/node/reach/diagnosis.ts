/** What `starlings doctor` makes of what it found: a verdict, and plain words. Pure. */
import { type AddressKind, hostOf, isLoopback, isPrivate } from '../../net/address.js'
import { formatPlural } from '../report/units.js'
import { listed, short } from './phrases.js'
import type { RouterFacts } from './router/gateway.js'
import { udpOf } from './udp-words.js'

/** Somebody who was asked whether it can reach this node. */
export interface Witness {
  /** A peer id. */
  readonly peer: string
  /** Where it answered, a multiaddr. */
  readonly address: string
  /** Where it sees this node; absent when it could not be asked. */
  readonly seenAs?: string
  /** TCP ports of this node at which it knocked, and those that opened. */
  readonly tried: readonly number[]
  readonly opened: readonly number[]
  /** It introduces peers that cannot reach each other. */
  readonly relays: boolean
  /** It tells WebRTC where this node is seen. */
  readonly stun: boolean
  /** Where it sees this machine by UDP, `<IPv4 address>:<port>`; null: nothing came through; absent: it was not asked. */
  readonly udpSeenAs?: string | null
}

export interface Facts {
  /** A node of this home runs, and is what is looked at; else doctor listened in its place. */
  readonly running: boolean
  /** Multiaddrs that this node tells others. */
  readonly addresses: readonly string[]
  /** IP addresses of this machine's own interfaces. */
  readonly interfaces: readonly string[]
  /** Whether the router was asked to open ports. */
  readonly upnp: boolean
  /** Those that answered. */
  readonly routers: readonly RouterFacts[]
  /** Addresses that were tried and did not answer. */
  readonly unanswered: readonly string[]
  readonly witnesses: readonly Witness[]
  /** By what the node that runs is connected to its neighbours; absent when none runs. */
  readonly neighbours?: readonly AddressKind[]
  /** Of those neighbours, who dialled it by TCP: peer id and multiaddr. */
  readonly arrived?: readonly { readonly peer: string; readonly address: string }[]
}

/** From where others reach this node: an observer there did, or a neighbour came from there, or nobody could be asked. */
export type Verdict = 'anywhere' | 'network' | 'machine' | 'unknown' | 'not'

export interface Diagnosis {
  readonly verdict: Verdict
  readonly reachable: boolean
  readonly lines: readonly string[]
}

export function diagnose(facts: Facts): Diagnosis {
  const { witnesses, unanswered } = facts
  const verdict = verdictOf(facts)
  const lines = [
    ...where(facts),
    ...facts.routers.flatMap(routed),
    ...unanswered.map(address => `${address} did not answer`),
    ...neighboursOf(facts),
    ...witnesses.map(witnessed),
    ...arrivals(facts),
    ...udpOf(facts),
    ...WORDS[verdict],
    ...remedies(facts, verdict)
  ]
  return { verdict, reachable: verdict !== 'not' && verdict !== 'unknown', lines }
}

function verdictOf({ witnesses, arrived = [] }: Facts): Verdict {
  const asked = witnesses.filter(({ tried, seenAs }) => tried.length > 0 && seenAs !== undefined)
  const opened = asked.filter(witness => witness.opened.length > 0)
  if (opened.length > 0) return widest(opened.map(({ seenAs = '' }) => asAddress(seenAs)))
  if (asked.length > 0) return 'not'
  return arrived.length > 0 ? widest(arrived.map(({ address }) => address)) : 'unknown'
}

/** @param addresses from which somebody came through */
function widest(addresses: readonly string[]): Verdict {
  if (addresses.some(address => !isPrivate(address))) return 'anywhere'
  return addresses.some(address => !isLoopback(address)) ? 'network' : 'machine'
}

const WORDS: Readonly<Record<Verdict, readonly string[]>> = {
  anywhere: ['others can reach this node from the internet'],
  network: ['others in the same network can reach this node; nobody outside of it was asked'],
  machine: ['others on this machine can reach this node; nobody elsewhere was asked'],
  unknown: ['nobody was there to ask whether this node can be reached'],
  not: ['others cannot reach this node: a router or a firewall is in between']
}

function where({ running, addresses, interfaces, upnp, routers }: Facts): readonly string[] {
  const who = running ? 'the node that runs here' : 'a node started here'
  const own = addresses.filter(address => !address.includes('/p2p-circuit'))
  if (own.length === 0) return [`${who} listens nowhere`]
  const far = own.filter(address => !isPrivate(address))
  const near = own.filter(address => isPrivate(address) && !isLoopback(address))
  const mapped = far.filter(address => !interfaces.includes(hostOf(address)))
  const relays = relaysOf(addresses)
  return [
    `${who} listens by ${listed(kindsOf(own))}`,
    far.length > mapped.length
      ? `this machine has a public address, ${hostsOf(far.filter(address => !mapped.includes(address)))}`
      : near.length > 0
        ? `this machine has private addresses only, ${hostsOf(near)}: it is behind a router`
        : 'it listens for this machine only',
    ...(mapped.length > 0
      ? [`it tells others that ${hostsOf(mapped)} leads to it`]
      : upnp && far.length === 0 && routers.length === 0
        ? ['no router here answered when asked to open ports (UPnP)']
        : []),
    ...(relays.length > 0
      ? [`others find it through ${listed(relays.map(short))}, where it holds a reservation`]
      : running && far.length === 0
        ? ['it holds no reservation at a relay']
        : [])
  ]
}

function routed({ host, outer, opened, refused }: RouterFacts): readonly string[] {
  const router = `the router at ${host}`
  if (outer === null) return [`${router} does not tell its address outside (UPnP): its line is down, or it has none`]
  if (isPrivate(asAddress(outer)))
    return [`${router} is itself at ${outer}, which is no public address: another router stands before it`]
  const ports = opened.map(({ protocol, port, outerPort }) =>
    port === outerPort ? `${protocol} port ${port}` : `${protocol} port ${port} as ${outerPort}`
  )
  return [
    ...(ports.length === 0 ? [] : [`${router} opened ${listed(ports)} when asked (UPnP)`]),
    ...refused.map(({ protocol, port, reason }) => `${router} did not open ${protocol} port ${port} (UPnP): ${reason}`)
  ]
}

function witnessed({ peer, address, seenAs, tried, opened, relays, stun }: Witness): string {
  const helps = [
    ...(relays ? ['introduces peers to each other'] : []),
    ...(stun ? ['tells them where they are seen'] : [])
  ]
  const knocked =
    seenAs === undefined
      ? 'could not be asked'
      : tried.length === 0
        ? `sees this node at ${seenAs}`
        : `sees this node at ${seenAs}, and ${
            opened.length === tried.length
              ? 'can open connections to it'
              : opened.length === 0
                ? 'cannot open a connection to it'
                : `reaches its port ${opened.join(', ')}, not ${tried.filter(port => !opened.includes(port)).join(', ')}`
          }`
  return `${short(peer)} at ${address} ${knocked}${helps.length === 0 ? '' : `; it ${listed(helps)}`}`
}

/** Whoever came by itself says as much as one who was asked to. */
function arrivals({ arrived = [], witnesses }: Facts): readonly string[] {
  return arrived
    .filter(({ peer }) => !witnesses.some(witness => witness.peer === peer && witness.tried.length > 0))
    .map(({ peer, address }) => `${short(peer)} connected to it by itself, from ${hostOf(address)}`)
}

function remedies({ witnesses, addresses, running }: Facts, verdict: Verdict): readonly string[] {
  if (verdict === 'anywhere') return []
  const ports = portsOf(addresses)
  const announce = 'and start it with --announce /ip4/<address of the router>/tcp/<port>'
  if (verdict === 'unknown')
    return [
      'what to do: name somebody who is there, with --peer or the --home of a node that has neighbours',
      ...(running ? [] : ['without any peer, an invite of this node works for people in the same network'])
    ]
  if (verdict !== 'not') return []
  const introduced = witnesses.some(({ relays }) => relays)
  const met = witnesses.some(({ stun }) => stun)
  return [
    introduced
      ? `it takes part all the same: it dials others, and peers that both know introduce others to it${
          met ? '; through most routers the two then find a direct way (WebRTC)' : ''
        }`
      : 'it takes part as far as it dials others; nobody it asked introduces others to it',
    'what to do, if others shall dial it:',
    `  let the router hand on ${ports.length === 0 ? 'its ports' : `TCP port ${ports.join(' and ')}`} to this machine, ${announce}`,
    '  or switch on UPnP in the router',
    '  or have one node in the open that runs with --relay: it carries everything between those that cannot reach each other'
  ]
}

/** Peer ids of those at whom a reservation is held. */
export function relaysOf(addresses: readonly string[]): readonly string[] {
  return [...new Set(addresses.flatMap(address => /\/p2p\/([^/]+)\/p2p-circuit/.exec(address)?.[1] ?? []))]
}

function neighboursOf({ neighbours }: Facts): readonly string[] {
  if (neighbours === undefined) return []
  if (neighbours.length === 0) return ['it has no neighbours just now']
  const relayed = neighbours.filter(how => how === 'relayed').length
  const direct = neighbours.filter(how => how !== 'relayed')
  const kinds = [...new Set(direct)].map(how => `${direct.filter(other => other === how).length} by ${LINKS[how]}`)
  const through = relayed === 0 ? [] : [`${relayed} through a relay`]
  return [`it has ${formatPlural(neighbours.length, 'neighbour')}: ${listed([...kinds, ...through])}`]
}

const LINKS: Readonly<Record<AddressKind, string>> = {
  tcp: 'TCP',
  websocket: 'WebSocket',
  webrtc: 'WebRTC, introduced',
  'webrtc-direct': 'WebRTC',
  relayed: 'a relay',
  unknown: 'something else'
}

/** TCP ports, for people and for those who knock. */
export function portsOf(addresses: readonly string[]): readonly number[] {
  const ports = addresses.flatMap(address => {
    const port = /^\/[^/]+\/[^/]+\/tcp\/(\d+)(?!.*\/p2p-circuit)/.exec(address)?.[1]
    return port === undefined ? [] : [Number(port)]
  })
  return [...new Set(ports)]
}

const KINDS: readonly (readonly [RegExp, string])[] = [
  [/\/tcp\/\d+(\/p2p\/|$)/, 'TCP'],
  [/\/ws(\/|$)/, 'WebSocket'],
  [/\/webrtc-direct/, 'WebRTC']
]

function kindsOf(addresses: readonly string[]): readonly string[] {
  return KINDS.flatMap(([kind, name]) => (addresses.some(address => kind.test(address)) ? [name] : []))
}

function hostsOf(addresses: readonly string[]): string {
  return listed([...new Set(addresses.map(hostOf))])
}

function asAddress(host: string): string {
  return host.includes(':') ? `/ip6/${host}/` : `/ip4/${host}/`
}
