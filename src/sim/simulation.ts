/** Many production peers on virtual time and a virtual network: one seed, one run. */
import type { Manifest } from '../core/protocol/manifest.js'
import { createRandom } from '../core/random.js'
import type { Identity, Store, Trainer } from '../interface.js'
import { Peer } from '../peer/peer.js'
import { createVirtualClock, type VirtualClock } from './clock.js'
import { createVirtualNetwork, GOOD_LINK, type LinkRules, type VirtualNetwork } from './network.js'
import { createSyntheticTrainer } from './trainer.js'

export interface SimulationInit {
  readonly manifest: Manifest
  readonly identities: readonly Identity[]
  /** Who is connected at the start, as indices of identities. */
  readonly edges: readonly (readonly [number, number])[]
  readonly seed: number
  readonly rules?: LinkRules
  readonly pulseMs?: number
  readonly mode?: 'sync' | 'async'
  /** Lets all pending promises run; the host's `setImmediate`, say. */
  readonly drain: () => Promise<void>
  /** @default synthetic, 10 ms a step */
  readonly trainer?: (peer: number, clock: VirtualClock) => Trainer | undefined
  /** An empty one. @default nothing is kept */
  readonly store?: (peer: number) => Store
}

export interface Simulation {
  readonly clock: VirtualClock
  readonly network: VirtualNetwork
  readonly peers: readonly Peer[]
  /** Runs until the condition holds. @returns whether it did within `limitMs` of virtual time */
  until(condition: () => boolean, limitMs: number): Promise<boolean>
  /** Runs until the promise settles. */
  finish<T>(promise: Promise<T>): Promise<T>
  /**
   * Puts a new peer of the same identity, which remembers nothing else, in the place of `peers[peer]` and connects it as at
   * the start. The old one has been stopped, the new one is not yet started.
   */
  reborn(peer: number): Peer
  stop(): Promise<void>
}

/** Peers are made and wired, not yet started: `peers[i].start()` when it is to join. */
export function createSimulation(init: SimulationInit): Simulation {
  const { manifest, identities, edges, seed, drain } = init
  const clock = createVirtualClock()
  const network = createVirtualNetwork(clock, createRandom(seed, 2), init.rules ?? GOOD_LINK)
  const make = (identity: Identity, peer: number, resumed: boolean) => {
    const { gossip, streams } = network.endpoint(identity.key)
    const trainer =
      init.trainer === undefined
        ? createSyntheticTrainer({ tensors: manifest.params.tensors, seed, peer, clock })
        : init.trainer(peer, clock)
    const store = init.store?.(peer)
    return new Peer(
      { identity, gossip, streams, clock, ...(store && { store }), ...(trainer && { trainer }) },
      { manifest, mode: init.mode ?? 'sync', pulseMs: init.pulseMs ?? 500, resumed }
    )
  }
  const peers = identities.map((identity, peer) => make(identity, peer, false))
  for (const [a, b] of edges) network.connect(identities[a]!.key, identities[b]!.key)
  return {
    clock,
    network,
    peers,
    async until(condition, limitMs) {
      const limit = clock.now() + limitMs
      await drain()
      if (condition()) return true
      for (;;) {
        if (clock.stirred()) {
          await drain()
          if (condition()) return true
        }
        if (clock.next() > limit || !clock.step()) return false
      }
    },
    finish,
    reborn(peer) {
      const again = make(identities[peer]!, peer, true)
      peers[peer] = again
      for (const [a, b] of edges) if (a === peer || b === peer) network.connect(identities[a]!.key, identities[b]!.key)
      return again
    },
    async stop() {
      await finish(Promise.all(peers.map(peer => peer.stop())))
    }
  }

  async function finish<T>(promise: Promise<T>): Promise<T> {
    let done = false
    const end = () => {
      done = true
    }
    promise.then(end, end)
    for (;;) {
      await drain()
      if (done) return promise
      clock.step()
    }
  }
}
