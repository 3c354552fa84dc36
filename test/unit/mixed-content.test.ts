import assert from 'node:assert/strict'
import { multiaddr } from '@multiformats/multiaddr'
import { isMixedContent, withoutMixedContent } from '#src/net/mixed-content.js'

const ID = '12D3KooWFHPAQThoHk48sm21aQGq7qH9AEaMhTu5m73fwtmxrFRt'
const HASH = 'uEiDDq4_xNyDorZBH3TlGazyJdOWSwvo4PUo5YHFMrvDE8g'
const MIXED = ['/ip4/192.0.2.7/tcp/4002/ws', `/ip6/2001:db8::1/tcp/4002/ws/p2p/${ID}`, '/dns4/flock.example/tcp/80/ws']
const FINE = [
  '/dns4/flock.example/tcp/443/wss',
  '/dns4/flock.example/tcp/443/tls/ws',
  '/dns4/flock.example/tcp/443/tls/sni/flock.example/ws',
  `/ip4/192.0.2.7/udp/4003/webrtc-direct/certhash/${HASH}`,
  '/ip4/127.0.0.1/tcp/4002/ws',
  '/ip6/::1/tcp/4002/ws',
  // Of two peers that know each other through a relay to which there is a connection already.
  `/ip4/192.0.2.7/tcp/4002/ws/p2p/${ID}/p2p-circuit/webrtc/p2p/${ID}`
]

describe('what an https page may not dial', () => {
  it('are WebSockets without TLS to other machines', () => {
    for (const text of MIXED) assert.equal(isMixedContent(multiaddr(text)), true, text)
    for (const text of FINE) assert.equal(isMixedContent(multiaddr(text)), false, text)
  })

  it('is not dialled there, and elsewhere it is; what the gater denies stays denied', async () => {
    const [mixed, fine] = [multiaddr(MIXED[0]!), multiaddr(FINE[0]!)]
    const open = { denyDialMultiaddr: () => false }
    const shut = { denyDialMultiaddr: () => true }
    assert.equal(await withoutMixedContent(open, 'https:').denyDialMultiaddr?.(mixed), true)
    assert.equal(await withoutMixedContent(open, 'https:').denyDialMultiaddr?.(fine), false)
    assert.equal(await withoutMixedContent(shut, 'https:').denyDialMultiaddr?.(fine), true)
    for (const protocol of ['http:', undefined])
      assert.equal(await withoutMixedContent(open, protocol).denyDialMultiaddr?.(mixed), false)
  })
})
