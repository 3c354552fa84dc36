import assert from 'node:assert/strict'
import { startProgress } from '#src/node/report/progress.js'
import { ManualClock, Terminal } from './terminal.js'

const begin = (isTTY: boolean) => {
  const output = new Terminal(40, 10, isTTY)
  const clock = new ManualClock()
  return { output, clock, progress: startProgress({ output, clock, env: {} }, 'reading MNIST') }
}

describe('report: the progress line', () => {
  it('says nothing about what is over within two seconds', () => {
    for (const isTTY of [true, false]) {
      const { output, clock, progress } = begin(isTTY)
      clock.advance(1900)
      progress.stop()
      progress.stop()
      assert.deepEqual(output.writes, [])
      assert.equal(clock.pending, 0)
    }
  })

  it('turns in place, then goes away or leaves its last word', () => {
    const { output, clock, progress } = begin(true)
    clock.advance(2000)
    assert.match(output.text, /^⠋ reading MNIST 0:02$/)
    progress.update('a label that is longer than the whole screen is wide', 0.5)
    clock.advance(1000)
    assert.match(output.text, /^. a label that is longer tha… 50 % 0:03$/)
    progress.stop('read 70,000 images')
    assert.equal(output.text, 'read 70,000 images')
    assert.equal(output.cursorVisible, true)
    assert.equal(clock.pending, 0)
  })

  it('is a line every five seconds where there is no screen', () => {
    const { output, clock, progress } = begin(false)
    progress.update('reading MNIST', 0.25)
    clock.advance(12_500)
    progress.stop()
    assert.equal(output.writes.join(''), ['02', '07', '12'].map(time => `reading MNIST … 25 % 0:${time}\n`).join(''))
  })
})
