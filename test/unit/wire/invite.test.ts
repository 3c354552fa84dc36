import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { multiaddr } from '@multiformats/multiaddr'
import fc from 'fast-check'
import { base64url } from 'multiformats/bases/base64'
import { concatBytes, fromHex, toHex } from '#src/core/bytes.js'
import { digest } from '#src/core/digest.js'
import { shortId } from '#src/core/protocol/short-id.js'
import { swarmDigest, swarmIdOf } from '#src/core/protocol/swarm-id.js'
import { DecodeError } from '#src/core/wire/error.js'
import {
  decodeInvite,
  encodeInvite,
  type Invite,
  inviteBytes,
  MAX_INVITE_ADDRESS_BYTES,
  MAX_INVITE_ADDRESSES,
  MAX_INVITE_BYTES,
  MAX_INVITE_PEERS
} from '#src/core/wire/invite.js'
import { InviteError, inviteLink, readInvite } from '#src/core/wire/invite-text.js'
import { isSafeKey } from '#src/core/wire/keys.js'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const plain = { noNullPrototype: true } as const
const peer = fc.record(
  {
    key: bytes(32).filter(isSafeKey),
    addresses: fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: MAX_INVITE_ADDRESSES })
  },
  plain
)
const invite: fc.Arbitrary<Invite> = fc
  .record(
    {
      swarm: bytes(32),
      key: fc.option(bytes(32)),
      staleDay: fc.integer({ min: 0, max: 1_000_000 }),
      peers: fc.array(peer, { maxLength: MAX_INVITE_PEERS })
    },
    plain
  )
  .filter(({ peers }) => size(peers) < MAX_INVITE_BYTES - 80)

function size(peers: Invite['peers']): number {
  return peers.reduce((sum, { addresses }) => addresses.reduce((all, one) => all + one.length + 1, sum + 33), 0)
}

const SMALL: Invite = {
  swarm: digest(Uint8Array.of(1)),
  key: digest(Uint8Array.of(2)),
  staleDay: 20_000,
  peers: [{ key: fromHex('8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c'), addresses: [] }]
}
const PAGE = 'https://flock.example/play/'
const LINK = inviteLink(SMALL, PAGE)
const TEXT = LINK.slice(PAGE.length + 1)

function fault(text: string): string {
  try {
    readInvite(text)
  } catch (error) {
    assert.ok(error instanceof InviteError, String(error))
    assert.match(error.message, /^[A-Z].*\.$/, 'a sentence')
    return error.fault
  }
  return 'none'
}

/** With a checksum that fits. */
function sealed(body: Uint8Array): Uint8Array {
  return concatBytes(body, digest(body).subarray(0, 4))
}

