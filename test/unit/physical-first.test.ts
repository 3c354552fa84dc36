import assert from 'node:assert/strict'
import { multiaddr } from '@multiformats/multiaddr'
import { announced } from '#src/net/address-order.js'
import { chooseAddresses } from '#src/net/invite.js'
import { physicalFirst } from '#src/node/libp2p/physical-first.js'

const INTERFACES = {
  lo: [{ address: '127.0.0.1' }],
  'br-0123456789ab': [{ address: '172.18.0.1' }],
  docker0: [{ address: '172.17.0.1' }],
  wlan0: [{ address: '192.168.1.7' }, { address: 'fd00::7' }],
  brdcast0: [{ address: '10.0.0.9' }]
}

describe('bridges of containers', () => {
  const on = (...hosts: readonly string[]) =>
    hosts.map(host => multiaddr(`/ip${host.includes(':') ? 6 : 4}/${host}/tcp/4001`))

  it('come last, and all else stays in its order', () => {
    const addresses = on('172.18.0.1', '10.0.0.9', '172.17.0.1', '192.168.1.7', 'fd00::7', '172.20.0.1')
    assert.deepEqual(
      physicalFirst(addresses, INTERFACES).map(String),
      on('10.0.0.9', '192.168.1.7', 'fd00::7', '172.20.0.1', '172.18.0.1', '172.17.0.1').map(String)
    )
  })

  it('are not what an invite names first', () => {
    const told = announced(physicalFirst(on('172.17.0.1', '172.18.0.1', '192.168.1.7'), INTERFACES)).map(String)
    assert.equal(chooseAddresses({ key: '01'.repeat(32), addresses: told }, { max: 1 })[0], '/ip4/192.168.1.7/tcp/4001')
  })
})
