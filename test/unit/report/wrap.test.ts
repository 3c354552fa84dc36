import assert from 'node:assert/strict'
import fc from 'fast-check'
import { wrapLine } from '#src/node/report/wrap.js'

describe('lines for a terminal', () => {
  it('break between words, below the text that they go on with', () => {
    assert.equal(
      wrapLine('with     2 peers now; everybody who has an invite can take part', 40),
      'with     2 peers now; everybody who has\n         an invite can take part'
    )
    assert.equal(
      wrapLine("the swarm's words: talk delay rally concert identify hub", 40),
      "the swarm's words: talk delay rally\n  concert identify hub"
    )
    assert.equal(
      wrapLine('  what you can do: check that others run now', 30),
      '  what you can do: check that\n  others run now'
    )
  })

  it('keep a command in one piece, which is copied and run', () => {
    assert.equal(
      wrapLine('it goes on where it stood with: npx starlings node --home flock', 50),
      'it goes on where it stood with:\n  npx starlings node --home flock'
    )
    const invite = `  npx starlings join ${'A'.repeat(200)}`
    assert.equal(wrapLine(invite, 80), invite)
    assert.equal(wrapLine('stale; starlings invite --home a/b makes a fresh one', 33).split('\n')[0], 'stale;')
  })

  it('stay as they are where there is no terminal, and where a word is longer than a row', () => {
    const line = `listening on ${'/ip4/192.0.2.7'.repeat(5)} and more`
    assert.equal(wrapLine(line, undefined), line)
    assert.equal(wrapLine(line, 0), line)
    assert.equal(wrapLine(line, 40), line)
  })

  it('lose no word, and have no row that is too long', () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-z,;]{1,12}$/), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 20, max: 100 }),
        (words, columns) => {
          const rows = wrapLine(words.join(' '), columns).split('\n')
          assert.ok(rows.every(row => row.length <= columns))
          assert.deepEqual(
            rows.flatMap(row => row.trim().split(' ')),
            words
          )
        }
      )
    )
  })
})
