import assert from 'node:assert/strict'
import fc from 'fast-check'
import { toHex } from '#src/core/bytes.js'
import {
  answerQuestion,
  comparePulse,
  compareRanges,
  createComparison,
  nextQuestion,
  pulseDigests,
  questionAnswered,
  questionFailed
} from '#src/core/protocol/antientropy.js'
import {
  chainDigest,
  createSet,
  foldSet,
  insertUpdate,
  type UpdateRecord,
  type UpdateSet
} from '#src/core/protocol/set.js'
import { MAX_RECENT } from '#src/core/wire/pulse.js'
import {
  decodeDigestsAnswer,
  decodeMissingAnswer,
  decodeRepairRequest,
  encodeRepairRequest,
  MAX_REPAIR_ANSWER_BYTES,
  MAX_REPAIR_REQUEST_BYTES,
  type RepairRequest
} from '#src/core/wire/repair.js'
import { keyOf } from '../../support/reference.js'

const WINDOW = 8

/** An update whose envelope tells it from all others and is long enough to be one. */
function record(author: number, epoch: number, version = 0, bytes = 120): UpdateRecord {
  const envelope = new Uint8Array(bytes)
  const view = new DataView(envelope.buffer)
  view.setUint32(0, author)
  view.setUint32(4, epoch)
  view.setUint32(8, version)
  const contentHash = new Uint8Array(32)
  contentHash.set(envelope.subarray(0, 12))
  return { author: keyOf(author), epoch, weight: 1, drawBits: 0, contentHash, envelope }
}

const recordOf = (envelope: Uint8Array): UpdateRecord => {
  const view = new DataView(envelope.buffer, envelope.byteOffset, envelope.length)
  return record(view.getUint32(0), view.getUint32(4), view.getUint32(8), envelope.length)
}

const noChain = () => ({ reckoning: null, snapshots: [] })

/** One side of an exchange with one neighbour. */
class Side {
  readonly comparison = createComparison()
  readonly set: UpdateSet
  constructor(
    readonly epoch: number,
    updates: readonly UpdateRecord[]
  ) {
    this.set = createSet()
    for (const update of updates) insertUpdate(this.set, update)
  }

  /** Hears a pulse of `other` and asks until there is nothing left to ask. @returns questions asked */
  hear(other: Side): number {
    const pulse = { ...pulseDigests(other.set, other.epoch, WINDOW), claims: [], intervalMs: 500 }
    comparePulse(this.set, this.comparison, pulse, this.epoch + WINDOW + 1, 0)
    let questions = 0
    for (;;) {
      const asked = nextQuestion(this.set, this.comparison)
      if (asked === undefined) return questions
      questions++
      this.comparison.asking = true
      const bytes = encodeRepairRequest(asked)
      assert.ok(bytes.length <= MAX_REPAIR_REQUEST_BYTES)
      const request = decodeRepairRequest(bytes)
      const answer = answerQuestion(other.set, request, noChain)
      assert.ok(answer.length <= MAX_REPAIR_ANSWER_BYTES)
      if (asked.kind === 'digests') {
        this.comparison.asking = false
        compareRanges(this.set, this.comparison, asked, decodeDigestsAnswer(answer, asked.count))
      } else if (asked.kind === 'missing') {
        const { updates, more } = decodeMissingAnswer(answer, 65_536)
        let accepted = 0
        for (const envelope of updates) {
          const result = insertUpdate(this.set, recordOf(envelope.slice()))
          if (result === 'update' || result === 'conflict') accepted++
        }
        questionAnswered(this.comparison, asked, accepted, more)
      }
      assert.ok(questions < 500)
    }
  }

  digest(): string {
    return toHex(chainDigest(this.set, this.epoch + 1))
  }
}

const spec = fc.record({
  author: fc.nat(7),
  epoch: fc.nat(400),
  version: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(2) }),
  where: fc.constantFrom('both', 'both', 'both', 'left', 'right')
})

