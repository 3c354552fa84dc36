import assert from 'node:assert/strict'
import fc from 'fast-check'
import { compareBytes, toHex } from '#src/core/bytes.js'
import { sortedIds } from '#src/core/protocol/history.js'
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
  MAX_SERVED,
  RANGE_DIGEST_BYTES
} from '#src/core/wire/repair.js'
import {
  decodeSnapshot,
  decodeSnapshotRange,
  decodeSnapshotRequest,
  encodeSnapshot,
  encodeSnapshotRange,
  encodeSnapshotRequest,
  MAX_LEDGER_IDS,
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
const chainAnswer = fc.record({
  reckoning: fc.option(fc.record({ chain: bytes(32), entries: fc.maxSafeNat(), tally: fc.maxSafeNat() })),
  snapshots: fc
    .uniqueArray(fc.record({ epoch, hash: bytes(32) }), { maxLength: MAX_SERVED, selector: served => served.epoch })
    .map(served => served.sort((a, b) => b.epoch - a.epoch))
})
const missingAnswer = fc.record({
  updates: fc.array(fc.uint8Array({ minLength: 100, maxLength: 200 }), { maxLength: 8 }),
  more: fc.boolean()
})
const limits = { maxLiveHeaders: 10, ledgerEpochs: 1000 }
const ids = fc
  .uniqueArray(bytes(ENTRY_ID_BYTES), { minLength: 1, maxLength: 4, selector: toHex })
  .map(some => sortedIds(some))
const ledger = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 3, max: 49 }), ids), { maxLength: 5, selector: ([of]) => of })
  .map(some => ({ from: 3, ids: new Map(some.sort(([a], [b]) => a - b)) }))
