import assert from 'node:assert/strict'
import type { SwarmState } from '#src/core/protocol/state.js'
import type { Invariants } from '#src/sim/invariants/create.js'
import type { InvariantId } from '#src/sim/invariants/violation.js'
import type { RunObserver, RunPeer, RunView } from '#src/sim/observer.js'
import { testManifest } from '../support/flock.js'
import { assertUnbroken, type CheckedRun, checkedRun, tellBroken } from '../support/run.js'

const short = testManifest({ stop: { epochs: 14 }, gossip: { budgetBytes: 2048 }, clock: { maxEpochMs: 2000 } })
/** Epochs of half a second, so that seconds see something. */
const RUN: CheckedRun = { manifest: short, seed: 3, peers: 6, stepMs: 100, settlePulses: 60 }
/** Long enough for what takes long to be noticed. */
const LONG: CheckedRun = {
  ...RUN,
  manifest: testManifest({ stop: { epochs: 50 }, gossip: { budgetBytes: 2048 }, clock: { maxEpochMs: 2000 } })
}

type Tamper = (state: SwarmState, run: RunView) => void

/** Changes the state of peer 2, which runs on with it, and leaves the checks to find that out. */
function tampering(tamper: Tamper, { atMs = 3000, again = false } = {}) {
  return (checks: Invariants): RunObserver => {
    let done = false
    return {
      ...checks,
      onSecond(run) {
        checks.onSecond?.(run)
        if (run.now() < atMs || (done && !again)) return
        done = true
        tamper(run.peers[2]!.state as SwarmState, run)
      }
    }
  }
}

/** Shows the checks peer 2 with another state than it has. */
function pretending(change: (state: SwarmState) => Partial<SwarmState>) {
  return (checks: Invariants): RunObserver => ({
    ...checks,
    onSecond(run) {
      const peers = run.peers.map((peer): RunPeer => {
        if (peer.peer !== 2 || peer.state === undefined) return peer
        const state = { ...peer.state, ...change(peer.state as SwarmState) }
        return new Proxy(peer, { get: (target, name) => (name === 'state' ? state : Reflect.get(target, name)) })
      })
      checks.onSecond?.({ ...run, peers })
    }
  })
}

async function assertFound(
  id: InvariantId,
  mutate: (checks: Invariants) => RunObserver,
  what?: RegExp,
  run: CheckedRun = RUN
): Promise<void> {
  const { broken } = await checkedRun({ ...run, mutate })
  const found = broken.filter(violation => violation.id === id)
  assert.ok(found.length > 0, `${id} was not found; found were:\n${tellBroken(broken)}`)
  if (what !== undefined) assert.match(tellBroken(found), what)
}

describe('the checks of a run', () => {
  it('find nothing where all is well', async () => {
    const outcome = await checkedRun(RUN)
    assertUnbroken(outcome)
  })

  it('find params that do not follow from the set (I1)', async () => {
    await assertFound(
      'I1',
      tampering(({ model }) => {
        model.params[5] = model.params[5]! + 1
      })
    )
  })

  it('find a grid unit too much in a residual (I2)', async () => {
    await assertFound(
      'I2',
      tampering(({ own }) => {
        own.residual[7] = own.residual[7]! + 1
      }),
      /residual at 7/
    )
  })

  it('find local steps that were neither taken in nor discarded (I2)', async () => {
    await assertFound(
      'I2',
      tampering(({ counters }) => {
        counters.discardedSteps += 5
      }),
      /local steps/
    )
  })

  it('find an update made of nothing (I2)', async () => {
    await assertFound(
      'I2',
      checks => ({
        ...checks,
        onStep(peer, step) {
          const isHidden = peer.peer === 2 && step.input.type === 'trained' && peer.state!.clock.epoch > 4
          checks.onStep?.(peer, isHidden ? { ...step, input: { type: 'tick' } } : step)
        }
      }),
      /without local steps/
    )
  })

  it('find a peer that signs twice for one epoch (I3)', async () => {
    await assertFound(
      'I3',
      tampering(
        ({ own, clock }) => {
          own.signedEpoch = clock.epoch - 1
          own.doneEpoch = clock.epoch - 1
        },
        { again: true }
      ),
      /two bodies/
    )
  })

  it('find peers that do not become equal (I4)', async () => {
    await assertFound(
      'I4',
      tampering(({ set }) => {
        const [first] = set.chain
        set.chain.splice(
          0,
          set.chain.length,
          first!.map(byte => byte ^ 1)
        )
      })
    )
  })

  it('find a clock that was dragged (I5)', async () => {
    await assertFound(
      'I5',
      tampering(({ clock }) => {
        clock.epoch += 4
      }),
      /dragged/
    )
  })

  it('find a clock that stands still (I5)', async () => {
    await assertFound(
      'I5',
      pretending(({ clock }) => ({ clock: { ...clock, epoch: 3 } })),
      /no further/,
      LONG
    )
  })

  it('find a history that nobody honest has folded (I8)', async () => {
    const chain = new Uint8Array(32).fill(9)
    const mutate = (checks: Invariants): RunObserver => ({
      ...checks,
      onStep(peer, step) {
        const state = peer.state as SwarmState
        if (peer.peer !== 2 || state.clock.epoch < 4 || state.set.base > 0) {
          checks.onStep?.(peer, step)
          return
        }
        for (const epoch of [0, 1]) state.set.epochs.delete(epoch)
        state.set.base = 2
        state.set.chain.splice(0, state.set.chain.length, chain)
        const made = { epoch: 2, bytes: chain, hash: chain }
        const ledger = { from: 2, ids: new Map() }
        const snapshot = { epoch: 2, chain, entries: 0, tally: 0, ledger, params: state.x0, live: [] }
        checks.onStep?.(peer, { ...step, input: { type: 'snapshot', snapshot, made } })
      }
    })
    await assertFound('I8', mutate)
  })

  it('find clocks that are too far apart (I9)', async () => {
    const mutate = pretending(({ clock }) => ({ clock: { ...clock, epoch: clock.epoch + 100 } }))
    await assertFound('I9', mutate, /while others/, LONG)
  })

  it('find a queue that grows (I10)', async () => {
    await assertFound(
      'I10',
      tampering(
        ({ relays }) => {
          for (let i = 0; i < 300; i++) relays.set(`signer ${i}`, new Uint8Array(100))
        },
        { atMs: 2000, again: true }
      ),
      /claims to be passed on/
    )
  })

  it('find an honest peer that lost score with another (I11)', async () => {
    await assertFound(
      'I11',
      tampering((_, run) => {
        const [first, second] = run.peers
        ;(first!.penalties as Map<string, number>).set(second!.key, 1)
      })
    )
  })
})
