import assert from 'node:assert/strict'
import fc from 'fast-check'
import { PLAIN, textWidth } from '#src/node/report/ansi.js'
import { renderFrame } from '#src/node/report/frame.js'
import { createLiveView } from '#src/node/report/live.js'
import { type LivePeer, type LivePeerState, type LiveState, liveFigures } from '#src/node/report/live-state.js'
import { ManualClock, Terminal } from './terminal.js'

const ESCAPE = '\x1b'

function peersOf(count: number, epoch: number): LivePeer[] {
  return Array.from({ length: count }, (_, peer) => ({
    peer,
    state: 'running',
    epoch,
    accuracy: epoch === 0 ? null : 0.9 + (peer % 8) / 100
  }))
}

function stateOf(peers: readonly LivePeer[], change: Partial<LiveState> = {}): LiveState {
  return {
    title: 'digits',
    phase: 'training',
    epochs: 60,
    peers,
    payloadBytesReceived: 123_456,
    denseBytes: 9_100_000,
    startedAt: 0,
    phaseStartedAt: 1000,
    ...change
  }
}

describe('report: a frame', () => {
  it('shows everything on 80 columns', () => {
    const peers = peersOf(6, 30).map(peer => (peer.peer === 2 ? { ...peer, state: 'down' as const } : peer))
    const frame = renderFrame(stateOf(peers), { now: 7000, columns: 80, rows: 23, style: PLAIN })
    assert.deepEqual(frame, [
      'Starlings  digits, 6 peers                                        training 0:07',
      'epoch     30 of 60  ━━━━━━━━━━━━━━━━━━━━────────────────────   50 %  0:06 left ',
      'accuracy  92.6 %  (90.0–95.0)  1 down  on a sample',
      'received  123 kB per peer  (dense: 9.10 MB)',
      '',
      '0 ███████▎  90.0   1 ███████▎  91.0   2           down   3 ███████▌  93.0',
      '4 ███████▌  94.0   5 ███████▋  95.0'
    ])
  })

  it('shows who is down, frozen, gone or not there yet, and who cannot reach whom', () => {
    const states = ['down', 'frozen', 'left', 'absent'] as const
    const peers = peersOf(6, 30).map(peer => ({ ...peer, state: states[peer.peer] ?? peer.state }))
    const faulty = stateOf(peers, { faults: 'storm' })
    const options = { now: 7000, columns: 80, rows: 23, style: PLAIN }
    assert.deepEqual(renderFrame(faulty, options).slice(2), [
      'accuracy  94.5 %  (94.0–95.0)  1 down  1 frozen  1 left  1 to join  on a sample',
      'received  123 kB per peer  (dense: 9.10 MB)',
      'faults    storm',
      '',
      '0           down   1          stuck   2           left   3          later',
      '4 ███████▌  94.0   5 ███████▋  95.0'
    ])
    const split = [
      [0, 1, 2],
      [3, 4, 5]
    ]
    const line = (columns: number) => renderFrame({ ...faulty, split }, { ...options, columns })[4]
    assert.equal(line(80), 'faults    storm  split 0–2 | 3–5')
    assert.equal(line(28), 'faults    split 0–2 | 3–5')
    assert.equal(line(24), 'faults    split in 2')
  })

  it('drops bars, then peers, then figures as the screen gets smaller', () => {
    const frame = (columns: number, rows: number) =>
      renderFrame(stateOf(peersOf(16, 30)), { now: 7000, columns, rows, style: PLAIN })
    assert.deepEqual(frame(40, 10), [
      'digits, 16 peers          training 0:07',
      'epoch     30 of 60  50 %  0:06 left',
      'accuracy  93.5 %  (90.0–97.0)',
      'received  123 kB per peer',
      '',
      ' 0  90.0    1  91.0    2  92.0',
      ' 3  93.0    4  94.0    5  95.0',
      ' 6  96.0    7  97.0    8  90.0',
      ' 9  91.0   10  92.0   11  93.0',
      '… and 4 more peers'
    ])
    assert.equal(frame(80, 23).length, 4 + 1 + 4)
    assert.deepEqual(frame(80, 5), frame(80, 4))
    assert.match(frame(80, 1)[0]!, /^epoch {5}30 of 60/)
  })

  it('never outgrows the screen', () => {
    const peer = fc.record<LivePeer>({
      peer: fc.nat(9999),
      state: fc.constantFrom<LivePeerState>('starting', 'running', 'done', 'down', 'frozen', 'absent', 'left'),
      epoch: fc.nat(100),
      accuracy: fc.option(fc.double({ min: 0, max: 1, noNaN: true }))
    })
    const size = { columns: fc.integer({ min: 1, max: 200 }), rows: fc.integer({ min: 1, max: 60 }) }
    fc.assert(
      fc.property(
        fc.array(peer, { maxLength: 300 }),
        fc.record(size),
        fc.option(fc.nat(100)),
        (peers, { columns, rows }, end) => {
          const lines = renderFrame(stateOf(peers, { epochs: end === null ? null : end + 1 }), {
            now: 5,
            columns,
            rows,
            style: PLAIN
          })
          assert.ok(lines.length >= 1 && lines.length <= rows)
          for (const line of lines) assert.ok(textWidth(line) <= Math.max(1, columns - 1))
        }
      )
    )
  })

  it('of one peer says whom it is with, and what its accuracy is of', () => {
    const company = { neighbours: 2, liveAuthors: 3 }
    const { denseBytes: _, ...state } = stateOf(peersOf(1, 30), { company, sampled: false })
    assert.deepEqual(renderFrame(state, { now: 7000, columns: 80, rows: 23, style: PLAIN }), [
      'Starlings  digits, 2 neighbours, 3 peers that train               training 0:07',
      'epoch     30 of 60  ━━━━━━━━━━━━━━━━━━━━────────────────────   50 %  0:06 left ',
      'accuracy  90.0 %  on all test samples',
      'received  123 kB'
    ])
    const alone = { ...state, company: { neighbours: 0, liveAuthors: 1, aloneSince: 2000, saved: false } }
    const [title] = renderFrame(alone, { now: 7000, columns: 80, rows: 23, style: PLAIN })
    assert.match(title!, /digits, 0 neighbours for 0:05, 1 peer that trains, NOT SAVED {2}/)
    const ended = { ...state, phase: 'helping others', company }
    assert.match(renderFrame(ended, { now: 7000, columns: 80, rows: 23, style: PLAIN })[0]!, /, 3 peers that trained /)
  })

  it('reckons the time left from where the phase began', () => {
    const state = stateOf(peersOf(1, 45), { phaseStartProgress: 0.5 })
    assert.equal(liveFigures(state, 3000).left, 2000)
    assert.equal(liveFigures(stateOf(peersOf(1, 31), { phaseStartProgress: 0.5 }), 3000).left, null)
  })

  it('reckons with the peers that are there', () => {
    const peers = peersOf(4, 30).map(peer =>
      peer.peer === 0 ? { ...peer, state: 'down' as const, epoch: 3, accuracy: 0.1 } : peer
    )
    const figures = liveFigures(stateOf(peers), 7000)
    assert.equal(figures.epoch, 30)
    assert.equal(figures.progress, 0.5)
    assert.equal(figures.left, 6000)
    assert.ok(Math.abs(figures.accuracy!.mean - 0.92) < 1e-12)
    assert.deepEqual(figures.away, [{ how: 'down', state: 'down', peers: [0] }])
    assert.equal(liveFigures(stateOf(peers, { epochs: null }), 7000).left, null)
    assert.equal(liveFigures(stateOf([]), 7000).accuracy, null)
  })
})