const snapshot = fc.record({
  epoch: fc.integer({ min: 50, max: 1000 }),
  chain: bytes(32),
  entries: fc.integer({ min: 100, max: Number.MAX_SAFE_INTEGER }),
  tally: fc.maxSafeNat(),
  ledger,
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
    .map(live => live.sort((a, b) => a.epoch - b.epoch || compareBytes(a.author, b.author)))
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
  snapshot: {
    decode: bytes => decodeSnapshot(bytes, x0, limits),
    good: snapshot.map(made => encodeSnapshot(made, x0))
  },
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

const empty = {
  epoch: 9,
  chain: new Uint8Array(32),
  entries: 5,
  tally: 0,
  ledger: { from: 0, ids: new Map<number, Uint8Array>() },
  params: x0,
  live: []
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
      bytes => decodeSnapshot(bytes, x0, limits)
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
    // The largest ledger: every id in an epoch of its own.
    const first = MAX_EPOCH - MAX_LEDGER_IDS
    const ids = new Map(Array.from({ length: MAX_LEDGER_IDS }, (_, i) => [first + i, new Uint8Array(ENTRY_ID_BYTES)]))
    const most = Number.MAX_SAFE_INTEGER
    const head = { epoch: MAX_EPOCH, chain: new Uint8Array(32), entries: most, tally: most }
    const bytes = encodeSnapshot({ ...head, ledger: { from: first, ids }, params, live }, x0)
    const limits = { maxLiveHeaders: 10, ledgerEpochs: MAX_LEDGER_IDS }
    assert.ok(bytes.length <= maxSnapshotBytes(N, limits))
    assert.equal(decodeSnapshot(bytes, x0, limits).ledger.ids.size, MAX_LEDGER_IDS)
  })

  it('are refused when they claim more than they hold, before anything is allocated', () => {
    refuses(() => decodePulse(new Uint8Array(MAX_PULSE_BYTES + 1)), 'oversized')
    refuses(() => decodeRepairRequest(new Uint8Array(MAX_REPAIR_REQUEST_BYTES + 1)), 'oversized')
    // 2^28 updates in six bytes; a million known ones in four.
    refuses(() => decodeMissingAnswer(Uint8Array.of(0, 0x80, 0x80, 0x80, 0x80, 0x01), 200), 'out-of-range')
    refuses(() => decodeRepairRequest(Uint8Array.of(1, 1, 0, 0xc0, 0x84, 0x3d)), 'out-of-range')
    refuses(() => decodeRepairRequest(Uint8Array.of(1, 17)), 'out-of-range')
    const snapshotOf = (...rest: number[]) => Uint8Array.of(2, 9, ...new Uint8Array(32), 5, 0, ...rest)
    // Headers, params, epochs of a ledger, ids of an epoch.
    refuses(() => decodeSnapshot(snapshotOf(0, 0, 10), x0, limits), 'out-of-range')
    refuses(() => decodeSnapshot(snapshotOf(0, 0, 0), x0, limits), 'truncated')
    refuses(() => decodeSnapshot(snapshotOf(0, 9, ...new Uint8Array(60)), x0, limits), 'out-of-range')
    refuses(
      () => decodeSnapshot(snapshotOf(0, 1, 0, 0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0, 0, 0), x0, limits),
      'out-of-range'
    )
    // Eight bytes of a varint, and not one more.
    refuses(() => decodeSnapshot(snapshotOf(0, 0, 0, ...new Uint8Array(40).fill(0xff)), x0, limits), 'out-of-range')
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
    const twice = { epoch: 5, hash: new Uint8Array(32) }
    refuses(() => decodeChainAnswer(encodeChainAnswer({ reckoning: null, snapshots: [twice, twice] })), 'not-canonical')
    refuses(() => decodeChainAnswer(Uint8Array.of(0, MAX_SERVED + 1)), 'out-of-range')
    const root = new Uint8Array(ROOT_BYTES)
    refuses(() => decodePulse(Uint8Array.of(1, 0, 0, ...root, 0, 0)), 'out-of-range')
    refuses(() => decodePulse(Uint8Array.of(1, 5, 4, ...root, 0, 1, 0)), 'out-of-range')
  })

  it('of snapshots hold a ledger in order, of epochs before the snapshot, and of no more than there are', () => {
    const id = (...bytes: number[]) => Uint8Array.of(...bytes.flatMap(byte => Array<number>(ENTRY_ID_BYTES).fill(byte)))
    const decode = (from: number, ids: [number, Uint8Array][], entries = 5, ledgerEpochs = 9) =>
      decodeSnapshot(encodeSnapshot({ ...empty, entries, ledger: { from, ids: new Map(ids) } }, x0), x0, {
        maxLiveHeaders: 0,
        ledgerEpochs
      })
    const good: [number, Uint8Array][] = [
      [2, id(1, 2, 3)],
      [8, id(1)]
    ]
    assert.deepEqual([...decode(0, good).ledger.ids], good)
    refuses(() => decode(0, good, 3), 'out-of-range')
    refuses(() => decode(0, good, 5, 8), 'out-of-range')
    refuses(() => decode(10, []), 'out-of-range')
    refuses(() => decode(0, [[9, id(1)]]), 'out-of-range')
    refuses(() => decode(0, [[2, id(2, 1)]]), 'not-canonical')
    refuses(() => decode(0, [[2, id(1, 1)]]), 'not-canonical')
    refuses(
      () =>
        decode(0, [
          [2, id(1).subarray(1)],
          [4, id(1)]
        ]),
      'not-canonical'
    )
  })

  it('of snapshots hold each header once, in order, and before the snapshot', () => {
    const header = (epoch: number, author: number) => ({
      epoch,
      author: new Uint8Array(32).fill(author),
      weight: 1,
      drawBits: 0
    })
    const decode = (...live: ReturnType<typeof header>[]) =>
      decodeSnapshot(encodeSnapshot({ ...empty, live }, x0), x0, limits)
    assert.equal(decode(header(7, 2), header(8, 1), header(8, 2)).live.length, 3)
    refuses(() => decode(header(8, 1), header(7, 1)), 'not-canonical')
    refuses(() => decode(header(8, 2), header(8, 1)), 'not-canonical')
    refuses(() => decode(header(8, 1), header(8, 1)), 'not-canonical')
    refuses(() => decode(header(9, 1)), 'out-of-range')
    refuses(() => decode({ ...header(8, 1), drawBits: 21 }), 'out-of-range')
    refuses(() => decode({ ...header(8, 1), weight: 0 }), 'out-of-range')
  })
})
