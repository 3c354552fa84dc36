/**
 * Finds peers of the swarm in a Kademlia DHT (Maymounkov and Mazières 2002; libp2p specs, kad-dht): all Starlings nodes
 * share one, whatever their swarm, so that any of them that is alive can introduce. PROTOCOL.md, "Neighbours".
 */
import {
  type Connection,
  type PeerDiscovery,
  type PeerDiscoveryEvents,
  type PeerId,
  type PeerInfo,
  peerDiscoverySymbol,
  start,
  stop
} from '@libp2p/interface'
import {
  type KadDHT,
  type KadDHTComponents,
  kadDHT,
  passthroughMapper,
  removePrivateAddressesMapper
} from '@libp2p/kad-dht'
import { isPrivate } from '@libp2p/utils'
import { TypedEventEmitter } from 'main-event'
import { isDialable, isLoopback } from '../../net/address.js'
import { createBudget } from '../../net/budget.js'
import type { Discovery, Finder, FinderComponents, Found } from '../../net/finder.js'
import { keyOfPeerId } from '../../net/identity.js'
import { rendezvousCid, type Wanted } from '../../net/rendezvous.js'
import { BoundedDatastore } from './bounded-datastore.js'
import { createPace } from './pace.js'

/** Shared by all Starlings nodes, and by nobody else. */
const STARLINGS_DHT = '/starlings/kad/1.0.0'

export interface DhtInit extends Wanted {
  /** Of somebody else's DHT, where this node only asks. @default {@link STARLINGS_DHT} */
  readonly protocol?: string | undefined
  /** Whether nobody but this machine is meant: then its own addresses are. @default false */
  readonly local?: boolean
}

/** Its tables are kept fresh by use and by this, ms; five minutes, which is the library's, cost an idle node most of its bytes. */
const REFRESH_MS = 20 * 60_000
/** One question to the DHT, ms. */
const QUERY_MS = 30_000
/**
 * A record lies with so many nodes, and a question goes to so many at once, on so many ways. Smaller than the library's (20, 10
 * and 10), which ask everybody in a DHT of some dozens.
 */
const NEAREST = 8
const AT_ONCE = 3
const WAYS = 2
/** Providers of one question that are enough: a peer dials four at once. */
const ENOUGH_FOUND = 6
/** Provider records kept for others, and bytes of one. */
const MAX_RECORDS = 4096
const MAX_RECORD_BYTES = 256
/** Peers that others tell of per minute, and addresses of one. */
const TOLD_PER_MINUTE = 240
const MAX_ADDRESSES = 8

/** For a node of one swarm. */
export function dhtDiscovery({ protocol = STARLINGS_DHT, local = false, ...wanted }: DhtInit): Discovery {
  const isOurs = protocol === STARLINGS_DHT
  let dht: KadDHT | undefined

  /** What a stranger says of another one is dialled only where an honest one might be. */
  const usable = ({ multiaddrs }: PeerInfo): string[] =>
    multiaddrs
      .filter(address => isDialable(address) && (isOurs || !isPrivate(address)))
      .map(String)
      .filter(address => local || !isLoopback(address))
      .slice(0, MAX_ADDRESSES)

  return {
    services: {
      dht(components: KadDHTComponents) {
        const records = new BoundedDatastore(MAX_RECORDS, MAX_RECORD_BYTES)
        const made = kadDHT({
          protocol,
          // It serves once it knows that others can reach it.
          clientMode: true,
          peerInfoMapper: isOurs ? passthroughMapper : removePrivateAddressesMapper,
          kBucketSize: NEAREST,
          alpha: AT_ONCE,
          disjointPaths: WAYS,
          // Questions wait for the first one, which is about itself and waits for a peer.
          initialQuerySelfInterval: 100,
          querySelfInterval: REFRESH_MS
        })(withDatastore(components, records))
        dht = made
        return {
          start: () => start(made),
          stop: () => stop(made),
          [peerDiscoverySymbol]: createSieve(made, usable)
        }
      }
    },
    open: components => {
      if (dht === undefined) throw new TypeError('a DHT is opened on the node that it was made for')
      return createDhtFinder({ ...wanted, protocol, local, isOurs, dht, usable }, components)
    }
  }
}

/** Its records are from anybody, and so do not belong with what the node keeps for itself. */
function withDatastore(components: KadDHTComponents, datastore: KadDHTComponents['datastore']): KadDHTComponents {
  return new Proxy(components, {
    get: (target, name) => (name === 'datastore' ? datastore : Reflect.get(target, name))
  })
}

