import assert from 'node:assert/strict'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { multiaddr } from '@multiformats/multiaddr'
import { toHex } from '#src/core/bytes.js'
import { digest } from '#src/core/digest.js'
import { swarmIdOf } from '#src/core/protocol/swarm-id.js'
import {
  encodeInvite,
  inviteBytes,
  MAX_INVITE_ADDRESSES,
  MAX_INVITE_BYTES,
  MAX_INVITE_PEERS
} from '#src/core/wire/invite.js'
import { peerIdOfKey } from '#src/net/identity.js'
import { chooseAddresses, makeInvite, peersOf, staleFrom, widthOf, widthOfInvite } from '#src/net/invite.js'

const PUBLIC = '/ip4/8.8.4.4/tcp/4001'
const LAN = '/ip4/192.168.1.5/tcp/4001'
const LOOPBACK = '/ip4/127.0.0.1/tcp/4001'
const swarmId = swarmIdOf(digest(Uint8Array.of(1)))

async function keyOf(seed: number): Promise<string> {
  const pair = await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(seed))
  return toHex(pair.publicKey.raw)
}

describe('addresses of an invite', () => {
  it('tells how far away somebody may be who dials them', () => {
    const cases: [string, string][] = [
      [PUBLIC, 'anywhere'],
      ['/dns4/flock.example/tcp/443', 'anywhere'],
      ['/ip6/2a00:1450::1/tcp/4001', 'anywhere'],
      [LAN, 'network'],
      ['/ip4/10.1.2.3/tcp/1', 'network'],
      ['/ip4/169.254.1.1/tcp/1', 'network'],
      ['/ip4/100.64.0.1/tcp/1', 'network'],
      ['/ip6/fd00::1/tcp/1', 'network'],
      [LOOPBACK, 'machine'],
      ['/ip6/::1/tcp/1', 'machine'],
      ['/dns4/localhost/tcp/1', 'machine']
    ]
    for (const [address, width] of cases) assert.equal(widthOf(address), width, address)
  })

  const choose = async (addresses: readonly string[], options?: { readonly max: number }) =>
    chooseAddresses({ key: await keyOf(1), addresses }, options)

  it('are those that most can dial first, and the own machine only when there is nothing else', async () => {
    assert.deepEqual(await choose([LOOPBACK, LAN, PUBLIC]), [PUBLIC, LAN])
    assert.deepEqual(await choose([LOOPBACK]), [LOOPBACK])
    assert.deepEqual(await choose([]), [])
  })

  const at = (host: string, port: number) => ({
    tcp: `/ip4/${host}/tcp/${port}`,
    ws: `/ip4/${host}/tcp/${port + 1}/ws`,
    direct: `/ip4/${host}/udp/${port}/webrtc-direct/certhash/uEiDjsMRCmPwcFJr79MiZb7kkJ65B5GSbk0yklZkbeFK4VQ`
  })

  it('are of each kind once before any kind comes twice, those for pages first where pages read them', async () => {
    const [far, near] = [at('8.8.4.4', 4001), at('192.168.1.5', 4001)]
    const second = '/ip4/192.168.2.9/tcp/4001'
    const relay = `${far.tcp}/p2p/${peerIdOfKey(await keyOf(2))}/p2p-circuit`
    const wss = '/dns4/flock.example/tcp/443/tls/ws'
    const all = [second, near.ws, near.direct, relay, near.tcp, far.direct, wss, far.tcp].reverse()
    assert.deepEqual(await choose(all, { max: 8 }), [
      far.tcp,
      far.direct,
      wss,
      relay,
      near.tcp,
      near.direct,
      near.ws,
      second
    ])
    const forPages = chooseAddresses({ key: await keyOf(1), addresses: all }, { max: 3, forPages: true })
    assert.deepEqual(forPages, [far.direct, wss, relay])
  })

  it('lead through relays that a newcomer can dial, and through no others', async () => {
    const through = `/p2p/${peerIdOfKey(await keyOf(2))}/p2p-circuit/webrtc`
    assert.deepEqual(await choose([through, PUBLIC + through]), [PUBLIC + through])
  })

  it('are never ones that cannot be dialled', async () => {
    assert.deepEqual(await choose(['/ip4/0.0.0.0/tcp/4001', '/ip4/192.168.1.5/tcp/0', 'rubbish', '/unix/a']), [])
  })

  it('leave the own id out, which the invite holds already', async () => {
    const id = peerIdOfKey(await keyOf(1)).toString()
    assert.deepEqual(await choose([`${LAN}/p2p/${id}`, LAN]), [LAN])
  })

  it('are not more than have room', async () => {
    const many = Array.from({ length: 20 }, (_, i) => `/ip4/192.168.1.${i}/tcp/4001`)
    assert.equal((await choose(many)).length, MAX_INVITE_ADDRESSES)
    assert.equal((await choose(many, { max: 2 })).length, 2)
  })
})

describe('an invite of a peer', () => {
  it('names the peer and its neighbours, and is read with their ids', async () => {
    const [a, b] = [await keyOf(1), await keyOf(2)]
    const key = digest(Uint8Array.of(9))
    const made = makeInvite({
      swarmId,
      key,
      staleAt: Date.UTC(2027, 0, 2, 13),
      peers: [
        { key: a, addresses: [LOOPBACK, LAN] },
        { key: b, addresses: [PUBLIC] }
      ]
    })
    assert.deepEqual(made.key, key)
    assert.equal(staleFrom(made)?.toISOString(), '2027-01-02T00:00:00.000Z')
    assert.deepEqual(peersOf(made), [
      { key: a, addresses: [`${LAN}/p2p/${peerIdOfKey(a)}`] },
      { key: b, addresses: [`${PUBLIC}/p2p/${peerIdOfKey(b)}`] }
    ])
    assert.equal(widthOfInvite(made), 'anywhere')
  })

  it('says nothing of peers that nobody can dial', async () => {
    const made = makeInvite({ swarmId, peers: [{ key: await keyOf(1), addresses: [] }] })
    assert.deepEqual(made.peers, [])
    assert.equal(widthOfInvite(made), undefined)
    assert.equal(staleFrom(made), null)
  })

  it('fits whatever room there is, the first peers first', async () => {
    const peers = await Promise.all(
      Array.from({ length: 12 }, async (_, i) => ({
        key: await keyOf(i),
        addresses: Array.from({ length: 8 }, (_, j) => `/ip6/2a00:1450::${i}:${j}/tcp/4001`)
      }))
    )
    for (let maxBytes = 40; maxBytes <= MAX_INVITE_BYTES + 100; maxBytes += 7) {
      const made = makeInvite({ swarmId, peers, maxBytes })
      assert.ok(inviteBytes(made) <= maxBytes)
      assert.equal(encodeInvite(made).length, inviteBytes(made))
      assert.deepEqual(
        peersOf(made).map(({ key }) => key),
        peers.slice(0, made.peers.length).map(({ key }) => key)
      )
    }
    assert.equal(makeInvite({ swarmId, peers }).peers.length, MAX_INVITE_PEERS)
  })

  it('is read without the addresses of kinds that are unknown here', async () => {
    const made = makeInvite({ swarmId, peers: [{ key: await keyOf(1), addresses: [LAN] }] })
    const later = made.peers.map(peer => ({
      ...peer,
      addresses: [Uint8Array.of(0xff, 0xff, 0x03, 1), multiaddr('/ip4/192.168.1.5/udp/53').bytes, ...peer.addresses]
    }))
    assert.equal(peersOf({ ...made, peers: later })[0]?.addresses.length, 1)
  })
})
