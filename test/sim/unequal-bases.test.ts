import assert from 'node:assert/strict'
import { testManifest } from '../support/flock.js'
import { assertUnbroken, checkedRun } from '../support/run.js'

describe('a run that was split for far longer than the retention', () => {
  it('settles, keeps every promise, and says so though bases differ (I2, I4, I8)', async () => {
    const outcome = await checkedRun({
      manifest: testManifest({ stop: { epochs: 120 }, gossip: { budgetBytes: 2048 }, limits: { retentionEpochs: 16 } }),
      seed: 1,
      peers: 10,
      faults: { events: [{ at: { epoch: 10 }, do: 'partition', groups: 2, for: { epochs: 60 } }] }
    })
    assertUnbroken(outcome)
    assert.equal(new Set(outcome.peers.map(({ stateDigest }) => stateDigest)).size, 1)
  })
})
