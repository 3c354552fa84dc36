import assert from 'node:assert/strict'
import { Settling } from '#src/node/testnet/settling.js'
import { createTopology } from '#src/topology/index.js'

describe('the end of a testnet', () => {
  const line = createTopology('line', { peers: 4 })

  it('comes when all have trained and hold the same set', () => {
    const settling = new Settling(line)
    for (const peer of [0, 1, 2, 3]) {
      assert.equal(settling.allTrained, false)
      settling.trained(peer)
    }
    assert.deepEqual(settling.unsettled, [0, 1, 2, 3])
    for (const peer of [0, 1, 2]) settling.settled(peer, 'a')
    assert.deepEqual(settling.unsettled, [3])
    settling.settled(3, 'b')
    assert.deepEqual(settling.unsettled, [0, 1, 2, 3])
    settling.settled(3, 'a')
    assert.deepEqual(settling.unsettled, [])
  })

  it('does not wait for the lost, and takes parts that cannot reach each other one by one', () => {
    const settling = new Settling(line)
    for (const peer of [0, 1, 2, 3]) settling.trained(peer)
    settling.lost([1])
    settling.settled(0, 'a')
    settling.settled(2, 'b')
    settling.settled(3, 'c')
    assert.deepEqual(settling.unsettled, [2, 3])
    settling.settled(3, 'b')
    assert.deepEqual(settling.unsettled, [])
    assert.deepEqual(settling.missing, [1])
  })
})
