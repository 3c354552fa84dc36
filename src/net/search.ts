/**
 * Everything that looks for peers outside the neighbourhood: addresses to get in by, and finders. It notices when nobody
 * answers at all.
 */
import type { Libp2p, PeerId } from '@libp2p/interface'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import type { Random } from '../core/random.js'
import type { Clock, PeerKey } from '../interface.js'
import { isDialable } from './address.js'
import type { Contacts } from './contacts.js'
import type { Finder, Found, Need } from './finder.js'
import { createIntroductions } from './introductions.js'
import { createLonely, type Efforts } from './lonely.js'

/** A finder's news of one look; the first ones count. */
const MAX_FOUND = 64

export interface SearchComponents {
  readonly libp2p: Pick<Libp2p, 'dial' | 'getConnections' | 'peerId'>
  readonly clock: Clock
  readonly random: Random
  readonly contacts: Contacts
  /** Ends dials under way. */
  readonly signal: AbortSignal
  /** Who was at an address that was dialled without a name, when that peer was connected already. */
  readonly foundAt?: (address: Multiaddr) => PeerId | undefined
}

/** Who is there already. */
export interface Company {
  readonly need: Need
  readonly neighbours: number
  readonly guests: number
}

export interface Search {
  /** Tried while neighbours are wanted, all at once while there is none. */
  introduce(addresses: readonly Multiaddr[]): void
  add(finder: Finder): void
  /** Whether it is one of those to get in by. */
  isIntroduction(peer: PeerId): boolean
  /** Notes that these are being dialled. */
  tried(addresses: readonly string[]): void
  /** What cannot be dialled is left out, and so is what is more than one source may bring. */
  heardOf(source: Pick<Finder, 'name' | 'local'>, found: readonly Found[], skip: (key: PeerKey) => boolean): void
  /** @param heardOf takes what finders find, also later @returns the dials begun now; none rejects */
  look(company: Company, heardOf: (finder: Finder, found: readonly Found[]) => void): readonly Promise<void>[]
  /** The network may be another one. */
  wake(): void
  /** Called once in each outage, when nobody has answered for some seconds. @returns undoes it */
  onNobody(listener: (efforts: Efforts) => void): () => void
  /** Stops the finders too. Twice is fine. */
  stop(): Promise<void>
}

export function createSearch(components: SearchComponents): Search {
  const { clock, contacts, signal } = components
  const finders: Finder[] = []
  const listeners = new Set<(efforts: Efforts) => void>()
  const lonely = createLonely(clock)
  const introductions = createIntroductions({ ...components, tried: lonely.tried })

  return {
    introduce: introductions.add,
    isIntroduction: introductions.has,
    add: finder => void finders.push(finder),
    tried: lonely.tried,
    heardOf({ name, local }, found, skip) {
      for (const { key, addresses } of found.slice(0, MAX_FOUND))
        if (!skip(key)) contacts.found(key, addresses.filter(isDialableText), name, local, clock.now())
    },
    look({ need, neighbours, guests }, heardOf) {
      const dials = introductions.look(need)
      for (const finder of finders)
        finder.look(need, found => {
          if (!signal.aborted) heardOf(finder, found)
        })
      const told = lonely.look(neighbours)
      if (told !== undefined) {
        const efforts = { ...told, looked: finders.flatMap(({ where }) => where ?? []), guests }
        for (const listener of listeners) listener(efforts)
      }
      return dials
    },
    wake() {
      introductions.rested()
      for (const finder of finders) finder.wake()
    },
    onNobody(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async stop() {
      await Promise.all(finders.map(finder => finder.stop()))
    }
  }
}

function isDialableText(address: string): boolean {
  try {
    return isDialable(multiaddr(address))
  } catch {
    return false
  }
}
