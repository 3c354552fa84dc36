/** Orders of the parent as what a peer's network does with them. */
import { createRandom, type Random } from '../../core/random.js'
import type { Delay } from '../../faults/index.js'
import type { PeerKey } from '../../interface.js'
import { systemClock } from '../../net/clock.js'
import { createFaultyLinks, type FaultyLinks, type LinkFault, type LinkState } from '../../net/faulty-links.js'
import type { LineOrder, LinkOrder } from './calls.js'

/** Streams of the testnet's seed. */
const STREAM = 60_000

export interface BadLinks {
  readonly network: FaultyLinks
  /** @returns whether somebody who was out of reach is not any more */
  set(orders: readonly LinkOrder[]): boolean
}

/** @param seed of the testnet @param peer whose links they are */
export function createBadLinks(seed: number, peer: number): BadLinks {
  const random = createRandom(seed, STREAM + peer)
  const network = createFaultyLinks({ clock: systemClock, random })
  let cut: readonly PeerKey[] = []
  return {
    network,
    set(orders) {
      network.set(new Map(orders.map(order => [order.key, stateOf(order, random)])))
      const healed = cut.some(key => !network.isCut(key))
      cut = orders.filter(order => order.cut).map(order => order.key)
      return healed
    }
  }
}

function stateOf({ cut, inbound, outbound }: LinkOrder, random: Random): LinkState {
  return { cut, inbound: faultOf(inbound, random), outbound: faultOf(outbound, random) }
}

function faultOf(order: LineOrder | null, random: Random): LinkFault | undefined {
  if (order === null) return undefined
  const { loss, delayMs, bandwidthKbps } = order
  return {
    loss,
    delayMs: () => (delayMs === null ? 0 : drawDelay(delayMs, random)),
    bandwidthKbps: bandwidthKbps ?? Number.POSITIVE_INFINITY
  }
}

/** Milliseconds. */
export function drawDelay(delay: Delay, random: Pick<Random, 'unit'>): number {
  if (delay.kind === 'constant') return delay.ms
  if (delay.kind === 'uniform') return delay.min + random.unit() * (delay.max - delay.min)
  // 1 − unit is never 0.
  return -delay.mean * Math.log(1 - random.unit())
}
