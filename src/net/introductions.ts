/**
 * Addresses that are there to get in, of an invite or a list: all peers are dialled at once while there is nobody, and
 * none is kept. Whoever is found otherwise makes the rest unimportant.
 */
import type { Libp2p, PeerId } from '@libp2p/interface'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import type { Random } from '../core/random.js'
import type { Clock } from '../interface.js'
import { peerIn, withoutPeer } from './address.js'
import { createDeadline } from './deadline.js'
import { dialAny } from './dial-any.js'
import type { Need } from './finder.js'

/** One dial, ms: all addresses of a peer. */
const DIAL_MS = 20_000
/** Waits after a failure, ms, grow by half from the first to the longest: while there is nobody, and while there are few. */
const FIRST_WAIT_MS = 500
const GROWTH = 1.5
const LONGEST_WAIT_MS: Readonly<Record<Need, number>> = { all: 60_000, some: 600_000, none: Number.POSITIVE_INFINITY }
/** A connection that lasted less, ms, was no success: we were let go because the other has enough, for one. */
const LASTING_MS = 30_000
/** Peers, and addresses of one. */
const MAX_TARGETS = 32
const MAX_ADDRESSES = 8

export interface IntroductionsComponents {
  readonly libp2p: Pick<Libp2p, 'dial' | 'getConnections' | 'peerId'>
  readonly clock: Clock
  readonly random: Pick<Random, 'unit'>
  /** Ends dials under way. */
  readonly signal: AbortSignal
  /** Told of the addresses that are dialled. */
  readonly tried?: (addresses: readonly string[]) => void
  /** Who was at an address that was dialled without a name, when that peer was connected already. */
  readonly foundAt?: (address: Multiaddr) => PeerId | undefined
}

export interface Introductions {
  /** Those of one peer are tried together. What is too much is left out. */
  add(addresses: readonly Multiaddr[]): void
  has(peer: PeerId): boolean
  /** @returns the dials begun now; none rejects */
  look(need: Need): readonly Promise<void>[]
  /** Nobody waits any longer: the network may be another one. */
  rested(): void
}

interface Target {
  /** Else whoever is at its one address is meant, and that may be another one each time. */
  readonly named: boolean
  /** Undefined until somebody was found there. */
  peer: PeerId | undefined
  /** Without the name of the peer. */
  readonly addresses: string[]
  /** Dials in a row that brought nothing that lasted. */
  failures: number
  /** When the last one ended; undefined for one that is to be tried now. */
  triedAt: number | undefined
  dialling: boolean
}

export function createIntroductions(components: IntroductionsComponents): Introductions {
  const { libp2p, clock, random, signal, tried, foundAt } = components
  const targets: Target[] = []

  function add(address: Multiaddr): void {
    const peer = peerIn(address)
    if (peer !== undefined && libp2p.peerId.equals(peer)) return
    const bare = peer === undefined ? address.toString() : withoutPeer(address)
    const known = targets.find(target =>
      peer === undefined ? target.addresses.includes(bare) : target.named && target.peer?.equals(peer) === true
    )
    if (known === undefined && targets.length < MAX_TARGETS)
      targets.push({
        named: peer !== undefined,
        peer,
        addresses: [bare],
        failures: 0,
        triedAt: undefined,
        dialling: false
      })
    else if (known !== undefined && known.addresses.length < MAX_ADDRESSES && !known.addresses.includes(bare))
      known.addresses.push(bare)
  }

  function isDue(target: Target, need: Need): boolean {
    const { peer, dialling, failures, triedAt } = target
    if (peer !== undefined && libp2p.getConnections(peer).length > 0) {
      if (triedAt !== undefined && clock.now() - triedAt >= LASTING_MS) target.failures = 0
      return false
    }
    if (dialling || need === 'none') return false
    if (triedAt === undefined) return true
    const wait = Math.min(LONGEST_WAIT_MS[need], FIRST_WAIT_MS * GROWTH ** failures)
    return clock.now() - triedAt >= wait * (0.5 + random.unit() / 2)
  }

  async function dial(target: Target): Promise<void> {
    const limit = createDeadline(clock, DIAL_MS, signal)
    target.dialling = true
    tried?.(target.addresses)
    try {
      if (target.named) await dialAny(target.peer!, target.addresses, limit.signal, { libp2p, clock })
      else target.peer = await whoIsAt(multiaddr(target.addresses[0]!), limit.signal)
    } catch {
      // It is tried again, and the neighbourhood tells when nobody answers at all.
    } finally {
      limit.clear()
      target.dialling = false
      target.failures++
      target.triedAt = clock.now()
    }
  }

  async function whoIsAt(address: Multiaddr, signal: AbortSignal): Promise<PeerId> {
    try {
      return (await libp2p.dial(address, { signal })).remotePeer
    } catch (error) {
      const found = foundAt?.(address)
      if (found === undefined) throw error
      return found
    }
  }

  return {
    add: addresses => addresses.forEach(add),
    has: peer => targets.some(target => target.peer?.equals(peer) === true),
    look: need => targets.filter(target => isDue(target, need)).map(dial),
    rested() {
      for (const target of targets) target.triedAt = undefined
    }
  }
}
