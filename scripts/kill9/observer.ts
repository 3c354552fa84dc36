/** A peer in this process that sees every update of the swarm, and notes what each author signed. */

import { toHex } from '#src/core/bytes.js'
import type { Manifest } from '#src/core/protocol/manifest.js'
import { systemClock } from '#src/net/clock.js'
import { createLocalPeer, type LocalPeer } from '#src/node/local-peer.js'
import { createSyntheticTrainer } from '#src/sim/trainer.js'

export interface Observer {
  readonly local: LocalPeer
  /** Contents that were seen for each epoch of an author. */
  signed(author: string): ReadonlyMap<number, ReadonlySet<string>>
  /** Resolves when an update of the author has come, now or before. */
  hears(author: string): Promise<void>
}

export async function createObserver(manifest: Manifest): Promise<Observer> {
  const seen = new Map<string, Map<number, Set<string>>>()
  const waiting = new Map<string, () => void>()
  const { tensors } = manifest.params
  const trainer = createSyntheticTrainer({ tensors, seed: 1, peer: 0, clock: systemClock, stepMs: 5 })
  const local = await createLocalPeer({
    manifest,
    listen: ['/ip4/127.0.0.1/tcp/0'],
    pulseMs: 100,
    evaluationShare: 0,
    trainer: Promise.resolve(trainer),
    watch: {
      began() {},
      stepped(input) {
        if (input.type !== 'update') return
        const { author, epoch, contentHash } = input.candidate.update
        const epochs = seen.get(author) ?? new Map<number, Set<string>>()
        seen.set(author, epochs)
        epochs.set(epoch, (epochs.get(epoch) ?? new Set()).add(toHex(contentHash)))
        waiting.get(author)?.()
      }
    }
  })
  return {
    local,
    signed: author => seen.get(author) ?? new Map(),
    hears: author => (seen.has(author) ? Promise.resolve() : new Promise(resolve => waiting.set(author, resolve)))
  }
}
