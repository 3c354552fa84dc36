import assert from 'node:assert/strict'
import { multiaddr } from '@multiformats/multiaddr'
import {
  isDialable,
  isPrivate,
  kindOf,
  parseListenAddress,
  parsePeerAddress,
  relayOf,
  withoutPeer
} from '#src/net/address.js'
import { announced, dialOrder } from '#src/net/address-order.js'
import { MAX_ADDRESSES } from '#src/net/peer-record.js'

/** Two Ed25519 peers, and one that is not. */
const RELAY = '12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5'
const PEER = '12D3KooWJWoaqZhDaoEFshF7Rh1bpY9ohihFhzcW6d69Lr2NASuq'
const SECP = '16Uiu2HAm6HWwJS1RzQMJn5FQaR3xnpuQQ2Kfkx43LWwN9s2hn3Ds'
const HASH = 'uEiDDq4_xNyDorZBH3TlGazyJdOWSwvo4PUo5YHFMrvDE8g'
const DIRECT = [
  '/ip4/11.2.3.4/tcp/4001',
  '/ip4/11.2.3.4/tcp/4002/ws',
  `/ip4/11.2.3.4/udp/4001/webrtc-direct/certhash/${HASH}`,
  '/ip6/2a00::1/tcp/4001'
] as const

describe('an address', () => {
  const relayed = DIRECT.flatMap(base => [
    `${base}/p2p/${RELAY}/p2p-circuit`,
    `${base}/p2p/${RELAY}/p2p-circuit/webrtc`
  ])

  it('of each kind is dialled on the word of a neighbour, with and without the name of the peer', () => {
    for (const text of [...DIRECT, ...relayed, `/p2p/${RELAY}/p2p-circuit/webrtc`])
      for (const address of [text, `${text}/p2p/${PEER}`]) assert.equal(isDialable(multiaddr(address)), true, address)
  })

  it('with a name in the place of numbers is dialled on the word of the user only', () => {
    for (const text of [
      '/dns4/example.org/tcp/443/tls/ws',
      '/dns/example.org/tcp/443/wss',
      '/dns4/example.org/tcp/1'
    ]) {
      assert.equal(parsePeerAddress(text).toString(), multiaddr(text).toString())
      assert.equal(isDialable(multiaddr(text)), false)
    }
  })

  it('is refused from others when it is of many hosts, of port 0, of an unknown kind, or of a relay without a name', () => {
    for (const text of [
      '/ip4/239.255.255.250/udp/1900/webrtc-direct',
      `/ip4/239.255.255.250/udp/1900/webrtc-direct/certhash/${HASH}`,
      '/ip4/0.0.0.0/tcp/4001/ws',
      '/ip4/11.2.3.4/tcp/0',
      '/ip4/11.2.3.4/udp/4001',
      '/ip4/11.2.3.4/udp/4001/quic-v1',
      '/ip4/11.2.3.4/udp/4001/webrtc-direct',
      '/ip4/11.2.3.4/tcp/4001/p2p-circuit',
      '/p2p-circuit',
      '/webrtc',
      `/p2p/${RELAY}`,
      `/ip4/11.2.3.4/tcp/4001/p2p/${SECP}/p2p-circuit`,
      `/ip4/11.2.3.4/tcp/4001/p2p/${RELAY}/p2p-circuit/p2p/${PEER}/p2p-circuit`,
      `/ip4/11.2.3.4/tcp/4001/p2p/${RELAY}/p2p-circuit/webrtc/p2p/${PEER}/ws`
    ])
      assert.equal(isDialable(multiaddr(text)), false, text)
  })

  it('is refused from others when it is longer than any that is of use', () => {
    const hash = `u${Buffer.concat([Buffer.of(0x12, 0x20), Buffer.alloc(600)]).toString('base64url')}`
    assert.equal(isDialable(multiaddr(`/ip4/11.2.3.4/udp/4001/webrtc-direct/certhash/${hash}`)), false)
    const longest = `/ip6/2a00:1111:2222:3333:4444:5555:6666:7777/udp/4001/webrtc-direct/certhash/${HASH}/certhash/${HASH}`
    assert.equal(isDialable(multiaddr(`${longest}/p2p/${RELAY}/p2p-circuit/webrtc/p2p/${PEER}`)), true)
  })

  it('that a person types is refused with words about what is wrong', () => {
    for (const [text, words] of [
      ['/ip4/11.2.3.4/udp/4001/webrtc-direct', /certhash/],
      [`/ip4/11.2.3.4/tcp/4001/p2p/${RELAY}/p2p-circuit`, /ends with \/p2p/],
      [`/ip4/11.2.3.4/tcp/4001/p2p/${RELAY}/p2p-circuit/p2p/${SECP}`, /not an Ed25519 peer/],
      ['/ip4/11.2.3.4/tcp/0/ws', /port 0/],
      ['11.2.3.4:4001', /it looks like/]
    ] as const)
      assert.throws(() => parsePeerAddress(text), { name: 'TypeError', message: words })
    for (const [text, words] of [
      ['/ip4/0.0.0.0/tcp/0/tls/ws', /proxy/],
      ['/dns4/example.org/udp/0/webrtc-direct', /IP address/],
      [`/ip4/0.0.0.0/udp/0/webrtc-direct/certhash/${HASH}`, /nothing more/],
      ['/ip4/0.0.0.0/udp/0', /it looks like/]
    ] as const)
      assert.throws(() => parseListenAddress(text), { name: 'TypeError', message: words })
  })

  it('tells how a connection travels', () => {
    assert.deepEqual(
      [...DIRECT, ...relayed.slice(0, 2), '/webrtc', '/memory/a'].map(text => kindOf(multiaddr(text))),
      ['tcp', 'websocket', 'webrtc-direct', 'tcp', 'relayed', 'webrtc', 'webrtc', 'unknown']
    )
    assert.equal(relayOf(multiaddr(`${relayed[0]}/p2p/${PEER}`)), RELAY)
    assert.equal(relayOf(multiaddr(`${DIRECT[0]}/p2p/${PEER}`)), undefined)
    assert.equal(withoutPeer(multiaddr(`${relayed[1]}/p2p/${PEER}`)), relayed[1])
  })

  it('is private when it means something in one network only', () => {
    const hosts = ['10.1.2.3', '172.16.0.1', '172.31.9.9', '192.168.1.1', '169.254.0.1', '100.64.0.1', '127.0.0.1']
    for (const host of hosts) assert.equal(isPrivate(`/ip4/${host}/tcp/1`), true, host)
    for (const host of ['11.1.2.3', '172.15.0.1', '172.32.0.1', '192.169.1.1', '100.128.0.1', '8.8.8.8'])
      assert.equal(isPrivate(`/ip4/${host}/tcp/1`), false, host)
    assert.equal(isPrivate('/ip6/fd00::1/tcp/1'), true)
    assert.equal(isPrivate('/ip6/2a00::1/tcp/1'), false)
  })
})

