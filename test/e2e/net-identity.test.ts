import assert from 'node:assert/strict'
import { generateKeyPair, generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import fc from 'fast-check'
import { fromHex, toHex } from '#src/core/bytes.js'
import { createIdentity, generateIdentity, keyOfPeerId, peerIdOfKey } from '#src/net/identity.js'

describe('an identity', () => {
  it('signs as RFC 8032 says (test 2)', async () => {
    const seed = fromHex('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb')
    const identity = createIdentity(await generateKeyPairFromSeed('Ed25519', seed))
    assert.equal(identity.key, '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c')
    const signature = await identity.sign(Uint8Array.of(0x72))
    assert.equal(
      toHex(signature),
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00'
    )
    assert(await identity.verify(fromHex(identity.key), Uint8Array.of(0x72), signature))
    assert(!(await identity.verify(fromHex(identity.key), Uint8Array.of(0x73), signature)))
  })

  it('answers false, and never throws, for any bytes', async () => {
    const { identity } = await generateIdentity()
    const some = fc.uint8Array({ maxLength: 80 })
    await fc.assert(
      fc.asyncProperty(some, some, some, async (key, message, signature) => {
        assert.equal(await identity.verify(key, message, signature), false)
      })
    )
    const sized = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
    await fc.assert(
      fc.asyncProperty(sized(32), some, sized(64), async (key, message, signature) => {
        assert.equal(await identity.verify(key, message, signature), false)
      })
    )
  })

  it('has one peer id, and the peer id has one key', async () => {
    const { identity, privateKey } = await generateIdentity()
    assert(peerIdOfKey(identity.key).equals(peerIdFromPrivateKey(privateKey)))
    assert.equal(keyOfPeerId(peerIdFromPrivateKey(privateKey)), identity.key)
  })

  it('is Ed25519 or nothing', async () => {
    assert.equal(keyOfPeerId(peerIdFromPrivateKey(await generateKeyPair('secp256k1'))), undefined)
    for (const text of ['', 'zz', '00', 'ab'.repeat(33), 'A'.repeat(64)])
      assert.throws(() => peerIdOfKey(text), TypeError)
  })
})
