import assert from 'node:assert/strict'
import { createSet, insertUpdate } from '#src/core/protocol/set.js'
import { createUnwanted } from '#src/peer/unwanted.js'
import { keyOf } from '../../support/reference.js'

const SELF = keyOf(0)
const OTHER = keyOf(1)
const missing = (epoch: number, have: readonly Uint8Array[] = []) =>
  ({ kind: 'missing', epochs: [{ epoch, have: [...have] }] }) as const

describe('who does not take own updates', () => {
  const set = createSet()
  for (const author of [SELF, OTHER])
    insertUpdate(set, {
      author,
      epoch: 3,
      weight: 1,
      drawBits: 0,
      contentHash: new Uint8Array(32).fill(author === SELF ? 1 : 2),
      envelope: new Uint8Array(10)
    })
  const [own, theirs] = [SELF, OTHER].map(author => set.epochs.get(3)!.entries.get(author)!.id)

  it('is who asks for one over and over', () => {
    const unwanted = createUnwanted(
      SELF,
      () => set,
      () => true
    )
    for (let i = 0; i < 4; i++) unwanted.asked(OTHER, missing(3, [theirs!]))
    assert.deepEqual(unwanted.refusing(), [], 'answers may get lost')
    unwanted.asked(OTHER, missing(3, [theirs!]))
    assert.deepEqual(unwanted.refusing(), [OTHER])
    unwanted.gone(OTHER)
    assert.deepEqual(unwanted.refusing(), [])
  })

  it('is nobody who has it, takes it in the end, or asks for what others sent', () => {
    const unwanted = createUnwanted(
      SELF,
      () => set,
      () => true
    )
    for (let i = 0; i < 9; i++) {
      unwanted.asked(OTHER, missing(3, [own!]))
      unwanted.asked(OTHER, missing(4))
      unwanted.asked(OTHER, { kind: 'digests', from: 0, step: 1, count: 4 })
    }
    for (let i = 0; i < 9; i++) unwanted.asked(keyOf(2), missing(3))
    unwanted.asked(keyOf(2), missing(3, [own!]))
    assert.deepEqual(unwanted.refusing(), [])
  })

  it('is nobody who is no neighbour: of them there may be any number', () => {
    const neighbours = new Set<string>()
    const unwanted = createUnwanted(
      SELF,
      () => set,
      peer => neighbours.has(peer)
    )
    for (let i = 0; i < 9; i++) unwanted.asked(OTHER, missing(3))
    neighbours.add(OTHER)
    assert.deepEqual(unwanted.refusing(), [], 'what it asked before was remembered')
    for (let i = 0; i < 9; i++) unwanted.asked(OTHER, missing(3))
    assert.deepEqual(unwanted.refusing(), [OTHER])
  })
})