describe('report: the live view on a terminal', () => {
  const begin = (columns = 80, rows = 24, env = {}) => {
    const output = new Terminal(columns, rows)
    const clock = new ManualClock()
    output.write('$ starlings testnet\n')
    return { output, clock, view: createLiveView({ output, clock, env }) }
  }

  it('redraws in place and leaves the last frame, the cursor and no timer behind', () => {
    const { output, clock, view } = begin()
    for (let epoch = 0; epoch <= 60; epoch++) {
      view.update(stateOf(peersOf(16, epoch)))
      clock.advance(100)
    }
    assert.equal(output.cursorVisible, false)
    view.stop()
    view.stop()
    output.write('$ ')
    assert.equal(output.cursorVisible, true)
    assert.equal(output.listening, false)
    assert.equal(clock.pending, 0)
    const lines = output.text.split('\n')
    assert.equal(lines.length, 1 + 9 + 1)
    assert.equal(lines[0], '$ starlings testnet')
    assert.match(lines[2]!, /^epoch {5}60 of 60 {2}━+ {2}100 %/)
    assert.equal(lines.at(-1), '$')
  })

  it('writes at most ten frames a second, each in one write, however often it is told', () => {
    const { output, clock, view } = begin()
    const before = output.writes.length
    for (let i = 0; i < 2000; i++) {
      view.update(stateOf(peersOf(16, 1 + Math.floor(i / 100)), { payloadBytesReceived: 1000 * i }))
      clock.advance(1)
    }
    const frames = output.writes.length - before
    assert.ok(frames >= 19 && frames <= 21, `${frames} frames`)
    view.stop()
  })

  it('draws the newest state although no further one comes, and goes on counting the time', () => {
    const { output, clock, view } = begin()
    view.update(stateOf(peersOf(2, 1)))
    view.update(stateOf(peersOf(2, 2)))
    clock.advance(100)
    assert.match(output.text, /epoch +2 of 60/)
    clock.advance(60_000)
    assert.match(output.text, /training 1:00/)
    view.stop()
  })

  it('keeps printed lines above the frame', () => {
    const { output, clock, view } = begin()
    view.update(stateOf(peersOf(2, 1)))
    view.print('warning: one')
    view.print('warning: two')
    clock.advance(1000)
    view.stop()
    view.print('after')
    const lines = output.text.split('\n')
    assert.deepEqual(lines.slice(0, 3), ['$ starlings testnet', 'warning: one', 'warning: two'])
    assert.match(lines[3]!, /^Starlings/)
    assert.equal(lines.at(-1), 'after')
    assert.equal(lines.length, 3 + 4 + 1 + 1 + 1)
  })

  it('survives being made narrower, wider and shorter', () => {
    const { output, clock, view } = begin(80, 30)
    for (const [columns, rows] of [
      [80, 30],
      [50, 30],
      [30, 20],
      [120, 20],
      [40, 12],
      [100, 9]
    ] as const) {
      output.resize(columns, rows)
      view.update(stateOf(peersOf(4, columns)))
      clock.advance(200)
      assert.equal(output.text.match(/^epoch/gm)?.length, 1, `${columns} × ${rows}:\n${output.text}`)
    }
    view.stop()
  })

  it('has no colours with NO_COLOR, and no screen on a dumb terminal', () => {
    const styled = new RegExp(`${ESCAPE}\\[[0-9]+m`)
    const drawn = (env: Record<string, string>) => {
      const { output, view } = begin(200, 24, env)
      view.update(stateOf(peersOf(4, 3)))
      view.stop()
      return output.writes.join('')
    }
    assert.match(drawn({}), styled)
    assert.match(drawn({ NO_COLOR: '' }), styled)
    assert.doesNotMatch(drawn({ NO_COLOR: '1' }), styled)
    assert.ok(!drawn({ TERM: 'dumb' }).includes(ESCAPE))
  })
})

