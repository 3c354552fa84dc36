/** A peer that lives more than once: on one store, in a simulated network. */
import type { Manifest } from '#src/core/protocol/manifest.js'
import type { Identity, PeerKey, Store, StoreChange } from '#src/interface.js'
import { memoryStore } from '#src/peer/memory-store.js'
import { Peer } from '#src/peer/peer.js'
import { createPeerClock } from '#src/sim/peer-clock.js'
import type { Simulation } from '#src/sim/simulation.js'
import { createSyntheticTrainer } from '#src/sim/trainer.js'

/** A store in memory that can be made to fail, and tells what was done to it. */
export interface TestStore extends Store {
  /** `full`: writes fail. `read-only`: marks do, too. */
  fault: 'full' | 'read-only' | null
  /** What fails is there after a restart all the same. */
  ghosts: boolean
  readonly writes: { readonly changes: readonly StoreChange[]; readonly durable: boolean }[]
  readonly marks: number[]
  /** Flips one bit of what is kept under a key. */
  damage(key: string): Promise<void>
  keys(): Promise<string[]>
}

export function testStore(): TestStore {
  const memory = memoryStore()
  const store: TestStore = {
    ...memory,
    fault: null,
    ghosts: false,
    writes: [],
    marks: [],
    async write(changes, options) {
      if (store.fault === null || store.ghosts) await memory.write(changes, options)
      if (store.fault !== null) throw new Error('no space left')
      store.writes.push({ changes, ...options })
    },
    async mark(epoch) {
      if (store.fault === 'read-only') throw new Error('read-only')
      await memory.mark(epoch)
      store.marks.push(epoch)
    },
    async damage(key) {
      for await (const [found, value] of memory.read(key)) {
        if (found !== key) continue
        const changed = value.slice()
        changed[changed.length >> 1]! ^= 4
        await memory.write([{ key, value: changed }], { durable: true })
        return
      }
      throw new RangeError(`nothing is kept under ${key}`)
    },
    async keys() {
      const out: string[] = []
      for await (const [key] of memory.read('')) out.push(key)
      return out
    }
  }
  return store
}

export interface Life {
  readonly peer: Peer
  /** Envelopes that it handed to gossip. */
  readonly sent: Uint8Array[]
  readonly warnings: string[]
  /** As kill -9 does: nothing that it was about to do happens. */
  kill(): void
}

export interface LivesInit {
  readonly manifest: Manifest
  readonly identity: Identity
  /** Whom it is connected to. */
  readonly neighbours: readonly PeerKey[]
  readonly mode?: 'sync' | 'async'
  readonly seed?: number
}

/** Opens what the store holds; not yet started. */
export async function nextLife({ clock: time, network }: Simulation, store: Store, init: LivesInit): Promise<Life> {
  const { manifest, identity, neighbours, mode = 'sync', seed = 1 } = init
  const clock = createPeerClock(time, 0)
  const { gossip, streams } = network.endpoint(identity.key)
  const [sent, warnings]: [Uint8Array[], string[]] = [[], []]
  const watched = {
    ...gossip,
    async publish(bytes: Uint8Array) {
      sent.push(bytes)
      return gossip.publish(bytes)
    }
  }
  const trainer = createSyntheticTrainer({ tensors: manifest.params.tensors, seed, peer: 99, clock })
  const components = { identity, gossip: watched, streams, clock, store, trainer }
  const peer = await Peer.open(components, { manifest, mode, pulseMs: 500 })
  peer.on('warning', ({ message }) => warnings.push(message))
  for (const key of neighbours) network.connect(identity.key, key)
  return {
    peer,
    sent,
    warnings,
    kill() {
      clock.kill()
      network.kill(identity.key)
    }
  }
}
