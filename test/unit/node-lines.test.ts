import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { generateIdentity } from '#src/net/identity.js'
import { NodeBoard } from '#src/node/node-board.js'
import {
  aloneLine,
  commandName,
  endedLine,
  homeLine,
  leftLine,
  neighbourLine,
  nobodyLines,
  resumeCommand,
  resumedLine,
  shellWord
} from '#src/node/node-lines.js'
import { planNode, settingsOf, withAnyPort } from '#src/node/node-plan.js'
import { restingText } from '#src/node/upkeep/status-text.js'
import type { EpochReport, PeerStatus } from '#src/peer/events.js'
import { testManifest } from '../support/flock.js'

const status: PeerStatus = {
  epoch: 0,
  trained: false,
  resting: [],
  still: false,
  lastUpdate: null,
  lastOwnUpdate: null,
  neighbours: 0,
  aloneMs: 0,
  liveAuthors: 0,
  updates: 0,
  keptFrom: 0,
  payloadBytesReceived: 0,
  discardedSteps: 0,
  lostResidual: 0,
  carriedUpdates: 0,
  lostUpdates: 0,
  storing: 'nothing',
  setDigest: ''
}
const report: EpochReport = {
  epoch: 0,
  next: 1,
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
    assert.match(neighbourLine(key, true, 1, 200_000), / joined \(1 neighbour after 3:20 alone\)$/)
    assert.equal(
      aloneLine({ forMs: 2000, before: false }, 30_000),
      'no neighbour yet after 0:02: training alone until others come (an epoch then takes 0:30)'
    )
    assert.equal(
      aloneLine({ forMs: 125_000, before: true }, 30_000),
      'no neighbour for 2:05: training alone until others come (an epoch then takes 0:30)'
    )
  })

  it('what is typed in a shell, as it has to be quoted there', () => {
    assert.equal(shellWord('starlings:AQE-_'), 'starlings:AQE-_')
    assert.equal(shellWord('https://flock.example/#AQE'), "'https://flock.example/#AQE'")
    assert.equal(shellWord("it's"), `'it'\\''s'`)
    assert.equal(commandName({ npm_command: 'exec' }), 'npx starlings')
    assert.equal(commandName({}), 'starlings')
  })

  it('to the one who made the swarm that the invite is to be sent, not asked for', () => {
    const efforts = { tried: [], looked: ['on the local network'], guests: 0, before: false, forMs: 7000 }
    assert.deepEqual(nobodyLines(efforts, 'starlings invite --home h'), [
      'nobody is here yet: send the invite to those who should take part (starlings invite --home h)'
    ])
    assert.match(nobodyLines({ ...efforts, before: true }, 'invite')[0]!, /^no peer answers any more/)
    assert.match(nobodyLines({ ...efforts, tried: ['/ip4/192.0.2.7/tcp/1'] }, 'invite')[0]!, /^no peer answers yet/)
    assert.match(nobodyLines(efforts)[1]!, /ask somebody who takes part/)
  })

  it('that it rests, and what ends a pause', () => {
    assert.equal(resumeCommand('my home', { npm_command: 'exec' }), "npx starlings resume --home 'my home'")
    assert.equal(restingText(['asked'], 'starlings resume --home h'), 'paused, until starlings resume --home h')
    assert.match(restingText(['asked', 'plateau'], 'resume'), /^paused, until resume; resting, as/)
  })

  it('what it left with, and where the older updates are', () => {
    assert.equal(leftLine({ ...status, epoch: 60, updates: 180 }), 'left after 60 epochs with 180 updates in the set')
    assert.equal(
      leftLine({ ...status, epoch: 1900, updates: 1033, keptFrom: 1376 }),
      'left after 1,900 epochs with 1,033 updates in the set; those before epoch 1,376 are folded into the model'
    )
  })
})

