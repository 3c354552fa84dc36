import assert from 'node:assert/strict'
import { generateIdentity } from '#src/net/identity.js'
import { NodeBoard } from '#src/node/node-board.js'
import { aloneLine, joinCommand, leftLine, neighbourLine } from '#src/node/node-lines.js'
import type { EpochReport, PeerStatus } from '#src/peer/events.js'
import { testManifest } from '../support/flock.js'

const status: PeerStatus = {
  epoch: 0,
  trained: false,
  neighbours: 0,
  liveAuthors: 0,
  updates: 0,
  keptFrom: 0,
  payloadBytesReceived: 0,
  discardedSteps: 0,
  lostResidual: 0,
  storing: 'nothing',
  setDigest: ''
}
const report: EpochReport = {
  epoch: 0,
  loss: null,
  accuracy: null,
  updates: 0,
  expected: 0,
  closedBy: 'quorum',
  durationMs: 0,
  payloadBytesReceived: 0,
  discardedSteps: 0
}

describe('one peer tells its user', () => {
  it('who came and who went, and how many there are', async () => {
    const { key } = (await generateIdentity()).identity
    assert.match(neighbourLine(key, true, 1), /^peer 12D3KooW…\w{8} joined \(1 neighbour\)$/)
    assert.match(neighbourLine(key, false, 2), / left \(2 neighbours\)$/)
    assert.match(neighbourLine(key, false, 0), / left \(no neighbours now\)$/)
    assert.equal(aloneLine(false, 30_000), 'no neighbours yet: waiting for others (alone, an epoch takes 0:30)')
  })

  it('the command with which another joins, data included where it is needed', () => {
    const join = { swarm: 'my swarm.json', task: 'digits', ownData: false, address: '/ip4/192.0.2.7/tcp/1' } as const
    assert.equal(joinCommand(join, {}), "starlings node --swarm 'my swarm.json' --peer /ip4/192.0.2.7/tcp/1")
    assert.match(joinCommand({ ...join, ownData: true }, {}), / --data '<their CSV>' /)
    assert.match(joinCommand({ ...join, task: 'table', swarm: 's.json' }, {}), /s\.json --data '<their CSV>' --peer/)
    assert.match(joinCommand({ ...join, task: 'mnist' }, {}), / --data '<their folder of IDX files>' /)
    assert.match(joinCommand(join, { npm_command: 'exec' }), /^npx starlings /)
  })

  it('what it left with, and where the older updates are', () => {
    assert.equal(leftLine({ ...status, epoch: 60, updates: 180 }), 'left after 60 epochs with 180 updates in the set')
    assert.equal(
      leftLine({ ...status, epoch: 1900, updates: 1033, keptFrom: 1376 }),
      'left after 1,900 epochs with 1,033 updates in the set; those before epoch 1,376 are folded into the model'
    )
  })
})

describe('the board of one peer', () => {
  it('shows the epoch and accuracy that the peer has, whatever the last record was', () => {
    const board = new NodeBoard(testManifest({ stop: { epochs: 100 } }))
    board.phase('training', 0)
    assert.equal(board.state.phase, 'waiting for others')
    assert.ok(board.status({ ...status, neighbours: 1 }, 5000))
    assert.equal(board.state.phase, 'training')
    board.epoch({ ...report, accuracy: 0.3 })
    // A jump: no record tells of the epochs that were passed.
    assert.ok(board.status({ ...status, epoch: 80, neighbours: 2, liveAuthors: 3 }, 6000))
    assert.ok(!board.status({ ...status, epoch: 80, neighbours: 2, liveAuthors: 3 }, 7000))
    assert.equal(board.state.peers[0]?.epoch, 80)
    assert.equal(board.state.phaseStartedAt, 6000)
    assert.equal(board.state.phaseStartProgress, 0.8)
    board.epoch({ ...report, epoch: 7, accuracy: 0.5 })
    board.epoch({ ...report, epoch: 3, accuracy: 0.4 })
    assert.equal(board.state.peers[0]?.accuracy, 0.5)
    board.tested(0.96)
    board.epoch({ ...report, epoch: 90, accuracy: 0.9 })
    assert.equal(board.state.peers[0]?.accuracy, 0.96)
    assert.equal(board.state.sampled, false)
  })
})
