import assert from 'node:assert/strict'
import { lanAddresses, placesOf } from '#src/node/serve/addresses.js'
import { placesInWords, plainInWords } from '#src/node/serve/words.js'

const LAN = ['192.0.2.7', '2001:db8::7']

describe('where the page can be opened', () => {
  it('lists addresses that others can use, IPv4 first', () => {
    const rest = { netmask: '', mac: '', cidr: null }
    const four = (address: string, internal = false) => ({ ...rest, address, internal, family: 'IPv4' }) as const
    const six = (address: string) => ({ ...rest, address, internal: false, family: 'IPv6', scopeid: 0 }) as const
    const found = lanAddresses({
      lo: [four('127.0.0.1', true)],
      eth0: [six('2001:db8::7'), six('fe80::1'), four('192.0.2.7')],
      eth1: [four('169.254.3.4')]
    })
    assert.deepEqual(found, LAN)
  })

  it('tells a machine’s own address from those of its network', () => {
    assert.deepEqual(
      placesOf('0.0.0.0', 8080, false, LAN).map(({ url, full }) => [url, full]),
      [
        ['http://localhost:8080/', true],
        ['http://192.0.2.7:8080/', false]
      ]
    )
    assert.deepEqual(
      placesOf('::', 8443, true, LAN).map(({ url, full }) => [url, full]),
      [
        ['https://localhost:8443/', true],
        ['https://192.0.2.7:8443/', true],
        ['https://[2001:db8::7]:8443/', true]
      ]
    )
    assert.deepEqual(placesOf('127.0.0.1', 80, false, LAN), [
      { url: 'http://127.0.0.1:80/', who: 'this machine', full: true }
    ])
  })

  it('says what is missing over plain http, and nothing where nothing is', () => {
    const open = placesOf('0.0.0.0', 8080, false, LAN)
    assert.match(placesInWords(open).join('\n'), /192\.0\.2\.7:8080\/ .*cannot take part/)
    assert.match(plainInWords(open).join('\n'), /starlings serve --https/)
    assert.deepEqual(plainInWords(placesOf('127.0.0.1', 8080, false, LAN)), [])
    assert.deepEqual(plainInWords(placesOf('0.0.0.0', 8080, true, LAN)), [])
  })
})
