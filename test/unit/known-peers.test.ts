import assert from 'node:assert/strict'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { PeerRecord, RecordEnvelope } from '@libp2p/peer-record'
import { multiaddr } from '@multiformats/multiaddr'
import { toHex } from '#src/core/bytes.js'
import { keepKnownPeers } from '#src/member/known-peers.js'
import type { Contact } from '#src/net/contacts.js'
import { createIdentity, generateIdentity } from '#src/net/identity.js'
import { decodeKnownPeers, encodeKnownPeers } from '#src/net/known-peers.js'
import { MAX_ADDRESSES, MAX_RECORD_BYTES, openPeerRecord } from '#src/net/peer-record.js'
import { createManualClock } from '../support/net-clock.js'

const NOW = 5000
const OFFSET = 1_700_000_000_000

describe('the peers that were met, from one run to the next', () => {
  async function contact(init: Partial<Contact> = {}): Promise<Contact> {
    const { privateKey, identity } = await generateIdentity()
    const address = '/ip4/192.0.2.7/tcp/4001'
    const record = new PeerRecord({ peerId: peerIdFromPrivateKey(privateKey), multiaddrs: [multiaddr(address)] })
    const opened = await openPeerRecord((await RecordEnvelope.seal(record, privateKey)).marshal(), identity.verify)
    assert(typeof opened === 'object')
    return {
      key: identity.key,
      addresses: [address],
      record: opened,
      seenAt: 4000,
      met: true,
      toldBy: undefined,
      failures: 3,
      failedAt: 4500,
      ...init
    }
  }
  const verify = async () => createIdentity((await generateIdentity()).privateKey).verify
  const decode = async (bytes: Uint8Array, now = NOW) => decodeKnownPeers(bytes, await verify(), OFFSET, now)
  const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

  it('are the same, forgiven', async () => {
    const [met, named, heard] = [
      await contact(),
      await contact({ addresses: ['/dns4/example.org/tcp/4001'], record: undefined }),
      await contact({ met: false })
    ]
    const restored = await decode(encodeKnownPeers([met, named, heard], OFFSET))
    assert.deepEqual(restored, [
      { ...met, failures: 0, failedAt: NOW },
      { ...named, failures: 0, failedAt: NOW }
    ])
  })

  it('come back however long their addresses are, and a full book of the largest of them', async () => {
    const hash = 'uEiDDq4_xNyDorZBH3TlGazyJdOWSwvo4PUo5YHFMrvDE8g'
    const relay = '/p2p/12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5/p2p-circuit/webrtc'
    const direct = '/ip6/2001:db8:85a3:1111:2222:8a2e:3333:7334/udp/65535/webrtc-direct/certhash'
    const longest = `${direct}/${hash}/certhash/${hash}${relay}`
    const hostile = `${direct}/u${Buffer.concat([Buffer.of(0x12, 0x20), Buffer.alloc(600)]).toString('base64url')}`
    const named = `/dns4/${'a.'.repeat(200)}org/tcp/443/tls/sni/${'b.'.repeat(100)}org/ws`
    const [met, lying] = [await contact({ addresses: [longest, named] }), await contact({ addresses: [hostile] })]
    const restored = await decode(encodeKnownPeers([met, lying], OFFSET))
    assert.deepEqual(
      restored.map(({ key, addresses }) => [key, addresses]),
      [[met.key, [longest]]]
    )

    const bytes = new Uint8Array(MAX_RECORD_BYTES)
    const addresses = Array.from({ length: MAX_ADDRESSES }, (_, i) => longest.replace('65535', `${60_000 + i}`))
    const book = Array.from({ length: 256 }, (_, i) => ({
      ...met,
      addresses,
      key: i.toString(16).padStart(64, '0'),
      record: { ...met.record!, bytes }
    }))
    assert.equal((await decode(encodeKnownPeers(book, OFFSET))).length, 256)
  })

  it('were not seen in the future, though the wall clock was set back', async () => {
    const [restored] = await decode(encodeKnownPeers([await contact({ seenAt: 9000 })], OFFSET), NOW)
    assert.equal(restored?.seenAt, NOW)
  })

  it('keep their place, but not a record that is not theirs, nor addresses that are none', async () => {
    const [a, b] = [await contact(), await contact()]
    const bytes = Uint8Array.from(a.record!.bytes)
    bytes[bytes.length - 1]! ^= 1
    const peer = { key: a.key, addresses: a.addresses, seen: OFFSET }
    for (const record of [toHex(bytes), toHex(b.record!.bytes), '00'])
      assert.equal((await decode(json({ version: 1, peers: [{ ...peer, record }] })))[0]?.record, undefined)
    assert.deepEqual(
      await decode(json({ version: 1, peers: [{ ...peer, addresses: ['rubbish', '/ip4/1.2.3.4'] }] })),
      []
    )
  })

  it('are refused by name when they are none', async () => {
    const peer = { key: 'ab'.repeat(32), addresses: ['/ip4/192.0.2.7/tcp/1'], seen: 0 }
    const cases: readonly [Uint8Array, RegExp][] = [
      [new TextEncoder().encode('{"version":1,'), /known peers: not JSON/],
      [Uint8Array.of(0xff, 0xfe), /known peers: not JSON/],
      [json(null), /known peers: the whole: /],
      [json({ version: 2, peers: [] }), /known peers: version/],
      [json({ version: 1, peers: [{ ...peer, key: 'AB' }] }), /known peers: peers\.0\.key: a key has 64 hex digits/],
      [json({ version: 1, peers: [{ ...peer, seen: 0.5 }] }), /peers\.0\.seen/],
      [json({ version: 1, peers: [{ ...peer, addresses: [] }] }), /peers\.0\.addresses/],
      [json({ version: 1, peers: Array.from({ length: 1025 }, () => peer) }), /peers/],
      [new Uint8Array(2 ** 22 + 1), /4194305 bytes, more than/]
    ]
    for (const [bytes, message] of cases) await assert.rejects(decode(bytes), { name: 'KnownPeersError', message })
  })
})

describe('the list of known peers', () => {
  it('is written once at a time, and not any more when it was stopped', async () => {
    const clock = createManualClock()
    let writing = 0
    let most = 0
    const written: string[] = []
    let finish = () => {}
    const place = {
      readPeers: async () => undefined,
      async writePeers(bytes: Uint8Array) {
        most = Math.max(most, ++writing)
        await new Promise<void>(resolve => {
          finish = resolve
        })
        writing--
        written.push(new TextDecoder().decode(bytes))
      }
    }
    const met = ['a']
    const book = {
      met: () => met,
      snapshot: () => new TextEncoder().encode(met.join()),
      restore: async () => {}
    }
    const turn = () => new Promise(resolve => setImmediate(resolve))
    const known = await keepKnownPeers(book, place, clock)
    clock.advance(60_000)
    await turn()
    met.push('b')
    clock.advance(60_000)
    const stopped = known.stop()
    await turn()
    assert.equal(writing, 1)
    for (let i = 0; i < 3; i++) {
      finish()
      await turn()
    }
    await stopped
    assert.deepEqual([most, writing, clock.pending], [1, 0, 0])
    assert.equal(written.at(-1), 'a,b')
  })
})