describe('what becomes of a peer', () => {
  it('is told when it comes back and when it leaves', () => {
    assert.equal(
      resumedLine('/h', { ...status, epoch: 1200, updates: 7 }),
      'resumed at epoch 1,200 with 7 updates from /h'
    )
    assert.equal(homeLine('my home', false, {}), "it goes on where it stood with: starlings node --home 'my home'")
    assert.equal(homeLine('h', true, {}), 'it helps others to the same model again with: starlings node --home h')
    assert.equal(endedLine(undefined), 'the training of this swarm has ended; --out DIR writes the model to a folder')
    assert.equal(endedLine('m'), 'the training of this swarm has ended; the model goes to m')
    assert.match(homeLine(undefined, false, {}), /nothing of this peer is kept; one with --home DIR goes on/)
  })

  it('is planned by the command line first, then by what the home remembers', () => {
    const remembered = {
      data: '/d',
      shard: { index: 0, count: 2 },
      mode: 'async',
      listen: ['/ip4/0.0.0.0/tcp/4001']
    } as const
    const home = { settings: { ...remembered, listen: [...remembered.listen] }, manifestFile: '/h/manifest.json' }
    const plan = planNode({ home: '/h', linger: 60, mode: 'sync' }, home)
    assert.deepEqual(
      [plan.swarm, plan.data, plan.shard?.count, plan.mode, plan.listen, plan.listenRemembered, plan.peer],
      ['manifest.json', '/d', 2, 'sync', ['/ip4/0.0.0.0/tcp/4001'], true, []]
    )
    const fresh = planNode({ swarm: 's.json', data: 'd', linger: 60 }, undefined)
    const everywhere = ['/ip4/0.0.0.0/tcp/0', '/ip4/0.0.0.0/tcp/0/ws', '/ip4/0.0.0.0/udp/0/webrtc-direct']
    assert.deepEqual([fresh.mode, fresh.listen, fresh.listenRemembered], ['sync', everywhere, false])
    const settings = settingsOf({ ...fresh, listen: [...fresh.listen, '/ip6/::1/tcp/0', '/ip4/127.0.0.1/tcp/9'] }, [
      '/ip4/192.0.2.7/tcp/4004/ws/p2p/12D3KooWFHPAQThoHk48sm21aQGq7qH9AEaMhTu5m73fwtmxrFRt',
      '/ip4/192.0.2.7/tcp/4001/p2p/12D3KooWFHPAQThoHk48sm21aQGq7qH9AEaMhTu5m73fwtmxrFRt',
      '/ip4/192.0.2.7/udp/4003/webrtc-direct/certhash/uEiDDq4_xNyDorZBH3TlGazyJdOWSwvo4PUo5YHFMrvDE8g',
      '/ip6/::1/tcp/4002/p2p/12D3KooWFHPAQThoHk48sm21aQGq7qH9AEaMhTu5m73fwtmxrFRt'
    ])
    assert.deepEqual(settings.listen, [
      '/ip4/0.0.0.0/tcp/4001',
      '/ip4/0.0.0.0/tcp/4004/ws',
      '/ip4/0.0.0.0/udp/4003/webrtc-direct',
      '/ip6/::1/tcp/4002',
      '/ip4/127.0.0.1/tcp/9'
    ])
    assert.deepEqual(settings.listen?.map(withAnyPort).at(2), '/ip4/0.0.0.0/udp/0/webrtc-direct')
    assert.equal(settings.data, resolve('d'))
    const blocking = planNode({ home: '/h', linger: 60 }, { ...home, settings: { block: ['12D3KooX'] } })
    assert.deepEqual(settingsOf(blocking, []).block, ['12D3KooX'])
    const forgiving = planNode({ home: '/h', linger: 60, block: [] }, { ...home, settings: { block: ['12D3KooX'] } })
    assert.equal(settingsOf(forgiving, []).block, undefined)
  })
})

describe('the board of one peer', () => {
  it('shows since when nobody is there, and whether its state is saved', () => {
    const board = new NodeBoard(testManifest({}))
    board.status({ ...status, storing: 'saved' }, 1000)
    assert.deepEqual(board.state.company, { neighbours: 0, liveAuthors: 0, aloneSince: 1000, saved: true })
    assert.ok(board.status({ ...status, aloneMs: 1000, storing: 'unsaved' }, 2000))
    assert.deepEqual(board.state.company, { neighbours: 0, liveAuthors: 0, aloneSince: 1000, saved: false })
    board.status({ ...status, neighbours: 1, aloneMs: 2000 }, 3000)
    assert.equal(board.state.company?.aloneSince, undefined, 'with a neighbour there is no such time')
    board.status({ ...status, neighbours: 1, aloneMs: null }, 3000)
    assert.deepEqual(board.state.company, { neighbours: 1, liveAuthors: 0, aloneSince: undefined, saved: undefined })
  })

  it('shows the epoch and accuracy that the peer has, whatever the last record was', () => {
    const board = new NodeBoard(testManifest({ stop: { epochs: 100 } }))
    board.phase('training', 0)
    assert.equal(board.state.phase, 'training alone')
    board.status({ ...status, aloneMs: 3000 }, 4000)
    assert.equal(board.state.company?.aloneSince, 1000)
    assert.ok(board.status({ ...status, neighbours: 1, aloneMs: null }, 5000))
    assert.equal(board.state.company?.aloneSince, undefined)
    assert.equal(board.state.phase, 'training')
    board.epoch({ ...report, accuracy: 0.1, closedBy: 'jump' })
    assert.equal(board.state.peers[0]?.accuracy, null, 'of a blank model')
    board.epoch({ ...report, accuracy: 0.3 })
    assert.equal(board.state.peers[0]?.accuracy, 0.3)
    // A jump: no record tells of the epochs that were passed.
    assert.ok(board.status({ ...status, epoch: 80, neighbours: 2, aloneMs: null, liveAuthors: 3 }, 6000))
    assert.ok(!board.status({ ...status, epoch: 80, neighbours: 2, aloneMs: null, liveAuthors: 3 }, 7000))
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
