import assert from 'node:assert/strict'
import { checkSummary } from '../../../scripts/testnet/expect.js'
import { testSummary } from '../../support/summary.js'

const failed = (...args: Parameters<typeof checkSummary>) =>
  checkSummary(...args)
    .filter(({ held }) => !held)
    .map(({ text }) => text)

describe('what a script demands of a testnet', () => {
  it('is one model at all peers, whatever else', () => {
    assert.equal(checkSummary(testSummary(), {}).length, 2)
    assert.deepEqual(failed(testSummary(), {}), [])
    assert.deepEqual(failed(testSummary({ digestsEqual: false, digest: null, missingPeers: [3, 4] }), {}), [
      '14 of 16 peers reached the end',
      'the peers hold different models'
    ])
  })

  it('holds at its bounds and not beyond them', () => {
    const bounds = { minAccuracy: 0.925, minGain: 0.5, maxPayload: 1_600_000, maxWireRatio: 3 }
    assert.equal(checkSummary(testSummary(), bounds).length, 6)
    assert.deepEqual(failed(testSummary(), bounds), [])
    assert.deepEqual(
      failed(testSummary(), { minAccuracy: 0.926, minGain: 0.53, maxPayload: 1_599_999, maxWireRatio: 2.9 }),
      [
        'mean accuracy 0.9250, at least 0.926 demanded',
        'gain over training alone 0.5250, at least 0.53 demanded',
        'bytes of updates received per peer 1600000, at most 1599999 demanded',
        'wire bytes per byte of updates 3, at most 2.9 demanded'
      ]
    )
  })

  it('does not hold for what was not measured', () => {
    const summary = testSummary({ aloneAccuracy: null, wireToPayload: null })
    assert.equal(failed(summary, { minGain: -1, maxWireRatio: 1000 }).length, 2)
  })
})
