import assert from 'node:assert/strict'
import { parseManifest } from '#src/core/protocol/manifest.js'
import { paced, usualPace } from '#src/node/swarm/pace.js'
import { createManifest } from '#src/train/manifest.js'

describe('the pace of a swarm', () => {
  it('is slower where there is no end', () => {
    assert.ok(usualPace(true) > usualPace(false))
    assert.equal(usualPace(undefined), usualPace(false))
  })

  for (const seconds of [0.0001, 0.02, 1, 10, 600, 86_400])
    it(`makes a valid clock of ${seconds} s`, () => {
      const made = createManifest({ task: { kind: 'digits' }, seed: 1, expectedPeers: 2, clock: paced(seconds) })
      assert.equal(parseManifest(made).clock.minEpochMs, Math.round(1000 * seconds))
    })

  it('waits for a straggler for three epochs, and never less than by default', () => {
    assert.equal(paced(1).maxEpochMs, 30_000)
    assert.equal(paced(60).maxEpochMs, 180_000)
  })
})
