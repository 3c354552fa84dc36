import assert from 'node:assert/strict'
import fc from 'fast-check'
import { decodeClaim, encodeClaim, MAX_CLAIM_BYTES } from '#src/core/wire/claim.js'
import { DecodeError } from '#src/core/wire/error.js'
import { MAX_EPOCH } from '#src/core/wire/limits.js'
import {
  decodePulse,
  encodePulse,
  MAX_CLAIM_ENVELOPE_BYTES,
  MAX_INTERVAL_MS,
  MAX_PULSE_BYTES,
  MAX_PULSE_CLAIMS,
  MAX_RECENT,
  MIN_INTERVAL_MS,
  ROOT_BYTES,
  SHORT_DIGEST_BYTES
} from '#src/core/wire/pulse.js'
import {
  decodeChainAnswer,
  decodeDigestsAnswer,
  decodeMissingAnswer,
  decodeRepairRequest,
  ENTRY_ID_BYTES,
  encodeChainAnswer,
  encodeDigestsAnswer,
  encodeMissingAnswer,
  encodeRepairRequest,
  MAX_MISSING_EPOCHS,
  MAX_RANGES,
  MAX_REPAIR_REQUEST_BYTES,
  RANGE_DIGEST_BYTES
} from '#src/core/wire/repair.js'
import {
  decodeSnapshot,
  decodeSnapshotRange,
  decodeSnapshotRequest,
  encodeSnapshot,
  encodeSnapshotRange,
  encodeSnapshotRequest,
  maxSnapshotBytes
} from '#src/core/wire/snapshot.js'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const epoch = fc.oneof(fc.nat(1000), fc.integer({ min: 0, max: MAX_EPOCH }), fc.constant(MAX_EPOCH))
const N = 20
const x0 = Float64Array.from({ length: N }, (_, i) => 2 ** i - 500)

const claim = fc.record({ epoch, counter: fc.maxSafeNat(), leaving: fc.boolean(), observer: fc.boolean() })
const pulse = fc
  .record({
    intervalMs: fc.integer({ min: MIN_INTERVAL_MS, max: MAX_INTERVAL_MS }),
    claims: fc.array(fc.uint8Array({ maxLength: MAX_CLAIM_ENVELOPE_BYTES }), {
      minLength: 1,
      maxLength: MAX_PULSE_CLAIMS
    }),
    base: epoch,
    rootEnd: epoch,
    root: bytes(ROOT_BYTES),
    recent: fc.array(bytes(SHORT_DIGEST_BYTES), { maxLength: 40 })
  })
  .map(made => ({ ...made, rootEnd: Math.max(made.base, made.rootEnd) }))
const request = fc.oneof(
  fc.record({
    kind: fc.constant('digests' as const),
    from: epoch,
    step: fc.integer({ min: 1, max: MAX_EPOCH }),
    count: fc.integer({ min: 1, max: MAX_RANGES })
  }),
  fc.record({ kind: fc.constant('chain' as const), before: epoch }),
  fc.record({
    kind: fc.constant('missing' as const),
    epochs: fc
      .uniqueArray(fc.record({ epoch, have: fc.array(bytes(ENTRY_ID_BYTES), { maxLength: 5 }) }), {
        maxLength: MAX_MISSING_EPOCHS,
        selector: ({ epoch }) => epoch
      })
      .map(epochs => epochs.sort((a, b) => a.epoch - b.epoch))
  })
)
const chainAnswer = fc.record({ chain: fc.option(bytes(32)), snapshot: fc.option(bytes(32)) })
const missingAnswer = fc.record({
  updates: fc.array(fc.uint8Array({ minLength: 100, maxLength: 200 }), { maxLength: 8 }),
  more: fc.boolean()
})
const snapshot = fc.record({
  epoch: fc.integer({ min: 50, max: 1000 }),
  chain: bytes(32),
  params: fc
    .array(fc.integer({ min: -(2 ** 51), max: 2 ** 51 }), { minLength: N, maxLength: N })
    .map(values => Float64Array.from(values)),
  live: fc
    .uniqueArray(
      fc.record({
        epoch: fc.integer({ min: 40, max: 49 }),
        author: bytes(32),
        weight: fc.integer({ min: 1, max: 2 ** 20 }),
        drawBits: fc.nat(20)
      }),
      { maxLength: 10, selector: ({ epoch, author }) => `${epoch} ${author}` }
    )
    .map(live => live.sort((a, b) => a.epoch - b.epoch || Buffer.compare(a.author, b.author)))
})

