import assert from 'node:assert/strict'
import { createPlateau } from '#src/peer/plateau.js'

/** Whether the peer rests after each evaluation, one per epoch. */
function course(rule: { epochs: number; minGain: number }, accuracies: readonly number[]): string {
  const plateau = createPlateau(rule)
  return accuracies.map((accuracy, epoch) => (plateau.note(epoch, accuracy) ? 'r' : '.')).join('')
}

describe('the stop rule of a plateau', () => {
  it('rests after so many epochs without a gain', () => {
    assert.equal(course({ epochs: 3, minGain: 0.01 }, [0.5, 0.6, 0.7, 0.7, 0.7, 0.7, 0.7]), '.....rr')
    assert.equal(
      course({ epochs: 3, minGain: 0.01 }, [0.5, 0.505, 0.509, 0.5]),
      '...r',
      'gains below the least are none'
    )
    assert.equal(course({ epochs: 3, minGain: 0.01 }, [0.5, 0.505, 0.509, 0.511, 0.5]), '.....', 'but they add up')
    assert.equal(
      course({ epochs: 2, minGain: 0 }, [0.5, 0.5, 0.500001, 0.5, 0.5]),
      '....r',
      'anything is a gain where none is asked for'
    )
  })

  it('wakes at a gain, at once, and waits for the next plateau', () => {
    assert.equal(course({ epochs: 2, minGain: 0.1 }, [0.5, 0.5, 0.5, 0.55, 0.65, 0.65, 0.65]), '..rr..r')
  })

  it('wakes when it has been worse for as long, and does not for a moment of it', () => {
    assert.equal(course({ epochs: 2, minGain: 0.1 }, [0.5, 0.5, 0.5, 0.3, 0.5, 0.3, 0.3, 0.3, 0.3, 0.3]), '..rrrrr..r')
  })

  it('where the clock stands still wakes at any change that counts, as none will pass', () => {
    const plateau = createPlateau({ epochs: 1, minGain: 0.1 })
    for (const epoch of [0, 1]) plateau.note(epoch, 0.5)
    assert.equal(plateau.noteStill(0.55), true)
    assert.equal(plateau.noteStill(0.46), true)
    assert.equal(plateau.noteStill(0.35), false)
    assert.equal(plateau.note(2, 0.35), true)
    assert.equal(plateau.noteStill(0.45), false)
  })

  it('counts epochs, not evaluations, and takes none that comes late', () => {
    const plateau = createPlateau({ epochs: 10, minGain: 0.01 })
    assert.equal(plateau.note(5, 0.5), false)
    assert.equal(plateau.note(14, 0.5), false)
    assert.equal(plateau.note(3, 0.9), false)
    assert.equal(plateau.note(15, 0.5), true)
  })
})
