import assert from 'node:assert/strict'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { generateIdentity } from '#src/net/identity.js'
import { createStanding } from '#src/net/standing.js'
import { createManualClock } from '../support/net-clock.js'

describe('standing', () => {
  const peer = async () => peerIdFromPrivateKey((await generateIdentity()).privateKey)

  it('bars a peer at the limit, for a while', async () => {
    const clock = createManualClock()
    const standing = createStanding({ clock, limit: 3, barMs: 1000 })
    const offender = await peer()
    assert.deepEqual(
      [standing.strike(offender), standing.strike(offender), standing.isBarred(offender)],
      [false, false, false]
    )
    assert(standing.strike(offender))
    assert(standing.isBarred(offender))
    assert(!standing.isBarred(await peer()))
    clock.advance(999)
    assert(standing.isBarred(offender))
    clock.advance(1)
    assert(!standing.isBarred(offender))
    assert.equal(standing.strikes(offender.toString()), 0)
  })

  it('forgets half of the strikes in each half-life', async () => {
    const clock = createManualClock()
    const standing = createStanding({ clock, limit: 10, halfLifeMs: 1000 })
    const offender = await peer()
    for (let i = 0; i < 8; i++) standing.strike(offender)
    clock.advance(2000)
    assert.equal(standing.strikes(offender.toString()), 2)
  })

  it('remembers a bounded number of peers, the latest ones', async () => {
    const clock = createManualClock()
    const standing = createStanding({ clock, limit: 1, maxPeers: 2 })
    const [first, second, third] = [await peer(), await peer(), await peer()]
    for (const offender of [first, second, third]) standing.strike(offender)
    assert.deepEqual([first, second, third].map(standing.isBarred), [false, true, true])
  })
})