/** A decoder for each message, and a way to make good bytes for it. */
const messages: Record<
  string,
  { readonly decode: (bytes: Uint8Array) => unknown; readonly good: fc.Arbitrary<Uint8Array> }
> = {
  claim: { decode: decodeClaim, good: claim.map(encodeClaim) },
  pulse: { decode: decodePulse, good: pulse.map(encodePulse) },
  'repair request': { decode: decodeRepairRequest, good: request.map(encodeRepairRequest) },
  'digests answer': {
    decode: bytes => decodeDigestsAnswer(bytes, 4),
    good: fc.array(fc.option(bytes(RANGE_DIGEST_BYTES)), { minLength: 4, maxLength: 4 }).map(encodeDigestsAnswer)
  },
  'missing answer': { decode: bytes => decodeMissingAnswer(bytes, 200), good: missingAnswer.map(encodeMissingAnswer) },
  'chain answer': { decode: decodeChainAnswer, good: chainAnswer.map(encodeChainAnswer) },
  snapshot: { decode: bytes => decodeSnapshot(bytes, x0, 10), good: snapshot.map(made => encodeSnapshot(made, x0)) },
  'snapshot request': {
    decode: decodeSnapshotRequest,
    good: fc.record({ epoch, offset: fc.maxSafeNat() }).map(encodeSnapshotRequest)
  },
  'snapshot range': {
    decode: decodeSnapshotRange,
    good: fc
      .record({ totalBytes: fc.maxSafeNat(), digest: bytes(32), bytes: fc.uint8Array({ maxLength: 50 }) })
      .map(encodeSnapshotRange)
  }
}

function refuses(decode: () => unknown, reason: string): void {
  assert.throws(decode, (error: unknown) => error instanceof DecodeError && error.reason === reason)
}