/** What the DHT hears of peers goes into libp2p's peer store, where it looks for addresses to dial: not all, and not all at once. */
function createSieve(dht: object, usable: (peer: PeerInfo) => readonly string[]): PeerDiscovery {
  const sieve = new TypedEventEmitter<PeerDiscoveryEvents>()
  const source: unknown = Reflect.get(dht, peerDiscoverySymbol)
  const budget = createBudget({ perMinute: TOLD_PER_MINUTE, burst: TOLD_PER_MINUTE })
  if (source instanceof EventTarget)
    source.addEventListener('peer', event => {
      if (!(event instanceof CustomEvent)) return
      const { id, multiaddrs }: PeerInfo = event.detail
      const wanted = new Set(usable({ id, multiaddrs }))
      if (wanted.size === 0 || keyOfPeerId(id) === undefined || !budget.take(performance.now())) return
      const detail = { id, multiaddrs: multiaddrs.filter(address => wanted.has(address.toString())) }
      sieve.dispatchEvent(new CustomEvent('peer', { detail }))
    })
  return sieve
}

interface DhtFinderInit extends Wanted {
  readonly protocol: string
  readonly local: boolean
  readonly isOurs: boolean
  readonly dht: KadDHT
  readonly usable: (peer: PeerInfo) => readonly string[]
}

function createDhtFinder(init: DhtFinderInit, { libp2p, clock, random }: FinderComponents): Finder {
  const { protocol, local, isOurs, dht, usable } = init
  const name = rendezvousCid(init)
  const pace = createPace(clock, random)
  const servers = new Set<string>()
  /** Since the start, up to a bound. */
  const met = new Set<string>()
  const stopping = new AbortController()
  const work = new Set<Promise<void>>()
  let finding = false

  function run(task: () => Promise<void>): void {
    const done: Promise<void> = task()
      .catch(() => {}) // a DHT that gives no answer is asked again
      .finally(() => work.delete(done))
    work.add(done)
  }

  async function find(heardOf: (found: readonly Found[]) => void): Promise<void> {
    finding = true
    let count = 0
    try {
      for await (const event of dht.findProviders(name, { signal: limit() })) {
        if (event.name !== 'PROVIDER') continue
        const found = event.providers.flatMap(peer => {
          const key = keyOfPeerId(peer.id)
          return key === undefined || peer.id.equals(libp2p.peerId) ? [] : [{ key, addresses: usable(peer) }]
        })
        count += found.length
        heardOf(found)
        if (count >= ENOUGH_FOUND) return
      }
    } finally {
      finding = false
    }
  }

  async function provide(): Promise<void> {
    let told = 0
    try {
      for await (const event of dht.provide(name, { signal: limit() }))
        if (event.name === 'PEER_RESPONSE' && event.messageName === 'ADD_PROVIDER') told++
    } finally {
      pace.provided(told)
    }
  }

  const limit = (): AbortSignal => AbortSignal.any([stopping.signal, AbortSignal.timeout(QUERY_MS)])

  /** Somebody reached it from outside, so others will. */
  function onOpen({ detail: { direction, limits } }: CustomEvent<Connection>): void {
    if (isOurs && direction === 'inbound' && limits === undefined) run(() => dht.setMode('server'))
  }

  let topology: string | undefined
  run(async () => {
    topology = await libp2p.register(protocol, {
      onConnect: (peer: PeerId) => {
        servers.add(peer.toString())
        if (met.size < MAX_RECORDS) met.add(peer.toString())
        pace.met(servers.size)
      },
      onDisconnect: peer => void servers.delete(peer.toString())
    })
  })
  libp2p.addEventListener('connection:open', onOpen)
  if (isOurs && local) run(() => dht.setMode('server'))

  return {
    name: 'dht',
    local,
    get where() {
      if (!isOurs) return `in the DHT ${protocol}`
      return met.size === 0
        ? undefined
        : `among ${met.size === 1 ? 'a Starlings node' : `${met.size} Starlings nodes`} of any swarm`
    },
    look(need, heardOf) {
      if (servers.size === 0 || stopping.signal.aborted) return
      if (libp2p.getMultiaddrs().length > 0 && pace.isTimeToProvide()) run(provide)
      if (!finding && pace.isTimeToFind(need)) run(() => find(heardOf))
    },
    wake: () => pace.rested(),
    async stop() {
      stopping.abort()
      libp2p.removeEventListener('connection:open', onOpen)
      await Promise.all(work)
      if (topology !== undefined) libp2p.unregister(topology)
    }
  }
}
