/**
 * Finds peers of the swarm on the local networks by multicast DNS (RFC 6762; libp2p specs, discovery/mdns). What
 * `@libp2p/mdns` cannot do: it works over IPv4, and tells of private addresses only.
 */
import { networkInterfaces } from 'node:os'
import type { PeerDiscovery, PeerInfo, Startable } from '@libp2p/interface'
import { type MulticastDNSComponents, mdns } from '@libp2p/mdns'
import { isLoopback } from '../../net/address.js'
import type { Discovery, Finder, Found, Need } from '../../net/finder.js'
import { keyOfPeerId } from '../../net/identity.js'
import { mdnsTag, type Wanted } from '../../net/rendezvous.js'
import { type Speaker, speakEverywhere } from './every-interface.js'
import { byNearness } from './nearness.js'

/** Between questions of a node that has neighbours, ms: others find it by their own questions. */
const CALM_MS = 120_000
/** Whoever misses neighbours asks after these waits, ms, from the start on; then again and again after the last. */
const WAITS_MS: Readonly<Record<Exclude<Need, 'none'>, readonly number[]>> = {
  all: [1000, 2000, 4000, 8000, 15_000, 30_000],
  some: [30_000, 60_000]
}
/** News between two looks that is kept; chatter of a network that somebody floods is dropped. */
const MAX_NEWS = 64

type Service = PeerDiscovery & Startable

/** For a node that others on the local network can reach. */
export function mdnsDiscovery(wanted: Wanted): Discovery {
  let service: Service | undefined
  const news: Found[] = []

  const create = (components: MulticastDNSComponents): Startable => {
    const made: PeerDiscovery & Partial<Startable> = mdns({ serviceTag: mdnsTag(wanted), interval: CALM_MS })(
      components
    )
    if (made.start === undefined || made.stop === undefined) throw new TypeError('mDNS is started and stopped')
    const { start, stop } = made
    // Not libp2p's to hear of: what anybody on the network says does not go into the peer store.
    made.addEventListener('peer', ({ detail }: CustomEvent<PeerInfo>) => {
      const key = keyOfPeerId(detail.id)
      if (key === undefined || news.length >= MAX_NEWS) return
      news.push({ key, addresses: detail.multiaddrs.map(String) })
    })
    let hush = (): void => {}
    service = Object.assign(made, {
      start: async () => {
        await start.call(made)
        const speaker: unknown = Reflect.get(made, 'mdns')
        if (!isSpeaker(speaker)) throw new TypeError('this mDNS service does not show what it sends by')
        hush()
        hush = speakEverywhere(speaker)
        // The question of its start went where the default route leads.
        speaker.query({ questions: [{ name: mdnsTag(wanted), type: 'PTR' }] })
      },
      stop: async () => {
        hush()
        await stop.call(made)
      }
    })
    return { start: () => service?.start(), stop: () => service?.stop() }
  }

  return {
    services: { mdns: create },
    open({ clock }) {
      let need: Need = 'all'
      let asked = 0
      let askedAt = clock.now()
      let asking: Promise<void> = Promise.resolve()
      let stopped = false

      /** A start is a question, and takes the interfaces as they are now. */
      async function ask(): Promise<void> {
        await service?.stop()
        if (!stopped) await service?.start()
      }

      const finder: Finder = {
        name: 'mdns',
        local: true,
        where: 'on the local network',
        look(now, heardOf) {
          const found = news.splice(0).map(({ key, addresses }) => ({ key, addresses: useful(addresses) }))
          if (found.length > 0) heardOf(found)
          if (now !== need) asked = 0
          need = now
          if (need === 'none' || stopped) return
          const waits = WAITS_MS[need]
          if (clock.now() - askedAt < waits[Math.min(asked, waits.length - 1)]!) return
          asked++
          askedAt = clock.now()
          asking = asking.then(ask).catch(() => {})
        },
        wake() {
          asked = 0
        },
        async stop() {
          stopped = true
          await asking
        }
      }
      return finder
    }
  }
}

function isSpeaker(value: unknown): value is Speaker {
  return typeof value === 'object' && value !== null && 'respond' in value && 'query' in value
}

/** Who has an address on the network is not asked for at one of this machine, where somebody else may be. */
function useful(addresses: readonly string[]): readonly string[] {
  const outer = addresses.filter(address => !isLoopback(address))
  return outer.length > 0 ? byNearness(outer, networkInterfaces()) : addresses
}