describe('the addresses of a peer', () => {
  it('are announced from far to near, one of each kind first, and not too many', () => {
    const wide = ['11.2.3.4', '10.0.0.7', '172.17.0.1', '192.168.1.2', '127.0.0.1'].flatMap(host => [
      `/ip4/${host}/tcp/1`,
      `/ip4/${host}/tcp/2/ws`,
      `/ip4/${host}/udp/1/webrtc-direct/certhash/${HASH}`
    ])
    const told = announced([...wide, `/ip4/11.9.9.9/tcp/1/p2p/${RELAY}/p2p-circuit/webrtc`].reverse().map(multiaddr))
    const texts = told.map(String)
    assert.equal(told.length, MAX_ADDRESSES)
    assert.deepEqual(
      texts.slice(0, 3).map(text => text.split('/')[2]),
      ['11.2.3.4', '11.2.3.4', '11.2.3.4']
    )
    assert.deepEqual(told.slice(0, 3).map(kindOf), ['tcp', 'websocket', 'webrtc-direct'])
    assert.equal(kindOf(told.at(-2)!), 'websocket', texts.join('\n'))
    assert.equal(kindOf(told.at(-1)!), 'webrtc')
    assert(!texts.some(text => text.includes('127.0.0.1')))
    assert.deepEqual(announced([multiaddr('/ip4/127.0.0.1/tcp/1')]).map(String), ['/ip4/127.0.0.1/tcp/1'])
  })

  it('through one relay are three, through all relays six', () => {
    const through = (relay: string, count: number) =>
      Array.from({ length: count }, (_, i) => multiaddr(`/ip4/11.0.0.${i}/tcp/1/p2p/${relay}/p2p-circuit`))
    assert.equal(announced(through(RELAY, 9)).length, 3)
    assert.equal(announced([...through(RELAY, 9), ...through(PEER, 9), ...through(SECP, 9)]).length, 6)
  })

  it('are dialled so that other networks’ private ones come last and introductions before relays', () => {
    const order = [
      '/ip4/11.2.3.4/tcp/1',
      '/ip4/11.2.3.4/tcp/2/ws',
      '/ip4/192.168.1.9/tcp/1',
      '/ip4/127.0.0.1/tcp/1',
      `/ip4/11.9.9.9/tcp/1/p2p/${RELAY}/p2p-circuit/webrtc`,
      `/ip4/11.9.9.9/tcp/1/p2p/${RELAY}/p2p-circuit`,
      '/ip4/10.0.0.7/tcp/1'
    ]
    const sorted = [...order]
      .reverse()
      .map(multiaddr)
      .sort(dialOrder(['/ip4/192.168.1.2/tcp/4001']))
    assert.deepEqual(sorted.map(String), order)
  })
})