describe('report: the live view elsewhere', () => {
  const begin = () => {
    const output = new Terminal(80, 24, false)
    const clock = new ManualClock()
    return { output, clock, view: createLiveView({ output, clock, env: {} }) }
  }

  it('prints a line right after the first evaluation, then at each twentieth, no sooner than two seconds later', () => {
    const { output, clock, view } = begin()
    view.update(stateOf(peersOf(4, 0), { phase: 'starting', payloadBytesReceived: 0 }))
    clock.advance(1000)
    view.update(stateOf(peersOf(4, 0), { payloadBytesReceived: 0 }))
    for (let epoch = 1; epoch <= 60; epoch++) {
      clock.advance(200)
      view.update(stateOf(peersOf(4, epoch)))
    }
    view.stop()
    assert.deepEqual(output.writes.join('').split('\n'), [
      ' 0:00  starting',
      ' 0:01  training',
      ' 0:01  training  epoch  1 of 60  sampled accuracy 91.5 % (90.0–93.0)  received 123 kB per peer',
      ' 0:03  training  epoch 11 of 60  sampled accuracy 91.5 % (90.0–93.0)  received 123 kB per peer  0:10 left',
      ' 0:05  training  epoch 21 of 60  sampled accuracy 91.5 % (90.0–93.0)  received 123 kB per peer  0:08 left',
      ' 0:07  training  epoch 31 of 60  sampled accuracy 91.5 % (90.0–93.0)  received 123 kB per peer  0:06 left',
      ' 0:09  training  epoch 41 of 60  sampled accuracy 91.5 % (90.0–93.0)  received 123 kB per peer  0:04 left',
      ' 0:11  training  epoch 51 of 60  sampled accuracy 91.5 % (90.0–93.0)  received 123 kB per peer  0:02 left',
      ' 0:13  training  epoch 60 of 60  sampled accuracy 91.5 % (90.0–93.0)  received 123 kB per peer',
      ''
    ])
  })

  it('is not silent for long when epochs are slow, and names who is down', () => {
    const { output, clock, view } = begin()
    const peers = peersOf(6, 1).map(peer => ({ ...peer, state: peer.peer > 2 ? ('down' as const) : peer.state }))
    for (let i = 0; i < 60; i++) {
      view.update(stateOf(peers, { epochs: null }))
      clock.advance(1000)
    }
    const lines = output.writes.join('').trimEnd().split('\n')
    assert.equal(lines.length, 4)
    assert.match(lines[0]!, /epoch 1 {2}sampled accuracy .* down: 3–5$/)
    view.stop()
  })

  it('does not repeat in a new phase what was reached in the one before', () => {
    const { output, clock, view } = begin()
    const peers = peersOf(4, 60)
    view.update(stateOf(peers))
    view.update(stateOf(peers, { phase: 'testing' }))
    view.update(stateOf(peers, { phase: 'training alone', phaseProgress: 0 }))
    clock.advance(20_000)
    view.update(stateOf(peers, { phase: 'training alone', phaseProgress: 0.5 }))
    view.stop()
    assert.deepEqual(output.writes.join('').match(/testing|training alone|training|accuracy/g), [
      'training',
      'accuracy',
      'testing',
      'training alone',
      'training alone'
    ])
  })

  it('sends no control codes and starts no timer', () => {
    const { output, clock, view } = begin()
    view.update(stateOf(peersOf(4, 5)))
    view.print('warning: x')
    assert.equal(clock.pending, 0)
    view.stop()
    assert.ok(!output.writes.join('').includes(ESCAPE))
  })
})
