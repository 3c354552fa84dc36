/** Whom to dial, whom to let go, whom to remember. PROTOCOL.md, "Neighbours". */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { createRandom } from '#src/core/random.js'
import type { PeerKey } from '#src/interface.js'
import { type Contact, Contacts } from '#src/net/contacts.js'
import type { SignedRecord } from '#src/net/peer-record.js'
import { type Degrees, decide, keptDegrees, type Neighbour, type Surroundings } from '#src/net/policy.js'
import { createStrangers } from '#src/net/strangers.js'

const NOW = 10_000_000
const DEGREES: Degrees = { low: 2, target: 4, high: 6 }
const key = (i: number): PeerKey => i.toString(16).padStart(64, '0')

function contact(i: number, init: Partial<Contact> = {}): Contact {
  return {
    key: key(i),
    addresses: [`/ip4/192.0.2.${i % 250}/tcp/4001`],
    record: undefined,
    seenAt: NOW,
    met: true,
    toldBy: undefined,
    failures: 0,
    failedAt: 0,
    ...init
  }
}

const neighbour = (i: number, init: Partial<Neighbour> = {}): Neighbour => ({
  key: key(i),
  since: 0,
  asked: false,
  ...init
})
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)

function look(init: Partial<Surroundings>, seed = 1) {
  const surroundings: Surroundings = {
    now: NOW,
    neighbours: [],
    dialling: new Set(),
    contacts: [],
    degrees: DEGREES,
    graceMs: 10_000,
    probedAt: NOW,
    allowed: () => true,
    ...init
  }
  return decide(surroundings, createRandom(seed))
}

describe('the policy of a neighbourhood', () => {
  it('dials nobody at the low bound, and up to the target below it', () => {
    const contacts = range(10, 30).map(i => contact(i))
    const with_ = (count: number, dialling = 0) =>
      look({
        contacts,
        neighbours: range(0, count).map(i => neighbour(i)),
        dialling: new Set(range(10, 10 + dialling).map(key))
      }).dial.length
    assert.deepEqual([with_(0), with_(1), with_(2), with_(4), with_(9)], [4, 3, 0, 0, 0])
    assert.deepEqual([with_(0, 1), with_(1, 1), with_(1, 2)], [3, 0, 0])
  })

  it('dials no neighbour, nobody twice, nobody barred', () => {
    const contacts = range(0, 5).map(i => contact(i))
    const { dial } = look({
      contacts,
      neighbours: [neighbour(0)],
      dialling: new Set(),
      allowed: name => name !== key(2)
    })
    assert.deepEqual([...dial].sort(), [key(1), key(3), key(4)])
  })

  it('waits longer after each failure, less while it is alone, and never for ever', () => {
    const at = (failures: number, waited: number, alone: boolean) =>
      look({
        contacts: [contact(9, { failures, failedAt: NOW - waited })],
        neighbours: alone ? [] : [neighbour(1)]
      }).dial.length === 1
    assert(!at(1, 999, false) && at(1, 1000, false))
    assert(!at(4, 7999, false) && at(4, 8000, false))
    assert(!at(60, 599_999, false) && at(60, 600_000, false))
    assert(!at(60, 29_999, true) && at(60, 30_000, true))
  })

  it('prefers who failed least, then who was seen lately', () => {
    const contacts = [
      contact(1, { failures: 1 }),
      contact(2, { seenAt: 0 }),
      contact(3),
      contact(4, { failures: 2 }),
      contact(5)
    ]
    for (let seed = 0; seed < 20; seed++) {
      const { dial } = look({ contacts }, seed)
      assert.deepEqual(new Set(dial.slice(0, 2)), new Set([key(3), key(5)]))
      assert.deepEqual(dial.slice(2), [key(2), key(1)])
    }
  })

  it('lets the latest comers go, asked ones and those in their grace never', () => {
    const neighbours = [
      ...range(0, 6).map(i => neighbour(i, { since: i })),
      neighbour(6, { since: NOW - 1 }),
      neighbour(7, { since: NOW - 20_000, asked: true }),
      neighbour(8, { since: NOW - 30_000 })
    ]
    assert.deepEqual(look({ neighbours }).drop, [key(8), key(5), key(4)])
    assert.deepEqual(look({ neighbours: neighbours.slice(0, 6) }).drop, [])
  })

  it('now and then looks after one that nobody has seen, and keeps still otherwise', () => {
    const neighbours = range(0, 3).map(i => neighbour(i))
    const contacts = [contact(8), contact(9, { seenAt: NOW - 601_000 })]
    const probe = look({ neighbours, contacts, probedAt: NOW - 60_000 })
    assert.deepEqual(probe, { dial: [key(9)], drop: [], probe: true })
    assert.deepEqual(look({ neighbours, contacts, probedAt: NOW - 59_000 }).dial, [])
    assert.deepEqual(look({ neighbours, contacts: [contact(8)], probedAt: 0 }).dial, [])
    assert.deepEqual(look({ neighbours: range(0, 6).map(i => neighbour(i)), contacts, probedAt: 0 }).dial, [])
  })

  it('never goes beyond its bounds by itself, whatever the surroundings', () => {
    fc.assert(
      fc.property(
        fc.nat(20),
        fc.nat(4),
        fc.array(fc.record({ failures: fc.nat(5), failedAt: fc.nat(NOW), seenAt: fc.nat(NOW) }), { maxLength: 30 }),
        fc.nat(NOW),
        fc.nat(1000),
        (count, dialling, found, probedAt, seed) => {
          const contacts = found.map((init, i) => contact(100 + i, init))
          const neighbours = range(0, count).map(i => neighbour(i))
          const under = new Set(range(100, 100 + dialling).map(key))
          const moves = look({ neighbours, dialling: under, contacts, probedAt }, seed)
          assert.deepEqual(moves, look({ neighbours, dialling: under, contacts, probedAt }, seed))
          assert(moves.dial.length === 0 || count + dialling + moves.dial.length <= DEGREES.high)
          assert(moves.dial.every(name => !under.has(name)))
          assert.equal(new Set(moves.dial).size, moves.dial.length)
          assert.equal(moves.drop.length, Math.max(0, count - DEGREES.high))
        }
      )
    )
  })

  it('in a topology waits until half of the neighbours are lost', () => {
    const moves = (most: number, left: number) =>
      look({
        degrees: keptDegrees(most),
        neighbours: range(0, left).map(i => neighbour(i)),
        contacts: range(50, 60).map(i => contact(i))
      }).dial.length
    assert.deepEqual([moves(4, 4), moves(4, 3), moves(4, 2)], [0, 0, 2])
    assert.deepEqual([moves(2, 2), moves(2, 1)], [0, 2])
    assert.deepEqual([moves(1, 1), moves(1, 0), moves(0, 0)], [0, 3, 3])
  })
})

