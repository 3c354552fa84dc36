import assert from 'node:assert/strict'
import type { SummaryRecord } from '#src/node/json.js'
import { textWidth } from '#src/node/report/ansi.js'
import { formatSummary } from '#src/node/report/summary.js'
import { formatBytes, formatClock, formatCount, formatNumbers, formatSeconds } from '#src/node/report/units.js'

const summary: SummaryRecord = {
  type: 'summary',
  peers: 16,
  epochs: 60,
  params: 101_770,
  wallSeconds: 41.23,
  firstEvaluationSeconds: 3.4,
  accuracy: { mean: 0.9612, min: 0.958, max: 0.964 },
  aloneAccuracy: { mean: 0.431, min: 0.21, max: 0.623 },
  digestsEqual: true,
  digest: '0123456789abcdef'.repeat(4),
  payloadBytesReceivedPerPeer: { mean: 1.72e6, max: 1.75e6 },
  wireBytesSentPerPeer: { mean: 4.9e6, max: 6.1e6 },
  wireBytesReceivedPerPeer: { mean: 4.9e6, max: 5.3e6 },
  denseBytesPerPeer: 366_372_000,
  wireToPayload: 2.85,
  discardedSteps: 0,
  cpuSeconds: 71.2,
  peakRssBytes: 711e6,
  swarm: 'bafyreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy',
  seed: 1,
  missingPeers: []
}

describe('report: the summary table', () => {
  it('reads well on 80 columns', () => {
    assert.equal(
      formatSummary(summary),
      `accuracy                  mean    lowest   highest
  together              96.1 %    95.8 %    96.4 %
  each alone            43.1 %    21.0 %    62.3 %

bytes per peer            mean   highest
  updates received     1.72 MB   1.75 MB  1/213 of dense, 366 MB
  wire received        4.90 MB   5.30 MB  2.85 × the updates
  wire sent            4.90 MB   6.10 MB

models                identical on all 16 peers
digest                0123456789abcdef
trained               60 epochs, 101,770 parameters, 16 peers
time                  training until 41.2 s, first accuracy after 3.4 s
cpu                   71.2 s
memory                711 MB at most, all processes
swarm                 bafyreig…qa4s52zy, seed 1
`
    )
  })

  it('says what went wrong, and leaves out what was not measured', () => {
    const text = formatSummary({
      ...summary,
      digestsEqual: false,
      digest: null,
      aloneAccuracy: null,
      firstEvaluationSeconds: null,
      wireToPayload: null,
      payloadBytesReceivedPerPeer: { mean: 0, max: 0 },
      discardedSteps: 35,
      missingPeers: [3, 7, 8, 9]
    })
    assert.match(text, /^models +NOT identical: some peers miss updates$/m)
    assert.match(text, /^missing +peers 3, 7–9$/m)
    assert.match(text, /^discarded +35 local steps$/m)
    assert.match(text, /^time +training until 41\.2 s$/m)
    assert.doesNotMatch(text, /alone|digest|dense|×|null|NaN|Infinity/)
  })

  it('says what --faults did, and nothing of what it did not', () => {
    const none = { crashes: 0, restarts: 0, freezes: 0, leaves: 0, joins: 0, partitions: 0 }
    const faultsOf = (faults: Partial<typeof none> & { rules?: number }) =>
      /^faults +(.*)$/m.exec(formatSummary({ ...summary, faults: { ...none, ...faults } }))?.[1]
    assert.equal(faultsOf({ crashes: 3, restarts: 3, partitions: 1 }), '3 crashes, 3 restarts, 1 partition')
    assert.equal(faultsOf({ freezes: 1, leaves: 1, joins: 2 }), '1 freeze, 1 peer left, 2 peers joined')
    assert.equal(faultsOf({}), 'none happened')
    assert.equal(faultsOf({ rules: 2 }), 'no events, 2 rules of links, peers or disks')
    const told = { ...none, crashes: 1, neverCame: [{ epoch: 300 }], leftOut: ['event 2, "disk"'] }
    assert.match(
      formatSummary({ ...summary, faults: told }),
      /^faults +1 crash\n +1 event never came: epoch 300 is after the end\n +left out: event 2, "disk"$/m
    )
    assert.doesNotMatch(formatSummary(summary), /faults/)
  })

  it('breaks lines between words on a narrow screen and cuts no figure', () => {
    for (const columns of [40, 50, 60, 71]) {
      const text = formatSummary({ ...summary, missingPeers: [3] }, { columns })
      for (const line of text.split('\n')) assert.ok(textWidth(line) < columns, line)
      for (const figure of ['96.1 %', '62.3 %', '1.75 MB', '1/213', '6.10 MB', '711 MB', 'peer 3']) {
        assert.ok(text.includes(figure), figure)
      }
    }
  })
})

describe('report: units', () => {
  it('are those people use', () => {
    assert.deepEqual([0, 999, 1000, 99_949, 999_499, 999_500, 1.234e9, 5e15].map(formatBytes), [
      '0 B',
      '999 B',
      '1.00 kB',
      '99.9 kB',
      '999 kB',
      '1.00 MB',
      '1.23 GB',
      '5000 TB'
    ])
    assert.deepEqual([0, 7400, 59_600, 3_723_000].map(formatClock), ['0:00', '0:07', '1:00', '1:02:03'])
    assert.deepEqual([0, 99.94, 99.96, 754, 3720].map(formatSeconds), [
      '0.0 s',
      '99.9 s',
      '1 min 40 s',
      '12 min 34 s',
      '1 h 02 min'
    ])
    assert.deepEqual([0, 999, 1000, 1_234_567].map(formatCount), ['0', '999', '1,000', '1,234,567'])
    assert.equal(formatNumbers([9, 4, 3, 5, 1, 0]), '0, 1, 3–5, 9')
    assert.equal(formatNumbers([]), '')
  })
})