describe('messages', () => {
  it('decode to what was encoded', () => {
    const same = <T>(made: fc.Arbitrary<T>, encode: (value: T) => Uint8Array, decode: (bytes: Uint8Array) => unknown) =>
      fc.assert(fc.property(made, value => assert.deepEqual(decode(encode(value)), structuredClone(value))))
    same(claim, encodeClaim, decodeClaim)
    same(pulse, encodePulse, decodePulse)
    same(request, encodeRepairRequest, decodeRepairRequest)
    same(chainAnswer, encodeChainAnswer, decodeChainAnswer)
    same(missingAnswer, encodeMissingAnswer, bytes => decodeMissingAnswer(bytes, 200))
    same(
      snapshot,
      made => encodeSnapshot(made, x0),
      bytes => decodeSnapshot(bytes, x0, 10)
    )
  })

  for (const [name, { decode, good }] of Object.entries(messages)) {
    it(`of rubbish raise only the decode error (${name}, I7)`, () => {
      const mutated = fc
        .tuple(good, fc.array(fc.tuple(fc.nat(1000), fc.nat(255)), { maxLength: 3 }), fc.nat(4))
        .map(([bytes, edits, cut]) => {
          const out = bytes.slice(0, bytes.length - (cut < 3 ? 0 : cut))
          for (const [at, byte] of edits) if (out.length > 0) out[at % out.length] = byte
          return out
        })
      fc.assert(
        fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 300 })), bytes => {
          try {
            decode(bytes)
          } catch (error) {
            assert.ok(error instanceof DecodeError, String(error))
          }
        }),
        { numRuns: 500 }
      )
    })

    it(`have one encoding: nothing may follow, nothing be missing (${name})`, () => {
      if (name === 'snapshot range') return // its bytes go to the end
      fc.assert(
        fc.property(good, bytes => {
          assert.throws(() => decode(Uint8Array.of(...bytes, 0)), DecodeError)
          assert.throws(() => decode(bytes.slice(0, -1)), DecodeError)
        }),
        { numRuns: 50 }
      )
    })
  }

  it('fit the bounds that streams are given', () => {
    const largest = encodeClaim({ epoch: MAX_EPOCH, counter: Number.MAX_SAFE_INTEGER, leaving: true, observer: true })
    assert.ok(largest.length <= MAX_CLAIM_BYTES)
    const full = encodePulse({
      intervalMs: MAX_INTERVAL_MS,
      claims: Array(MAX_PULSE_CLAIMS).fill(new Uint8Array(MAX_CLAIM_ENVELOPE_BYTES)),
      base: MAX_EPOCH,
      rootEnd: MAX_EPOCH,
      root: new Uint8Array(ROOT_BYTES),
      recent: Array(MAX_RECENT).fill(new Uint8Array(SHORT_DIGEST_BYTES))
    })
    assert.ok(full.length <= MAX_PULSE_BYTES)
    const params = x0.map(value => value + 2 ** 51)
    const live = Array.from({ length: 10 }, (_, i) => ({
      epoch: MAX_EPOCH - 1,
      author: new Uint8Array(32).fill(i),
      weight: 2 ** 20,
      drawBits: 20
    }))
    const bytes = encodeSnapshot({ epoch: MAX_EPOCH, chain: new Uint8Array(32), params, live }, x0)
    assert.ok(bytes.length <= maxSnapshotBytes(N, 10))
  })

  it('are refused when they claim more than they hold, before anything is allocated', () => {
    refuses(() => decodePulse(new Uint8Array(MAX_PULSE_BYTES + 1)), 'oversized')
    refuses(() => decodeRepairRequest(new Uint8Array(MAX_REPAIR_REQUEST_BYTES + 1)), 'oversized')
    // 2^28 updates in six bytes; a million known ones in four.
    refuses(() => decodeMissingAnswer(Uint8Array.of(0, 0x80, 0x80, 0x80, 0x80, 0x01), 200), 'out-of-range')
    refuses(() => decodeRepairRequest(Uint8Array.of(1, 1, 0, 0xc0, 0x84, 0x3d)), 'out-of-range')
    refuses(() => decodeRepairRequest(Uint8Array.of(1, 17)), 'out-of-range')
    refuses(() => decodeSnapshot(Uint8Array.of(1, 9, ...new Uint8Array(32), 10), x0, 10), 'out-of-range')
    refuses(() => decodeSnapshot(Uint8Array.of(1, 9, ...new Uint8Array(32), 0), x0, 10), 'truncated')
  })

  it('are refused for what no honest peer writes', () => {
    refuses(() => decodeClaim(Uint8Array.of(2, 0, 0, 0)), 'unknown-version')
    refuses(() => decodeClaim(Uint8Array.of(1, 4, 0, 0)), 'not-canonical')
    refuses(() => decodeClaim(Uint8Array.of(1, 0, 0x80, 0, 0)), 'not-canonical')
    refuses(() => decodeRepairRequest(Uint8Array.of(3, 0)), 'unknown-version')
    refuses(() => decodeRepairRequest(Uint8Array.of(0, 5, 0, 1)), 'out-of-range')
    refuses(() => decodeRepairRequest(Uint8Array.of(0, 5, 1, 0)), 'out-of-range')
    refuses(() => decodeRepairRequest(Uint8Array.of(1, 2, 5, 0, 5, 0)), 'not-canonical')
    refuses(() => decodeChainAnswer(Uint8Array.of(2, 0)), 'not-canonical')
    const root = new Uint8Array(ROOT_BYTES)
    refuses(() => decodePulse(Uint8Array.of(1, 0, 0, ...root, 0, 0)), 'out-of-range')
    refuses(() => decodePulse(Uint8Array.of(1, 5, 4, ...root, 0, 1, 0)), 'out-of-range')
  })

  it('of snapshots hold each header once, in order, and before the snapshot', () => {
    const header = (epoch: number, author: number) => ({
      epoch,
      author: new Uint8Array(32).fill(author),
      weight: 1,
      drawBits: 0
    })
    const decode = (...live: ReturnType<typeof header>[]) =>
      decodeSnapshot(encodeSnapshot({ epoch: 9, chain: new Uint8Array(32), params: x0, live }, x0), x0, 10)
    assert.equal(decode(header(7, 2), header(8, 1), header(8, 2)).live.length, 3)
    refuses(() => decode(header(8, 1), header(7, 1)), 'not-canonical')
    refuses(() => decode(header(8, 2), header(8, 1)), 'not-canonical')
    refuses(() => decode(header(8, 1), header(8, 1)), 'not-canonical')
    refuses(() => decode(header(9, 1)), 'out-of-range')
    refuses(() => decode({ ...header(8, 1), drawBits: 21 }), 'out-of-range')
    refuses(() => decode({ ...header(8, 1), weight: 0 }), 'out-of-range')
  })
})
