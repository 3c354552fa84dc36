import assert from 'node:assert/strict'
import { checkResume, epochsLost } from '../../../scripts/kill9/check.js'
import type { Ready } from '../../../scripts/kill9/life.js'

const standing = { epoch: 7, signedEpoch: 6, residual: 99, updates: 20 }
const ready: Ready = { type: 'ready', key: 'a', addresses: [], state: 'sound', ...standing }

describe('a peer that was killed', () => {
  it('came back when it is the same, where it stood or further', () => {
    assert.deepEqual(checkResume({ key: 'a', standing }, ready), [])
    // A kill between the storing of an update and the word about it.
    assert.deepEqual(checkResume({ key: 'a', standing }, { ...ready, signedEpoch: 7, residual: 1 }), [])
  })

  it('did not come back when anything of it is missing', () => {
    for (const [wrong, word] of [
      [{ key: 'b' }, /another identity/],
      [{ state: 'lost' }, /database was lost/],
      [{ signedEpoch: 5 }, /forgot that it signed for epoch 6/],
      [{ residual: 98 }, /another residual/],
      [{ epoch: 5 }, /went back to epoch 5/]
    ] as const) {
      const [complaint, ...others] = checkResume({ key: 'a', standing }, { ...ready, ...wrong })
      assert.match(complaint ?? '', word)
      assert.deepEqual(others, [])
    }
  })

  it('lost the epochs that it trained for and neither sent nor gave up', () => {
    const trained = { type: 'trained', dropped: 0 } as const
    const signed = { type: 'signed', dropped: 0, ...standing } as const
    assert.equal(epochsLost([]), 0)
    assert.equal(epochsLost([ready, trained, signed, trained]), 1)
    assert.equal(epochsLost([trained, { type: 'epoch', epoch: 3 }, trained]), 2)
    assert.equal(epochsLost([trained, { ...trained, dropped: 1 }, { ...signed, dropped: 1 }]), 0)
  })
})
