import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { compileFaults, FaultsError, parseFaults, usedFaults } from '#src/faults/index.js'

const folder = new URL('../../../../../topology/faults/', import.meta.url)
const ring = Array.from({ length: 16 }, (_, i): [number, number] => [i, (i + 1) % 16])

describe('fault files', () => {
  const shipped = readdirSync(folder).filter(name => name.endsWith('.json'))

  for (const name of shipped)
    it(`${name} is read, bears its own name and fits 16 peers`, () => {
      const faults = parseFaults(readFileSync(new URL(name, folder), 'utf8'), name)
      assert.equal(`${faults.name}.json`, name)
      assert.equal(compileFaults(faults, { peers: 16, edges: ring, seed: 1 }).peers.length, 16)
      assert.notEqual(usedFaults(faults).length, 0)
    })

  const wrong: [string, unknown, RegExp][] = [
    ['no object', 3, /^f\.json: is not an object/],
    ['a list', [], /^f\.json: is not an object/],
    ['another version', { faults: 2, name: 'x' }, /"faults" is not 1/],
    ['no name', { faults: 1 }, /"name" is missing; add it/],
    ['an unknown field', { faults: 1, name: 'x', lnks: [] }, /"lnks" is not a field of the format here/],
    ['a part above one', rules({ between: 'all', loss: 10 }), /link rule 1, "loss" is 10; use a number from 0 to 1/],
    ['a rule that does nothing', rules({ between: 'all' }), /link rule 1 changes nothing/],
    ['no links', rules({ between: 'some', loss: 1 }), /link rule 1, "between" selects no links/],
    ['a bad delay', rules({ between: 'all', delayMs: { kind: 'normal' } }), /link rule 1, "delayMs.kind" is no delay/],
    [
      'turned bounds',
      rules({ between: 'all', delayMs: { kind: 'uniform', min: 9, max: 3 } }),
      /link rule 1, "delayMs" has a "min" above/
    ],
    [
      'a stranger to hostility',
      { faults: 1, name: 'x', peers: [{ peers: [0], hostile: 'rude' }] },
      /"hostile" is none of/
    ],
    ['no event', happens({ at: { epoch: 1 }, do: 'explode', peers: [1] }), /event 1, "do" is none of crash/],
    ['an event without a time', happens({ do: 'crash', peers: [1] }), /event 1, "at" is missing/],
    ['no moment', happens({ at: 5, do: 'crash', peers: [1] }), /event 1, "at" is no moment/],
    ['two moments', happens({ at: { epoch: 1, seconds: 1 }, do: 'crash', peers: [1] }), /event 1, "at/],
    ['an endless freeze', happens({ at: { epoch: 5 }, do: 'freeze', peers: [1] }), /event 1, "for" is missing/],
    [
      'mixed units',
      happens({ at: { epoch: 5 }, every: { seconds: 5 }, do: 'crash', peers: [1] }),
      /event 1, "every" counts in another unit/
    ],
    [
      'an end of what does not repeat',
      happens({ at: { epoch: 5 }, until: { epoch: 9 }, do: 'leave', peers: [1] }),
      /event 1, "until" needs "every"/
    ],
    [
      'no time at all',
      happens({ at: { epoch: 5 }, every: { epochs: 0 }, do: 'crash', peers: [1] }),
      /event 1, "every" is no span/
    ]
  ]
  for (const [what, value, message] of wrong)
    it(`refuses ${what}`, () => {
      assert.throws(
        () => parseFaults(JSON.stringify(value), 'f.json'),
        (error: Error) =>
          error instanceof FaultsError && message.test(error.message) && error.message.startsWith('f.json')
      )
    })

  it('tells where the syntax is wrong', () => {
    assert.throws(() => parseFaults('{ "faults": 1,', 'f.json'), /^FaultsError: f\.json: not JSON: /)
  })

  const unfit: [string, unknown, RegExp][] = [
    [
      'a peer that is not there',
      happens({ at: { epoch: 1 }, do: 'crash', peers: [4] }),
      /event 1, "peers" names peer 4/
    ],
    ['a pair of one peer', rules({ between: [[1, 1]], loss: 1 }), /joins peer 1 to itself/],
    ['a pair that is no link', rules({ between: [[0, 2]], loss: 1 }), /"between" names \[0,2\], which is no link/],
    [
      'groups that overlap',
      happens({ at: { epoch: 1 }, do: 'partition', groups: [[0, 1], [1]] }),
      /event 1, "groups" have peer 1 twice/
    ],
    ['more groups than peers', happens({ at: { epoch: 1 }, do: 'partition', groups: 5 }), /there are only 4 peers/],
    [
      'hostile peers only',
      { faults: 1, name: 'x', peers: [{ peers: 'all', hostile: 'silent' }] },
      /every peer is hostile/
    ],
    ['nobody at the start', happens({ at: { epoch: 1 }, do: 'join', peers: 'all' }), /no honest peer is there/],
    [
      'a hostile peer that is to crash',
      {
        faults: 1,
        name: 'x',
        peers: [{ peers: [2], hostile: 'silent' }],
        events: [{ at: { epoch: 1 }, do: 'crash', peers: [2] }]
      },
      /event 1, "peers" names peer 2, which is hostile/
    ]
  ]
  for (const [what, value, message] of unfit)
    it(`does not fit a swarm of four: ${what}`, () => {
      const faults = parseFaults(JSON.stringify(value), 'f.json')
      assert.throws(() => compileFaults(faults, { peers: 4, edges: [[0, 1]], seed: 1 }), message)
    })
})

function rules(rule: unknown) {
  return { faults: 1, name: 'x', links: [rule] }
}

function happens(event: unknown) {
  return { faults: 1, name: 'x', events: [event] }
}
