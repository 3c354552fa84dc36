import assert from 'node:assert/strict'
import { ALONE_MS, type Circumstances, conditions, DIFFERING_MS, STALE_SOON_MS } from '#src/node/upkeep/conditions.js'
import type { PeerStatus } from '#src/peer/events.js'

const status: PeerStatus = {
  epoch: 3,
  trained: false,
  resting: [],
  still: false,
  neighbours: 1,
  aloneMs: null,
  liveAuthors: 2,
  updates: 6,
  keptFrom: 0,
  payloadBytesReceived: 0,
  discardedSteps: 0,
  lostResidual: 0,
  carriedUpdates: 0,
  lostUpdates: 0,
  storing: 'saved',
  setDigest: '',
  lastUpdate: null,
  lastOwnUpdate: null
}
const well: Circumstances = {
  status,
  neighbours: [],
  refusals: [],
  refusing: [],
  differingMs: null,
  staleInMs: null,
  spent: null,
  isShut: false
}
const told = (changes: Partial<Circumstances>) => conditions({ ...well, ...changes }).join('\n')

describe('what is wrong with a running peer', () => {
  it('is nothing, while all is well or just a moment not', () => {
    assert.equal(told({}), '')
    assert.equal(told({ status: { ...status, aloneMs: ALONE_MS - 1 }, differingMs: DIFFERING_MS - 1 }), '')
    assert.equal(told({ spent: { used: 9, allowed: 10 } }), '')
    assert.equal(told({ staleInMs: STALE_SOON_MS + 1 }), '')
    assert.match(told({ staleInMs: STALE_SOON_MS }), /invites from before go stale in 14 days/)
  })

  it('is told in a sentence with a remedy', () => {
    assert.match(told({ status: { ...status, aloneMs: ALONE_MS } }), /^no peers for 3 minutes: .*starlings doctor$/)
    assert.match(told({ status: { ...status, storing: 'unsaved' } }), /nothing can be saved: .*free some space/)
    assert.match(told({ refusals: ['12D3 has another key; ask for a fresh invite'] }), /^refused: .*fresh invite$/)
    assert.match(
      told({ refusing: ['12D3…abc'] }),
      /^your updates are being refused: 12D3…abc asks .* compare the versions/
    )
    assert.match(
      told({ differingMs: DIFFERING_MS }),
      /for 3 minutes no neighbour has had the same history.*connect to more peers/
    )
    assert.match(told({ spent: { used: 12e6, allowed: 12e6 } }), /12\.0 MB of the day's 12\.0 MB are used/)
  })

  it('does not complain of being alone when that is as asked', () => {
    assert.equal(told({ status: { ...status, aloneMs: 1e7 }, isShut: true }), '')
  })
})