describe('an invite', () => {
  it('comes back as it was, by bytes and by link', () => {
    fc.assert(
      fc.property(invite, fc.option(fc.webUrl()), (made, page) => {
        assert.deepEqual(decodeInvite(encodeInvite(made)), made)
        assert.equal(inviteBytes(made), encodeInvite(made).length)
        assert.deepEqual(readInvite(inviteLink(made, page ?? undefined)), made)
      })
    )
  })

  it('has one encoding: other bytes are another invite or none', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), body => {
        try {
          assert.deepEqual(encodeInvite(decodeInvite(sealed(body))), sealed(body))
        } catch (error) {
          assert.ok(error instanceof DecodeError, String(error))
        }
      })
    )
  })

  it('refuses anything else with a sentence, whatever is pasted (I7)', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), text => void fault(text)))
    fc.assert(fc.property(fc.base64String(), text => void fault(text)))
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), body => void fault(base64url.baseEncode(sealed(body)))))
  })

  it('notices every character that was changed, and every one that was lost at the end', () => {
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    fc.assert(
      fc.property(fc.nat(TEXT.length - 1), fc.nat(63), (at, letter) => {
        const changed = TEXT.slice(0, at) + letters[letter] + TEXT.slice(at + 1)
        assert.equal(fault(changed) === 'none', changed === TEXT)
      })
    )
    for (let length = 3; length < TEXT.length; length++)
      assert.equal(fault(`${PAGE}#${TEXT.slice(0, length)}`), 'truncated', `${length} characters`)
  })

  const mangled: readonly [string, string][] = [
    ['alone', TEXT],
    ['with the scheme', `starlings:${TEXT}`],
    ['with another scheme behind slashes', `STARLINGS://${TEXT}`],
    ['with spaces around', `  ${LINK}\n`],
    ['broken into lines', LINK.replace(/(.{40})/g, '$1\r\n')],
    ['broken into quoted lines', `> ${LINK.replace(/(.{40})/g, '$1\n> ')}`],
    ['in angle brackets', `<${LINK}>`],
    ['in quotation marks', `“${LINK}”`],
    ['at the end of a sentence', `${LINK}).`],
    ['with spaces of no width', LINK.replace(/(.{30})/g, '$1\u200b')],
    ['with padding', `${LINK}==`],
    ['in the other alphabet', `${PAGE}#${TEXT.replaceAll('-', '+').replaceAll('_', '/')}`],
    ['on another page, whose address has a #', `https://other.example/#/join#${TEXT}`]
  ]
  for (const [how, text] of mangled) {
    it(`is read ${how}`, () => assert.deepEqual(readInvite(text), SMALL))
  }

  const refused: readonly [string, string, string][] = [
    ['nothing', '', 'no-invite'],
    ['only spaces', ' \n\t', 'no-invite'],
    ['a link without its end', PAGE, 'truncated'],
    ['a link that ends with the #', `${PAGE}#`, 'truncated'],
    ['a sentence', 'please join our swarm! it is great', 'no-invite'],
    ['a word', 'starlings', 'unknown-version'],
    ['small letters only', LINK.toLowerCase(), 'unknown-version'],
    ['a book', 'x'.repeat(20_000), 'too-long'],
    ['a page of letters', 'A'.repeat(2000), 'too-long'],
    ['a later version', base64url.baseEncode(sealed(Uint8Array.of(2, 0))), 'unknown-version'],
    ['something behind', base64url.baseEncode(concatBytes(encodeInvite(SMALL), Uint8Array.of(0))), 'garbled']
  ]
  for (const [what, text, expected] of refused) {
    it(`is not ${what}`, () => assert.equal(fault(text), expected))
  }

  it('refuses keys of small order and flags of later versions', () => {
    const reason = (body: Uint8Array): string => {
      try {
        decodeInvite(sealed(body))
      } catch (error) {
        if (error instanceof DecodeError) return error.reason
      }
      return 'none'
    }
    const [key] = [new Uint8Array(32)]
    assert.equal(
      reason(concatBytes(Uint8Array.of(1, 0), SMALL.swarm, Uint8Array.of(0, 1), key, Uint8Array.of(0))),
      'unsafe-key'
    )
    assert.equal(reason(concatBytes(Uint8Array.of(1, 2), SMALL.swarm, Uint8Array.of(0, 0))), 'out-of-range')
  })

  it('holds no more than it may', () => {
    const [peer] = SMALL.peers
    assert.ok(peer)
    const many = (count: number): Invite => ({ ...SMALL, peers: Array.from({ length: count }, () => peer) })
    assert.equal(decodeInvite(encodeInvite(many(MAX_INVITE_PEERS))).peers.length, MAX_INVITE_PEERS)
    assert.throws(() => encodeInvite(many(MAX_INVITE_PEERS + 1)), RangeError)
    const long = (length: number, count: number): Invite => ({
      ...SMALL,
      peers: [{ ...peer, addresses: Array.from({ length: count }, () => new Uint8Array(length)) }]
    })
    assert.throws(() => encodeInvite(long(MAX_INVITE_ADDRESS_BYTES + 1, 1)), RangeError)
    assert.throws(() => encodeInvite(long(1, MAX_INVITE_ADDRESSES + 1)), RangeError)
    assert.throws(() => encodeInvite(long(MAX_INVITE_ADDRESS_BYTES, MAX_INVITE_ADDRESSES)), RangeError)
  })

  it('is what the frozen bytes say', async () => {
    const vectors = JSON.parse(await readFile('test/vectors/invite.json', 'utf8')) as Vector[]
    assert.ok(vectors.length > 0)
    for (const vector of vectors) {
      const read = decodeInvite(fromHex(vector.bytes))
      assert.deepEqual(readInvite(vector.link), read)
      assert.deepEqual(readInvite(vector.withoutPage), read)
      assert.equal(swarmIdOf(read.swarm), vector.swarm)
      assert.deepEqual(shortId(read.swarm), vector.words)
      assert.equal(read.key && toHex(read.key), vector.key)
      const peers = read.peers.map(({ key, addresses }) => ({
        key: toHex(key),
        addresses: addresses.map(address => multiaddr(address).toString())
      }))
      assert.deepEqual(peers, vector.peers)
    }
  })
})

interface Vector {
  readonly swarm: string
  readonly words: readonly string[]
  readonly key: string | null
  readonly peers: readonly { readonly key: string; readonly addresses: readonly string[] }[]
  readonly bytes: string
  readonly link: string
  readonly withoutPage: string
}

describe('the short id of a swarm', () => {
  it('is the first 66 bits, in the words of BIP 39', () => {
    const zeros = new Uint8Array(32)
    assert.deepEqual(shortId(zeros), Array(6).fill('abandon'))
    assert.deepEqual(shortId(new Uint8Array(32).fill(255)), Array(6).fill('zoo'))
    // Bit 65 is the last that counts.
    const last = zeros.slice()
    last[8] = 0b0100_0000
    assert.equal(shortId(last)[5], 'ability')
    last[8] = 0b0010_0000
    assert.deepEqual(shortId(last), shortId(zeros))
  })

  it('differs wherever the 66 bits do', () => {
    fc.assert(
      fc.property(bytes(32), fc.nat(65), (swarm, bit) => {
        const other = swarm.slice()
        other[bit >>> 3]! ^= 128 >>> (bit & 7)
        assert.notDeepEqual(shortId(other), shortId(swarm))
      })
    )
  })

  it('goes from id to bytes and back', () => {
    fc.assert(fc.property(bytes(32), swarm => assert.deepEqual(swarmDigest(swarmIdOf(swarm)), swarm)))
    assert.throws(() => swarmDigest('bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'), TypeError)
    assert.throws(() => swarmDigest('12D3KooW'), TypeError)
  })
})
