import assert from 'node:assert/strict'
import { multiaddr } from '@multiformats/multiaddr'
import { ownAddresses } from '#src/node/libp2p/own-addresses.js'

describe('the addresses that a node tells others', () => {
  it('are all that it listens on, public ones without a witness included', () => {
    const listening = [multiaddr('/ip4/127.0.0.1/tcp/4001'), multiaddr('/ip4/8.8.4.4/tcp/4001')]
    const events = new EventTarget()
    const confirmed: string[] = []
    ownAddresses({
      events: { addEventListener: (name, listener) => events.addEventListener(name, listener) },
      transportManager: { getAddrs: () => listening },
      addressManager: { confirmObservedAddr: (address, { type }) => confirmed.push(`${address} ${type}`) }
    })
    events.dispatchEvent(new Event('transport:listening'))
    assert.deepEqual(
      confirmed,
      listening.map(address => `${address} transport`)
    )
  })
})
