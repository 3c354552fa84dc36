import assert from 'node:assert/strict'
import { createState } from '#src/core/protocol/state.js'
import { createRandom } from '#src/core/random.js'
import type { Evaluation, Identity } from '#src/interface.js'
import { Emitter } from '#src/peer/emitter.js'
import type { PeerEvents } from '#src/peer/events.js'
import { createReporter } from '#src/peer/reporter.js'
import { createVirtualNetwork } from '#src/sim/network.js'
import { createSyntheticTrainer } from '#src/sim/trainer.js'
import { testManifest } from '../../support/flock.js'
import { createManualClock } from '../../support/net-clock.js'
import { keyOf } from '../../support/reference.js'

describe('the evaluation of a set that all agree on', () => {
  it('waits for one of an earlier set that is running', async () => {
    const manifest = testManifest()
    const clock = createManualClock()
    const self = keyOf(0)
    const { tensors } = manifest.params
    const trainer = createSyntheticTrainer({ tensors, seed: 1, peer: 0, clock })
    /** Ends of the evaluations that run. */
    const ends: (() => void)[] = []
    const slow = {
      ...trainer,
      async evaluate(params: Float32Array): Promise<Evaluation> {
        await new Promise<void>(resolve => ends.push(resolve))
        return trainer.evaluate(params)
      }
    }
    const identity: Identity = { key: self, sign: async () => new Uint8Array(64), verify: async () => true }
    const { gossip, streams } = createVirtualNetwork(clock, createRandom(1)).endpoint(self)
    const state = createState(manifest, { self, mode: 'sync', pulseMs: 500, samples: 100, now: 0 })
    const reporter = createReporter(
      state,
      { identity, gossip, streams, clock, trainer: slow },
      { manifest, evaluationShare: 1 },
      new Emitter<PeerEvents>(),
      { mayEvaluate: () => true, evaluated: () => {} }
    )
    const { signal } = new AbortController()
    const closed = reporter.closed(
      { type: 'closed', epoch: 3, next: 4, closedBy: 'quorum', updates: 1, expected: 1, durationMs: 1 },
      signal
    )
    const settled = [reporter.settled(signal), reporter.settled(signal)]
    const turn = () => new Promise(resolve => setImmediate(resolve))
    for (let i = 0; i < 3; i++) {
      await turn()
      assert.equal(ends.length, 1, 'one at a time')
      ends.pop()?.()
    }
    await closed
    for (const accuracy of await Promise.all(settled)) assert.ok(accuracy !== null)
  })
})
