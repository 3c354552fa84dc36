import assert from 'node:assert/strict'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { fromHex } from '#src/core/bytes.js'
import { isCanonicalSignature, isSafeKey } from '#src/core/wire/keys.js'

/** The eight points of small order and their non-canonical forms, from Chalkias et al. (2020), table 6a. */
const SMALL_ORDER = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000080',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa'
]
const NOT_CANONICAL = [
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f', // p
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f', // p + 1
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f', // p + 3, not of small order
  'ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f' // 2^255 − 1
]
const ORDER = 'edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010'

async function keyAndSignature() {
  const key = await generateKeyPair('Ed25519')
  return { key: key.publicKey.raw, signature: await key.sign(Uint8Array.of(1, 2, 3)) }
}

describe('keys', () => {
  it('takes the keys and signatures that peers generate', async () => {
    for (let i = 0; i < 20; i++) {
      const { key, signature } = await keyAndSignature()
      assert.ok(isSafeKey(key))
      assert.ok(isCanonicalSignature(signature))
    }
  })

  it('refuses points of small order and coordinates not below 2^255 − 19', () => {
    for (const hex of [...SMALL_ORDER, ...NOT_CANONICAL]) assert.ok(!isSafeKey(fromHex(hex)), hex)
    assert.ok(isSafeKey(fromHex('0300000000000000000000000000000000000000000000000000000000000000')))
    assert.ok(!isSafeKey(new Uint8Array(31).fill(7)))
  })

  it('refuses S from the group order on, so that a signature cannot be varied', async () => {
    const { signature } = await keyAndSignature()
    const withS = (hex: string): Uint8Array => {
      const out = signature.slice()
      out.set(fromHex(hex), 32)
      return out
    }
    assert.ok(isCanonicalSignature(withS(`ec${ORDER.slice(2)}`)))
    assert.ok(!isCanonicalSignature(withS(ORDER)))
    assert.ok(!isCanonicalSignature(withS(`ee${ORDER.slice(2)}`)))
    assert.ok(!isCanonicalSignature(withS('ff'.repeat(32))))
    assert.ok(!isCanonicalSignature(signature.subarray(1)))
  })

  it('refuses a signature whose R is not a safe point', async () => {
    const { signature } = await keyAndSignature()
    for (const hex of [...SMALL_ORDER, ...NOT_CANONICAL]) {
      const out = signature.slice()
      out.set(fromHex(hex))
      assert.ok(!isCanonicalSignature(out), hex)
    }
  })
})
