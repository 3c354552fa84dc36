/** How knowledge of each other runs through a swarm by questions alone. PROTOCOL.md, "Neighbours". */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { fromHex } from '#src/core/bytes.js'
import { DecodeError } from '#src/core/wire/error.js'
import { createInquiry, type Inquiry } from '#src/net/inquiry.js'
import { decodePeersRequest, encodePeersRequest, MAX_TOLD } from '#src/net/peer-exchange.js'

const LOOK_MS = 1000
const FIRST_MS = 2000
const LONGEST_MS = 60_000

interface Member {
  readonly key: string
  readonly neighbours: Set<string>
  readonly known: Set<string>
  readonly inquiry: Inquiry
}

/** Peers that do what a neighbourhood does with its questions, all answered at once and in whole. */
class Swarm {
  readonly members = new Map<string, Member>()
  now = 0
  asked = 0

  add(key: string): void {
    this.members.set(key, {
      key,
      neighbours: new Set(),
      known: new Set([key]),
      inquiry: createInquiry(FIRST_MS)
    })
  }

  connect(a: string, b: string): void {
    for (const [self, other] of [
      [this.of(a), b],
      [this.of(b), a]
    ] as const) {
      self.neighbours.add(other)
      self.inquiry.came(other, this.now)
      this.#learn(self, [other], other)
    }
  }

  of(key: string): Member {
    const member = this.members.get(key)
    assert(member !== undefined)
    return member
  }

  look(): void {
    for (const member of this.members.values())
      for (const { to, news } of member.inquiry.look(false, this.now)) {
        this.asked++
        const other = this.of(to)
        if (news) other.inquiry.invited(member.key)
        this.#learn(member, [...other.known], to)
      }
    this.now += LOOK_MS
  }

  /** @returns ms until all know all */
  settle(): number {
    const from = this.now
    while ([...this.members.values()].some(({ known }) => known.size < this.members.size)) this.look()
    return this.now - from
  }

  #learn(member: Member, keys: readonly string[], from: string): void {
    const before = member.known.size
    for (const key of keys) member.known.add(key)
    if (member.known.size > before) member.inquiry.news(from, this.now)
  }
}

function line(length: number): Swarm {
  const swarm = new Swarm()
  for (let i = 0; i < length; i++) swarm.add(`${i}`)
  for (let i = 1; i < length; i++) swarm.connect(`${i - 1}`, `${i}`)
  return swarm
}

describe('questions to neighbours', () => {
  it('let both ends of a long line know each other after one wait and a look per peer', () => {
    const length = 24
    const ms = line(length).settle()
    assert(ms <= length * (FIRST_MS + LOOK_MS), `${ms} ms`)
  })

  it('carry a newcomer at one end of a quiet line to the other one', () => {
    const length = 12
    const swarm = line(length)
    swarm.settle()
    for (let i = 0; i < 600; i++) swarm.look()
    swarm.add('new')
    swarm.connect('new', '0')
    const ms = swarm.settle()
    assert(ms <= length * (FIRST_MS + LOOK_MS), `${ms} ms`)
  })

  it('let all know all in any connected swarm, and become few when nothing is new', () => {
    const graph = fc
      .integer({ min: 2, max: 24 })
      .chain(size =>
        fc.tuple(
          fc.tuple(...Array.from({ length: size - 1 }, (_, i) => fc.nat(i))),
          fc.array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { maxLength: size })
        )
      )
    fc.assert(
      fc.property(graph, ([parents, more]) => {
        const swarm = new Swarm()
        swarm.add('0')
        for (const [i, parent] of parents.entries()) {
          swarm.add(`${i + 1}`)
          swarm.connect(`${parent}`, `${i + 1}`)
        }
        for (const [a, b] of more)
          if (a !== b && !swarm.of(`${a}`).neighbours.has(`${b}`)) swarm.connect(`${a}`, `${b}`)
        const ms = swarm.settle()
        // Each of a peer's neighbours has its turn, one every first wait.
        assert(ms <= swarm.members.size ** 2 * (FIRST_MS + LOOK_MS), `${ms} ms`)
        while (swarm.now < 10 * LONGEST_MS) swarm.look()
        const before = swarm.asked
        const minutes = 10
        for (let i = 0; i < (minutes * LONGEST_MS) / LOOK_MS; i++) swarm.look()
        assert(swarm.asked - before <= (minutes + 1) * swarm.members.size, `${swarm.asked - before} questions`)
      })
    )
  })

  it('ask in turn, and nobody twice at a look', () => {
    const inquiry = createInquiry(FIRST_MS)
    for (const key of ['a', 'b', 'c']) inquiry.came(key, 0)
    const at = (now: number) => inquiry.look(false, now).map(({ to }) => to)
    assert.deepEqual(at(0), ['a', 'b', 'c'])
    assert.deepEqual([2000, 6000, 14_000, 30_000].map(at), [['a'], ['b'], ['c'], ['a']])
    inquiry.went('b', 30_000)
    assert.deepEqual(at(32_000), ['c'])
    inquiry.invited('a')
    inquiry.invited('nobody')
    assert.deepEqual(at(36_000), ['a', 'c'])
  })

  it('say whether there is news, once to each that does not know it', () => {
    const inquiry = createInquiry(FIRST_MS)
    for (const key of ['a', 'b', 'c']) inquiry.came(key, 0)
    inquiry.look(false, 0)
    inquiry.news('a', 0)
    const told = [2000, 4000, 8000, 16_000].map(now => inquiry.look(false, now).map(({ to, news }) => [to, news]))
    assert.deepEqual(told, [[['b', true]], [['c', true]], [['a', false]], [['b', false]]])
  })

  it('are read as the vectors say, and refused otherwise', async () => {
    const vectors = JSON.parse(await readFile('test/vectors/peers.json', 'utf8')) as { name: string; bytes: string }[]
    const requests = vectors.filter(({ name }) => name.startsWith('request'))
    assert.deepEqual(
      requests.map(({ bytes }) => decodePeersRequest(fromHex(bytes))),
      [
        { count: 16, news: false },
        { count: 4, news: true }
      ]
    )
    for (const bytes of ['', '10', '0000', '1100', '1002', '100100', '108000'])
      assert.throws(() => decodePeersRequest(fromHex(bytes)), DecodeError, bytes)
    assert.deepEqual(decodePeersRequest(encodePeersRequest(MAX_TOLD, true)), { count: MAX_TOLD, news: true })
  })
})
