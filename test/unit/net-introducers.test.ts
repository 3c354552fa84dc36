import assert from 'node:assert/strict'
import { generateIdentity, peerIdOfKey } from '#src/net/identity.js'
import { createIntroducers } from '#src/net/introducers.js'

describe('introducers', () => {
  const keys: string[] = []
  before(async () => {
    for (let i = 0; i < 5; i++) keys.push((await generateIdentity()).identity.key)
  })
  const way = (key: string) => `/p2p/${peerIdOfKey(key)}/p2p-circuit/webrtc`

  it('are neighbours that say they are connected to somebody just now, the latest first', () => {
    const [who = '', a = '', b = ''] = keys
    const introducers = createIntroducers(() => true)
    introducers.told(who, a, 0)
    introducers.told(who, b, 9000)
    assert.deepEqual(introducers.waysTo(who), [way(b), way(a)])
    introducers.told(who, a, 100)
    assert.deepEqual(introducers.waysTo(who), [way(a), way(b)])
  })

  it('are not those who saw it a while ago, who are gone, or itself', () => {
    const [who = '', a = '', b = '', c = ''] = keys
    const introducers = createIntroducers(key => key !== c)
    introducers.told(who, who, 0)
    introducers.told(who, a, 10_001)
    introducers.told(who, c, 0)
    assert.deepEqual(introducers.waysTo(who), [])
    introducers.told(who, b, 0)
    assert.deepEqual(introducers.waysTo(who), [way(b)])
    assert.deepEqual(introducers.waysTo(a), [])
  })

  it('are remembered for a few peers only', () => {
    const [, a = ''] = keys
    const introducers = createIntroducers(() => true)
    for (let i = 0; i < 257; i++) introducers.told(i.toString(16).padStart(64, '0'), a, 0)
    assert.deepEqual(introducers.waysTo('0'.repeat(64)), [])
    assert.deepEqual(introducers.waysTo('1'.padStart(64, '0')), [way(a)])
  })
})