function record(i: number, init: Partial<SignedRecord> = {}): SignedRecord {
  return {
    key: key(i),
    seq: 1n,
    addresses: [`/ip4/192.0.2.${i % 250}/tcp/4001`],
    bytes: Uint8Array.of(i % 256),
    ...init
  }
}

describe('the address book', () => {
  const TELLER = key(1000)

  it('is bounded, and keeps whom it met before whom it was told of', () => {
    const contacts = new Contacts({ maxContacts: 8, maxPerTeller: 4 })
    for (const i of range(0, 6)) contacts.met(key(i), { record: record(i), local: false }, i)
    for (const i of range(10, 40)) contacts.heard({ record: record(i), ageMs: 0 }, TELLER, false, 100 + i)
    assert.equal(contacts.size, 8)
    assert.deepEqual(contacts.all().filter(({ met }) => met).length, 6)
    assert(contacts.get(key(39)) !== undefined, 'the newest')
  })

  it('takes no more from one teller than its share', () => {
    const contacts = new Contacts({ maxContacts: 100, maxPerTeller: 4 })
    for (const i of range(0, 1000)) contacts.heard({ record: record(i), ageMs: 0 }, TELLER, false, i)
    for (const i of range(2000, 2003)) contacts.heard({ record: record(i), ageMs: 0 }, key(1001), false, 5000)
    assert.equal(contacts.size, 7)
  })

  it('learns new addresses from newer signed words only', () => {
    const contacts = new Contacts()
    const [old, new_] = ['/ip4/192.0.2.1/tcp/1', '/ip4/192.0.2.2/tcp/2']
    contacts.met(key(1), { record: record(1, { seq: 5n, addresses: [old!] }), worked: old, local: false }, 0)
    contacts.heard({ record: record(1, { seq: 4n, addresses: [new_!] }), ageMs: 0 }, TELLER, false, 1)
    assert.deepEqual(contacts.get(key(1))?.addresses, [old])
    contacts.failed(key(1), 2)
    contacts.heard({ record: record(1, { seq: 6n, addresses: [new_!] }), ageMs: 0 }, TELLER, false, 3)
    assert.deepEqual([contacts.get(key(1))?.addresses, contacts.get(key(1))?.failures], [[new_], 0])
  })

  it('takes nobody’s loopback for its own but that of a neighbour on this machine', () => {
    const contacts = new Contacts()
    const told = { record: record(1, { addresses: ['/ip4/127.0.0.1/tcp/1', '/ip6/::1/tcp/1'] }), ageMs: 0 }
    contacts.heard(told, TELLER, false, 0)
    assert.equal(contacts.size, 0)
    contacts.heard(told, TELLER, true, 0)
    assert.equal(contacts.get(key(1))?.addresses.length, 2)
  })

  it('takes no more from a source that is no neighbour than its share, and no loopback that is not meant', () => {
    const contacts = new Contacts({ maxContacts: 100, maxPerTeller: 4 })
    for (const i of range(0, 1000)) contacts.found(key(i), [`/ip4/192.0.2.1/tcp/${1 + i}`], 'mdns', false, i)
    assert.equal(contacts.size, 4)
    for (const i of range(1000, 2000)) contacts.found(key(i), ['/ip4/127.0.0.1/tcp/1'], 'dht', false, i)
    assert.equal(contacts.size, 4)
    contacts.found(key(1), ['/ip4/127.0.0.1/tcp/1'], 'dht', true, 0)
    assert.deepEqual(contacts.get(key(1))?.toldBy, 'dht')
    for (const i of range(0, 3)) contacts.failed(key(1), i)
    assert.equal(contacts.get(key(1)), undefined, 'a stranger like others')
  })

  it('tries where a source found somebody whom it knows, soon but not all the time, and keeps what worked', () => {
    const contacts = new Contacts()
    const [old, signed] = ['/ip4/192.0.2.1/tcp/1', '/ip4/192.0.2.1/tcp/2']
    contacts.met(key(1), { record: record(1, { addresses: [signed!] }), worked: old, local: false }, 0)
    contacts.failed(key(1), 1000)
    const fresh = (i: number): string => `/ip4/192.0.2.9/tcp/${i}`
    contacts.found(key(1), [old!, fresh(1)], 'mdns', false, 2000)
    assert.deepEqual(contacts.get(key(1))?.addresses, [old, fresh(1), signed])
    assert.equal(contacts.get(key(1))?.failures, 1, 'it was dialled a second ago')
    contacts.found(key(1), range(2, 20).map(fresh), 'mdns', false, 12_000)
    assert.deepEqual(contacts.get(key(1))?.addresses.slice(0, 5), [old, ...range(2, 6).map(fresh)])
    assert(contacts.get(key(1))?.addresses.includes(signed!), 'what it signed')
    assert.equal(contacts.get(key(1))?.failures, 0)
  })

  it('does not lose what somebody signed to sources that find it somewhere else all the time', () => {
    const contacts = new Contacts()
    const signed = range(1, 6).map(i => `/ip4/192.0.2.1/tcp/${i}`)
    contacts.met(key(1), { record: record(1, { addresses: signed }), worked: signed[0], local: false }, 0)
    for (const i of range(0, 10))
      contacts.found(
        key(1),
        range(0, 4).map(j => `/ip4/192.0.2.9/tcp/${10 * i + j + 1}`),
        'dht',
        false,
        i
      )
    const { addresses } = contacts.get(key(1))!
    for (const address of signed) assert(addresses.includes(address), address)
  })

  it('forgets a stranger that failed three times, and nobody that it met', () => {
    const contacts = new Contacts()
    contacts.heard({ record: record(1), ageMs: 0 }, TELLER, false, 0)
    contacts.met(key(2), { record: record(2), local: false }, 0)
    for (const now of range(1, 4)) for (const i of [1, 2]) contacts.failed(key(i), now)
    assert.equal(contacts.get(key(1)), undefined)
    assert.equal(contacts.get(key(2))?.failures, 3)
  })

  it('tells of those that are there first, of nobody forgotten, and not the asker of itself', () => {
    const contacts = new Contacts()
    const now = 10_000_000
    for (const i of range(0, 3)) contacts.met(key(i), { record: record(i), local: false }, now)
    for (const i of range(3, 6)) contacts.heard({ record: record(i), ageMs: 60_000 }, TELLER, false, now)
    contacts.heard({ record: record(7), ageMs: 1_900_000 }, TELLER, false, now)
    contacts.met(key(8), { worked: '/ip4/192.0.2.8/tcp/1', local: false }, now)
    const told = contacts.tell(4, key(0), now, createRandom(1))
    assert.deepEqual(new Set(told.slice(0, 2).map(({ record: { key: name } }) => name)), new Set([key(1), key(2)]))
    assert.equal(told.length, 4)
    assert.equal(contacts.tell(16, key(0), now, createRandom(1)).length, 5)
  })
})

describe('the patience with strangers', () => {
  it('is limited per teller, in all, and per host', () => {
    const strangers = createStrangers()
    const takes = (teller: number, now: number) => range(0, 100).filter(() => strangers.take(key(teller), now)).length
    assert.equal(takes(1, 0), 4)
    assert.equal(takes(2, 0), 4)
    assert.equal(takes(3, 0), 0)
    // A minute later: twelve in all, though the bucket holds eight at once, and no teller has more than its six.
    assert.equal(takes(1, 60_000) + takes(2, 60_000) + takes(3, 60_000), 8)
    for (const now of range(0, 4)) {
      assert(!strangers.isTired('192.0.2.1', 100))
      strangers.failedAt('192.0.2.1', now)
    }
    assert(strangers.isTired('192.0.2.1', 100))
    assert(!strangers.isTired('192.0.2.2', 100))
    assert(!strangers.isTired('192.0.2.1', 700_000))
  })
})