describe('anti-entropy between two neighbours', () => {
  it('makes any two sets one within four pulses, both ways (I4)', () => {
    fc.assert(
      fc.property(fc.array(spec, { maxLength: 300 }), fc.nat(3), fc.nat(3), (specs, aheadA, aheadB) => {
        const of = (side: string) =>
          specs.filter(({ where }) => where === 'both' || where === side).map(s => record(s.author, s.epoch, s.version))
        const a = new Side(400 + aheadA, of('left'))
        const b = new Side(400 + aheadB, of('right'))
        for (let pulse = 0; pulse < 4; pulse++) {
          a.hear(b)
          b.hear(a)
        }
        const end = 401
        assert.equal(toHex(chainDigest(a.set, end)), toHex(chainDigest(b.set, end)))
        a.hear(b)
        b.hear(a)
        assert.ok(a.comparison.equal && b.comparison.equal)
        assert.equal(a.hear(b) + b.hear(a), 0, 'and then it is quiet')
      })
    )
  })

  it('finds one difference among thousands of epochs with a handful of small questions', () => {
    const all = Array.from({ length: 5000 }, (_, epoch) => record(epoch % 8, epoch))
    const a = new Side(5000, all)
    const b = new Side(
      5000,
      all.filter(({ epoch }) => epoch !== 1234)
    )
    b.hear(a)
    assert.equal(b.set.size, 4999, 'what differs once may be on its way')
    assert.ok(b.hear(a) <= 6)
    assert.equal(b.digest(), a.digest())
  })

  it('gives a whole history to one that has nothing, in answers of bounded size', () => {
    const all = Array.from({ length: 300 }, (_, epoch) =>
      [0, 1, 2, 3].map(author => record(author, epoch, 0, 3000))
    ).flat()
    const a = new Side(300, all)
    const b = new Side(300, [])
    for (let pulse = 0; pulse < 3; pulse++) b.hear(a)
    assert.equal(b.digest(), a.digest())
  })

  it('passes a conflict on as two updates, and on as one entry', () => {
    const a = new Side(5, [record(1, 3, 0), record(1, 3, 1)])
    const b = new Side(5, [record(1, 3, 2)])
    for (let pulse = 0; pulse < 3; pulse++) {
      a.hear(b)
      b.hear(a)
    }
    assert.equal(b.digest(), a.digest())
    assert.deepEqual([a.set.size, b.set.size], [2, 2])
  })

  it('repairs what both still keep when their bases differ', () => {
    const all = Array.from({ length: 100 }, (_, epoch) => [0, 1].map(author => record(author, epoch))).flat()
    const a = new Side(100, all)
    const b = new Side(
      100,
      all.filter(({ author, epoch }) => epoch < 64 || author === keyOf(1))
    )
    foldSet(a.set, 64)
    foldSet(b.set, 32)
    for (let pulse = 0; pulse < 3; pulse++) {
      a.hear(b)
      b.hear(a)
    }
    assert.equal(b.digest(), a.digest())
  })

  it('asks no more of an epoch than fits into one request, however many updates it has', () => {
    const crowd = Array.from({ length: 3000 }, (_, author) => [1, 2, 3, 4].map(epoch => record(author, epoch))).flat()
    const a = new Side(5, [...crowd, record(9000, 2), record(9001, 4)])
    const b = new Side(5, crowd)
    for (let pulse = 0; pulse < 3; pulse++) b.hear(a)
    assert.equal(b.digest(), a.digest())
  })

  it('asks again after a failure, but not before the next pulse', () => {
    const a = new Side(50, [record(0, 5), record(0, 48)])
    const b = new Side(50, [])
    const pulse = { ...pulseDigests(a.set, 50, WINDOW), claims: [], intervalMs: 500 }
    for (let i = 0; i < 2; i++) comparePulse(b.set, b.comparison, pulse, 59, 0)
    const asked: RepairRequest[] = []
    for (;;) {
      const question = nextQuestion(b.set, b.comparison)
      if (question === undefined) break
      asked.push(question)
      questionFailed(b.comparison, question)
    }
    assert.equal(asked.length, 1)
    b.hear(a)
    assert.equal(b.digest(), a.digest())
  })

  it('does not go on asking for what brings nothing', () => {
    const comparison = createComparison()
    comparison.epochs.add(3)
    const set = createSet()
    const question = nextQuestion(set, comparison)
    assert.ok(question?.kind === 'missing')
    questionAnswered(comparison, question, 1, true)
    assert.deepEqual(nextQuestion(set, comparison), question)
    questionAnswered(comparison, question, 0, true)
    assert.equal(nextQuestion(set, comparison), undefined)
  })

  it('tells of no more epochs than a pulse holds', () => {
    const { recent, rootEnd } = pulseDigests(createSet(), 1000, 10_000)
    assert.ok(recent.length <= MAX_RECENT && rootEnd === 0)
  })

  it('answers any question about any range at the price of what it holds', () => {
    const { set } = new Side(
      50,
      Array.from({ length: 50 }, (_, epoch) => record(epoch % 4, epoch))
    )
    const huge = 2 ** 40 - 1
    const question = fc.oneof(
      fc.record({
        kind: fc.constant('digests' as const),
        from: fc.constantFrom(0, 7, huge),
        step: fc.constantFrom(1, 1000, huge),
        count: fc.integer({ min: 1, max: 16 })
      }),
      fc.record({
        kind: fc.constant('missing' as const),
        epochs: fc
          .uniqueArray(fc.constantFrom(0, 3, 49, 50, huge), { maxLength: 5 })
          .map(epochs => epochs.sort((a, b) => a - b).map(epoch => ({ epoch, have: [] })))
      })
    )
    fc.assert(
      fc.property(question, request => {
        const answer = answerQuestion(set, decodeRepairRequest(encodeRepairRequest(request)), noChain)
        assert.ok(answer.length <= MAX_REPAIR_ANSWER_BYTES)
      }),
      { numRuns: 300 }
    )
  })

  it('does not compute the chain up to an epoch that a pulse makes up', () => {
    const { set, comparison } = new Side(50, [record(0, 5)])
    const far = 2 ** 40 - 1
    comparePulse(
      set,
      comparison,
      { claims: [], intervalMs: 500, base: 0, rootEnd: far, root: new Uint8Array(16), recent: [] },
      59,
      0
    )
    assert.deepEqual([comparison.oldDiffered, comparison.oldAgreed, comparison.equal], [false, false, false])
    assert.equal(set.chain.length, 1)
  })
})
