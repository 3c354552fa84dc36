import assert from 'node:assert/strict'
import fc from 'fast-check'
import { equalBytes, toHex } from '#src/core/bytes.js'
import { isSameProof, keyProof, type ProofContext } from '#src/core/protocol/admission.js'
import { decodeAbout, encodeAbout } from '#src/core/wire/about.js'
import { DecodeError } from '#src/core/wire/error.js'
import {
  decodeHello,
  decodeVerdict,
  encodeHello,
  encodeVerdict,
  MAX_HELLO_BYTES,
  REFUSALS
} from '#src/core/wire/hello.js'
import { MAX_EPOCH } from '#src/core/wire/limits.js'
import {
  decodeStart,
  decodeStartRequest,
  encodeStart,
  encodeStartRequest,
  maxStartBytes
} from '#src/core/wire/start.js'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const software = fc.stringMatching(/^[!-~]{1,32}$/)
const hello = fc.record({ version: fc.constant(1), swarm: bytes(32), nonce: bytes(16), software })

/** It holds, or raises a decode error. */
function decodes<T>(decode: () => T): T | undefined {
  try {
    return decode()
  } catch (error) {
    assert.ok(error instanceof DecodeError, String(error))
    return undefined
  }
}

describe('a hello', () => {
  it('comes back as it was, in its only encoding', () => {
    fc.assert(
      fc.property(hello, message => {
        const encoded = encodeHello(message)
        assert.deepEqual(decodeHello(encoded), { ...message })
        assert.ok(encoded.length <= MAX_HELLO_BYTES)
        for (const verdict of ['welcome', ...REFUSALS] as const)
          assert.equal(decodeVerdict(encodeVerdict(verdict)), verdict)
      })
    )
  })

  it('of a later version says who it is, whatever comes behind', () => {
    fc.assert(
      fc.property(
        hello,
        fc.integer({ min: 2, max: 255 }),
        fc.uint8Array({ maxLength: 100 }),
        (message, version, more) => {
          const encoded = encodeHello({ ...message, version })
          assert.deepEqual(decodeHello(Uint8Array.of(...encoded, ...more)), { ...message, version })
        }
      )
    )
  })

  it('has a name that can be printed', () => {
    const message = { version: 1, swarm: new Uint8Array(32), nonce: new Uint8Array(16) }
    for (const software of ['', 'a b', 'x'.repeat(33), 'é', '\u001b[31m', 'a\n'])
      assert.throws(() => encodeHello({ ...message, software }), RangeError)
    const encoded = encodeHello({ ...message, software: 'abc' })
    for (const byte of [0, 10, 27, 32, 127, 155, 255]) {
      encoded[51] = byte
      assert.throws(() => decodeHello(encoded), DecodeError)
    }
  })

  it('and every other message raises nothing but a decode error, and has no second encoding (I7)', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), input => {
        const message = decodes(() => decodeHello(input))
        if (message?.version === 1) assert.deepEqual(encodeHello(message), input)
        const verdict = decodes(() => decodeVerdict(input))
        if (verdict !== undefined) assert.deepEqual(encodeVerdict(verdict), input)
        const about = decodes(() => decodeAbout(input))
        if (about !== undefined) assert.ok(equalBytes(encodeAbout(about), input))
        const offset = decodes(() => decodeStartRequest(input))
        if (offset !== undefined) assert.deepEqual(encodeStartRequest(offset), input)
        for (const n of [1, 7]) {
          const x0 = decodes(() => decodeStart(input, n))
          if (x0 !== undefined) assert.deepEqual(encodeStart(x0), input)
        }
      }),
      { numRuns: 2000 }
    )
  })
})

describe('a proof that a peer has the key', () => {
  const context = fc.record<ProofContext>({
    swarm: bytes(32),
    prover: bytes(32),
    role: fc.constantFrom('dialler', 'listener'),
    verifier: bytes(32),
    diallerNonce: bytes(16),
    listenerNonce: bytes(16)
  })

  it('is of this key, these two, this swarm and this connection only', () => {
    fc.assert(
      fc.property(
        bytes(32),
        context,
        fc.constantFrom(...(['swarm', 'prover', 'verifier', 'diallerNonce', 'listenerNonce'] as const)),
        fc.nat(15),
        (key, of, field, at) => {
          const proof = keyProof(key, of)
          assert.equal(proof.length, 32)
          assert.ok(isSameProof(proof, keyProof(key.slice(), { ...of })))
          const other = of[field].slice()
          other[at]! ^= 1
          assert.ok(!isSameProof(proof, keyProof(key, { ...of, [field]: other })), field)
          const otherKey = key.slice()
          otherKey[at]! ^= 1
          assert.ok(!isSameProof(proof, keyProof(otherKey, of)))
          const role = of.role === 'dialler' ? 'listener' : 'dialler'
          assert.ok(!isSameProof(proof, keyProof(key, { ...of, role })))
        }
      )
    )
    for (const [a, b] of [
      [
        [1, 2],
        [1, 2, 3]
      ],
      [
        [1, 2, 3],
        [1, 2]
      ],
      [[], [0]],
      [[1], [2]]
    ] as const)
      assert.ok(!isSameProof(Uint8Array.from(a), Uint8Array.from(b)))
  })
})

describe('what a newcomer is brought', () => {
  it('comes back as it was', () => {
    const about = fc.record({
      participants: fc.nat(2 ** 31 - 1),
      epoch: fc.integer({ min: 0, max: MAX_EPOCH }),
      manifest: fc.uint8Array({ maxLength: 200 })
    })
    fc.assert(
      fc.property(
        about,
        fc.array(fc.integer({ min: -(2 ** 52) + 1, max: 2 ** 52 - 1 }), { maxLength: 40 }),
        (told, values) => {
          assert.deepEqual(decodeAbout(encodeAbout(told)), { ...told })
          const x0 = Float64Array.from(values)
          const encoded = encodeStart(x0)
          assert.ok(encoded.length <= maxStartBytes(x0.length))
          assert.deepEqual(
            decodeStart(encoded, x0.length),
            x0.map(value => value + 0)
          )
          assert.equal(
            decodes(() => decodeStart(encoded, x0.length + 1)),
            undefined
          )
          if (x0.length > 0)
            assert.equal(
              decodes(() => decodeStart(encoded, x0.length - 1)),
              undefined
            )
        }
      )
    )
  })

  it('has no second encoding of a start, and no version but the first', () => {
    for (const hex of ['', '00', '02aa', '0180', '018000', '01ffffffffffffffff', '01010101'])
      assert.equal(
        decodes(() =>
          decodeStart(
            Uint8Array.from(hex.match(/../g) ?? [], part => Number.parseInt(part, 16)),
            2
          )
        ),
        undefined,
        hex
      )
    assert.equal(toHex(encodeStart(Float64Array.of(-1, 0))), '010100')
  })
})
