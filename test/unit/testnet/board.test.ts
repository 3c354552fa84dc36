import assert from 'node:assert/strict'
import type { EpochRecord, FaultRecord } from '#src/node/json.js'
import { Board } from '#src/node/testnet/board.js'

function record(peer: number, epoch: number, more: Partial<EpochRecord> = {}): EpochRecord {
  return {
    type: 'epoch',
    peer,
    epoch,
    next: epoch + 1,
    loss: 1,
    accuracy: null,
    updates: 2,
    closedBy: 'quorum',
    durationMs: 10,
    payloadBytesReceived: 0,
    discardedSteps: 0,
    ...more
  }
}

describe('what the parent knows of a testnet', () => {
  it('keeps the newest accuracy and the highest epoch of each peer, in whatever order records come', () => {
    const board = new Board({ title: 't', peers: 2, epochs: 3, params: 10, startedAt: 0 })
    board.epoch(record(0, 1, { payloadBytesReceived: 300 }))
    board.epoch(record(0, 0, { accuracy: 0.5, payloadBytesReceived: 100 }))
    assert.deepEqual(board.state.peers, [
      { peer: 0, state: 'running', epoch: 2, accuracy: 0.5 },
      { peer: 1, state: 'starting', epoch: 0, accuracy: null }
    ])
    assert.equal(board.state.payloadBytesReceived, 150)
    assert.equal(board.state.denseBytes, 2 * 10 * 4)
    board.epoch(record(0, 2))
    assert.equal(board.state.peers[0]?.state, 'done')
    board.epoch(record(1, 0, { closedBy: 'jump', next: 3 }))
    assert.equal(board.state.peers[1]?.state, 'done', 'where a jump led')
  })

  it('leaves lost peers out of its means', () => {
    const board = new Board({ title: 't', peers: 2, epochs: 3, startedAt: 0 })
    board.epoch(record(0, 0, { payloadBytesReceived: 100 }))
    board.lost([1])
    board.epoch(record(0, 1, { payloadBytesReceived: 200 }))
    assert.equal(board.state.peers[1]?.state, 'down')
    assert.equal(board.state.payloadBytesReceived, 200)
    assert.equal(board.state.denseBytes, undefined)
    board.alone(0, 0.5)
    assert.equal(board.state.phaseProgress, 0.5)
    board.phase('testing', 7)
    assert.equal(board.state.phaseProgress, undefined)
    assert.equal(board.state.phaseStartedAt, 7)
  })

  it('keeps up with what --faults does, whatever was said before', () => {
    const board = new Board({ title: 't', peers: 3, epochs: 9, startedAt: 0, absent: [2], faults: 'storm' })
    const states = () => board.state.peers.map(({ state }) => state)
    const fault = (fault: FaultRecord['fault'], more: Partial<FaultRecord> = {}) =>
      board.fault({ type: 'fault', seconds: 1, epoch: 1, fault, ...more })
    board.epoch(record(0, 0))
    board.epoch(record(1, 0))
    assert.deepEqual(states(), ['running', 'running', 'absent'])
    fault('crash', { peers: [0] })
    fault('freeze', { peers: [1] })
    fault('join', { peers: [2] })
    board.epoch(record(0, 1))
    board.epoch(record(1, 1))
    assert.deepEqual(states(), ['down', 'frozen', 'starting'])
    fault('restart', { peers: [0] })
    fault('thaw', { peers: [1] })
    fault('leave', { peers: [2] })
    assert.deepEqual(states(), ['starting', 'running', 'left'])
    board.epoch(record(0, 8))
    assert.deepEqual(states(), ['done', 'running', 'left'])
    fault('partition', { groups: [[0], [1, 2]] })
    assert.deepEqual(board.state.split, [[0], [1, 2]])
    fault('heal', { groups: [[0], [1, 2]] })
    assert.equal(board.state.split, undefined)
    assert.equal(board.state.faults, 'storm')
  })
})
