import assert from 'node:assert/strict'
import { repeatingCommand } from '#src/node/sim/again.js'

describe('the command that repeats a simulated run', () => {
  it('names the seed and leaves out where results went', () => {
    const args = ['sim', 'ring 8.json', '--out', 'run', '--json', '--force', '--epochs', '4', '--out=other']
    assert.equal(repeatingCommand(args, 7), "starlings sim 'ring 8.json' --epochs 4 --seed 7")
    assert.equal(repeatingCommand(['sim', "it's", '--seed=3'], 3), "starlings sim 'it'\\''s' --seed=3")
    assert.equal(repeatingCommand(['sim', 'a.json', '--seed', '3'], 3), 'starlings sim a.json --seed 3')
  })
})
