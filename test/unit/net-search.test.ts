/** Looking for peers outside the neighbourhood: what it remembers, tells and calls itself. PROTOCOL.md, "Neighbours". */
import assert from 'node:assert/strict'
import { multiaddr } from '@multiformats/multiaddr'
import { createRandom } from '#src/core/random.js'
import { createAsked } from '#src/net/asked.js'
import { createGuests } from '#src/net/guests.js'
import { peerIdOfKey } from '#src/net/identity.js'
import { createLonely } from '#src/net/lonely.js'
import { mdnsTag, rendezvousCid } from '#src/net/rendezvous.js'
import { byNearness } from '#src/node/discovery/nearness.js'
import { createManualClock } from '../support/net-clock.js'

const SWARM = 'bafyreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'
/** Public keys of RFC 8032's test vectors and of nobody else. */
const KEYS = [
  'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
  '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
  'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025'
]

describe('guests', () => {
  it('stay while they are few, and the oldest go when they are many', () => {
    const [a, b, c] = KEYS.map(peerIdOfKey)
    const guests = createGuests({ max: 2, stayMs: 100 })
    guests.came(a!, 0)
    guests.came(b!, 10)
    assert.deepEqual(guests.look(1000), [])
    guests.came(c!, 1000)
    guests.came(a!, 1000)
    assert.deepEqual(guests.look(1000).map(String), [String(a)])
    guests.went(a!)
    assert.deepEqual([guests.look(2000), guests.count], [[], 2])
  })

  it('are given the time that a question takes', () => {
    const guests = createGuests({ max: 0, stayMs: 100 })
    guests.came(peerIdOfKey(KEYS[0]!), 0)
    assert.deepEqual([guests.look(99).length, guests.look(100).length], [0, 1])
  })
})

describe('whom the user asked for', () => {
  it('is the peer behind a relay, and not the relay', async () => {
    const [relay, peer] = KEYS
    const clock = createManualClock()
    const asked = createAsked({
      libp2p: { dial: () => assert.fail('it is not time yet'), getConnections: () => [] },
      clock,
      random: createRandom(1),
      foundAt: () => undefined,
      isContent: () => false,
      tried: () => {}
    })
    const through = `/ip4/192.0.2.1/tcp/1/p2p/${peerIdOfKey(relay!)}/p2p-circuit/p2p/${peerIdOfKey(peer!)}`
    asked.dial([multiaddr(through), multiaddr('/ip4/192.0.2.1/tcp/2')])
    assert.deepEqual(
      KEYS.map(key => asked.has(key)),
      [false, true, false]
    )
    await asked.stop()
    assert.equal(clock.pending, 0)
  })
})

describe('the watch for an answer', () => {
  it('tells once in each outage, after a while, and what was tried until then', () => {
    const clock = createManualClock()
    const lonely = createLonely(clock)
    assert.equal(lonely.look(0), undefined)
    lonely.tried(['/ip4/192.0.2.1/tcp/1', '/ip4/192.0.2.2/tcp/1'])
    lonely.tried(['/ip4/192.0.2.1/tcp/1'])
    clock.advance(6000)
    assert.equal(lonely.look(0), undefined)
    clock.advance(2000)
    const tried = ['/ip4/192.0.2.1/tcp/1', '/ip4/192.0.2.2/tcp/1']
    assert.deepEqual(lonely.look(0), { tried, before: false, forMs: 8000 })
    clock.advance(60_000)
    assert.equal(lonely.look(0), undefined)
    assert.equal(lonely.look(1), undefined)
    assert.equal(lonely.look(0), undefined)
    clock.advance(7000)
    assert.deepEqual(lonely.look(0), { tried: [], before: true, forMs: 7000 })
  })
})

describe('the names that a swarm is looked for by', () => {
  const key = Uint8Array.from({ length: 32 }, (_, i) => i)

  it('are the same for everybody who may know, and say nothing of the swarm', () => {
    assert.equal(mdnsTag({ swarmId: SWARM }), '_starlings-1e098284943911f86aefe922d1b7ac64._udp.local')
    assert.equal(
      rendezvousCid({ swarmId: SWARM }).toString(),
      'bafkreign3zhpdgeel5w5kqjzsdu4pomge7mf3qfwmqa5aixi645mth622y'
    )
    assert.equal(mdnsTag({ swarmId: SWARM, key }), '_starlings-16733d169a523c59a5e4390f0d36e568._udp.local')
    assert.equal(
      rendezvousCid({ swarmId: SWARM, key }).toString(),
      'bafkreifipda4d64q2ffgg6imxjaclvkb7rc4uto4m3rndurueahif45wxy'
    )
  })

  it('fit into a label of the DNS', () => {
    assert(mdnsTag({ swarmId: SWARM }).split('.')[0]!.length <= 63)
  })
})

describe('the order of addresses that were found near by', () => {
  const interfaces = {
    lo: [{ address: '127.0.0.1', netmask: '255.0.0.0', family: 'IPv4' as const }],
    eth0: [{ address: '192.168.7.20', netmask: '255.255.255.0', family: 'IPv4' as const }],
    docker0: [{ address: '172.17.0.1', netmask: '255.255.0.0', family: 'IPv4' as const }]
  }

  it('begins with a network that both are in, and has own addresses last', () => {
    const addresses = ['/ip4/172.17.0.1/tcp/1', '/ip4/10.0.0.3/tcp/1', '/ip6/fe80::1/tcp/1', '/ip4/192.168.7.3/tcp/1']
    const [far, other, sixth, near] = addresses
    assert.deepEqual(byNearness(addresses, interfaces), [near, far, other, sixth])
    assert.deepEqual(byNearness(addresses, {}), addresses)
  })
})
