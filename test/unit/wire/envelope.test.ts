import assert from 'node:assert/strict'
import { generateKeyPair, generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { RecordEnvelope } from '@libp2p/peer-record'
import fc from 'fast-check'
import { concatBytes } from '#src/core/bytes.js'
import {
  CLAIM_PAYLOAD,
  decodeEnvelope,
  ENVELOPE_OVERHEAD_BYTES,
  encodeEnvelope,
  envelopeDomain,
  signingBytes,
  UPDATE_PAYLOAD
} from '#src/core/wire/envelope.js'
import { DecodeError } from '#src/core/wire/error.js'

const domain = envelopeDomain('bafyreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku')
const limits = { maxBytes: 10_000, payloadType: UPDATE_PAYLOAD }

async function seal(payload: Uint8Array, payloadType: Uint8Array = UPDATE_PAYLOAD) {
  const key = await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(9))
  const signature = await key.sign(signingBytes(domain, payloadType, payload))
  const author = key.publicKey.raw
  return { key, author, payload, signature, bytes: encodeEnvelope({ author, payloadType, payload, signature }) }
}

function reasonOf(bytes: Uint8Array, use = limits): string {
  try {
    decodeEnvelope(bytes, use)
    return 'none'
  } catch (error) {
    assert.ok(error instanceof DecodeError)
    return error.reason
  }
}

describe('envelope', () => {
  it('decodes what libp2p seals, to the byte', async () => {
    for (const length of [1, 127, 128, 5000]) {
      const key = await generateKeyPair('Ed25519')
      const payload = new Uint8Array(length).fill(length)
      const record = { domain, codec: UPDATE_PAYLOAD, marshal: () => payload, equals: () => false }
      const theirs = (await RecordEnvelope.seal(record, key)).marshal()
      const { author, payload: found, signature } = decodeEnvelope(theirs, limits)
      assert.deepEqual(author, key.publicKey.raw)
      assert.deepEqual(Uint8Array.from(found), payload)
      assert.ok(await key.publicKey.verify(signingBytes(domain, UPDATE_PAYLOAD, found), signature))
      const ours = encodeEnvelope({ author, payloadType: UPDATE_PAYLOAD, payload: found, signature })
      assert.deepEqual(ours, Uint8Array.from(theirs))
      assert.ok(ours.length <= length + ENVELOPE_OVERHEAD_BYTES)
    }
  })

  it('is opened and certified by libp2p', async () => {
    const { bytes, payload, author } = await seal(Uint8Array.of(1, 2, 3))
    const opened = await RecordEnvelope.openAndCertify(bytes, domain)
    assert.deepEqual(Uint8Array.from(opened.payload), payload)
    assert.deepEqual(opened.publicKey.raw, author)
  })

  it('holds in one swarm only', async () => {
    const { bytes } = await seal(Uint8Array.of(1, 2, 3))
    await assert.rejects(RecordEnvelope.openAndCertify(bytes, envelopeDomain('another')))
  })

  it('takes one payload type and not another', async () => {
    const { bytes } = await seal(Uint8Array.of(1), CLAIM_PAYLOAD)
    assert.equal(reasonOf(bytes), 'not-an-envelope')
    assert.equal(reasonOf(bytes, { ...limits, payloadType: CLAIM_PAYLOAD }), 'none')
  })

  it('refuses every beginning, every continuation and anything too long', async () => {
    const { bytes } = await seal(new Uint8Array(200).fill(5))
    for (let length = 0; length < bytes.length; length++)
      assert.equal(reasonOf(bytes.subarray(0, length)), 'truncated', `${length} bytes`)
    assert.equal(reasonOf(concatBytes(bytes, Uint8Array.of(0))), 'trailing-bytes')
    assert.equal(reasonOf(bytes, { ...limits, maxBytes: bytes.length - 1 }), 'oversized')
  })

  it('has one encoding only: whatever decodes encodes to the same bytes', async () => {
    const { bytes } = await seal(new Uint8Array(150).fill(5))
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 3 }), changes => {
        const mutated = bytes.slice()
        for (const [at, value] of changes) mutated[at] = value
        if (reasonOf(mutated) !== 'none') return
        const payloadType = UPDATE_PAYLOAD
        assert.deepEqual(encodeEnvelope({ ...decodeEnvelope(mutated, limits), payloadType }), mutated)
      }),
      { numRuns: 500 }
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), noise => assert.notEqual(reasonOf(noise), 'none')),
      { numRuns: 300 }
    )
  })

  it('refuses unsafe keys, signatures that can be varied, other key types and empty payloads', async () => {
    const { bytes, author, signature } = await seal(Uint8Array.of(1))
    const changed = (at: number, ...values: number[]): Uint8Array => {
      const out = bytes.slice()
      out.set(values, at)
      return out
    }
    assert.equal(reasonOf(changed(6, ...new Uint8Array(32))), 'unsafe-key')
    assert.equal(reasonOf(changed(bytes.length - 32, ...new Uint8Array(32).fill(255))), 'not-canonical')
    assert.equal(reasonOf(changed(3, 2)), 'not-an-envelope') // secp256k1
    const empty = concatBytes(bytes.subarray(0, 44), Uint8Array.of(0x1a, 0), bytes.subarray(bytes.length - 66))
    assert.equal(reasonOf(empty), 'not-canonical')
    const make = (change: object) => () =>
      encodeEnvelope({ author, signature, payload: Uint8Array.of(1), payloadType: UPDATE_PAYLOAD, ...change })
    for (const change of [
      { author: author.subarray(1) },
      { signature: new Uint8Array(63) },
      { payload: new Uint8Array(0) }
    ])
      assert.throws(make(change), RangeError)
    assert.throws(make({ payloadType: new Uint8Array(128) }), RangeError)
  })
})
