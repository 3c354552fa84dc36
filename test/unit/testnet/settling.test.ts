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

  it('waits for who came late or came back, and believes what a peer said before it stood still', () => {
    const settling = new Settling(line, [3])
    for (const peer of [0, 1, 2]) {
      settling.trained(peer)
      settling.settled(peer, 'a')
    }
    assert.deepEqual(settling.unsettled, [])
    assert.deepEqual(settling.missing, [3])
    settling.back([3], { again: true })
    assert.deepEqual([settling.allTrained, settling.unsettled], [false, [3]])
    settling.trained(3)
    settling.settled(3, 'a')
    assert.deepEqual(settling.unsettled, [])
    settling.lost([0, 1])
    settling.back([0], { again: true })
    settling.back([1], { again: false })
    assert.deepEqual([settling.allTrained, settling.unsettled], [false, [0]])
  })

  it('needs no agreement of a peer that is left alone', () => {
    const settling = new Settling(line)
    settling.lost([0, 1, 2])
    assert.deepEqual(settling.unsettled, [3])
    settling.trained(3)
    assert.deepEqual(settling.unsettled, [])
  })
})
