import { toHex } from '#src/core/bytes.js'
import { digest } from '#src/core/digest.js'
import { createRandom } from '#src/core/random.js'
import { type Claim, encodeClaim } from '#src/core/wire/claim.js'
import { encodePulse, type Pulse, ROOT_BYTES, SHORT_DIGEST_BYTES } from '#src/core/wire/pulse.js'
import {
  ENTRY_ID_BYTES,
  encodeChainAnswer,
  encodeDigestsAnswer,
  encodeMissingAnswer,
  encodeRepairRequest,
  RANGE_DIGEST_BYTES
} from '#src/core/wire/repair.js'
import {
  BUSY,
  decodeSnapshot,
  encodeSnapshot,
  encodeSnapshotRange,
  encodeSnapshotRequest,
  type Snapshot
} from '#src/core/wire/snapshot.js'
import type { Json } from './index.js'

/** Bytes to tell one field from another in a dump. */
function bytesOf(seed: number, length: number): Uint8Array {
  const random = createRandom(seed)
  return Uint8Array.from({ length }, () => random.below(256))
}

export function claimVectors(): Json[] {
  const claims: Claim[] = [
    { epoch: 0, counter: 1, leaving: false, observer: false },
    { epoch: 300, counter: 70_000, leaving: true, observer: false },
    { epoch: 5, counter: 2, leaving: false, observer: true },
    { epoch: 2 ** 40 - 1, counter: Number.MAX_SAFE_INTEGER, leaving: true, observer: true }
  ]
  return claims.map(claim => ({ ...claim, body: toHex(encodeClaim(claim)) }))
}

export function pulseVectors(): Json[] {
  const pulses: Pulse[] = [
    { claims: [bytesOf(1, 120)], intervalMs: 2000, base: 0, rootEnd: 0, root: new Uint8Array(ROOT_BYTES), recent: [] },
    {
      claims: [bytesOf(1, 120), bytesOf(2, 124)],
      intervalMs: 120_000,
      base: 32,
      rootEnd: 300,
      root: bytesOf(3, ROOT_BYTES),
      recent: [bytesOf(4, SHORT_DIGEST_BYTES), new Uint8Array(SHORT_DIGEST_BYTES)]
    }
  ]
  return pulses.map(pulse => ({
    intervalMs: pulse.intervalMs,
    base: pulse.base,
    rootEnd: pulse.rootEnd,
    root: toHex(pulse.root),
    recent: pulse.recent.map(toHex),
    claims: pulse.claims.map(toHex),
    pulse: toHex(encodePulse(pulse))
  }))
}

export function repairVectors(): Json[] {
  const ids = [bytesOf(5, ENTRY_ID_BYTES), bytesOf(6, ENTRY_ID_BYTES)]
  const short = bytesOf(7, RANGE_DIGEST_BYTES)
  const update = bytesOf(8, 140)
  const chain = bytesOf(9, 32)
  const cases: [string, Uint8Array][] = [
    [
      'digests of 3 ranges of 20 epochs from 32 on',
      encodeRepairRequest({ kind: 'digests', from: 32, step: 20, count: 3 })
    ],
    ['their answer: unknown, 8 bytes, unknown', encodeDigestsAnswer([null, short, null])],
    [
      'missing of epoch 40, two known, and of epoch 300, none known',
      encodeRepairRequest({
        kind: 'missing',
        epochs: [
          { epoch: 40, have: ids },
          { epoch: 300, have: [] }
        ]
      })
    ],
    ['their answer: one update, and there is more', encodeMissingAnswer({ updates: [update], more: true })],
    ['their answer: nothing', encodeMissingAnswer({ updates: [], more: false })],
    ['chain before 64', encodeRepairRequest({ kind: 'chain', before: 64 })],
    ['its answer: not known, and nothing folded', encodeChainAnswer({ reckoning: null, snapshots: [] })],
    [
      'its answer: a history of 300 entries, and the snapshots of epochs 64 and 32',
      encodeChainAnswer({
        reckoning: { chain, entries: 300, tally: 2 ** 27 },
        snapshots: [
          { epoch: 64, hash: bytesOf(10, 32) },
          { epoch: 32, hash: bytesOf(13, 32) }
        ]
      })
    ]
  ]
  return cases.map(([name, bytes]) => ({ name, bytes: toHex(bytes) }))
}

export function snapshotVectors(): Json[] {
  const x0 = Float64Array.of(5, -5, 0, 1000, -(2 ** 24))
  const snapshot: Snapshot = {
    epoch: 64,
    chain: bytesOf(11, 32),
    entries: 300,
    tally: 2 ** 27,
    ledger: {
      from: 8,
      ids: new Map([
        [8, bytesOf(14, ENTRY_ID_BYTES)],
        [63, Uint8Array.of(...bytesOf(15, ENTRY_ID_BYTES).fill(1, 0, 1), ...bytesOf(16, ENTRY_ID_BYTES).fill(2, 0, 1))]
      ])
    },
    params: Float64Array.of(5, -6, 1, 1000 + 2 ** 31, -(2 ** 24) - 2 ** 40),
    live: [
      { epoch: 62, author: bytesOf(12, 32), weight: 100, drawBits: 0 },
      { epoch: 63, author: bytesOf(12, 32), weight: 2 ** 20, drawBits: 20 }
    ]
  }
  const bytes = encodeSnapshot(snapshot, x0)
  const { params } = decodeSnapshot(bytes, x0, { maxLiveHeaders: 2, ledgerEpochs: 64 })
  return [
    {
      x0: [...x0],
      epoch: snapshot.epoch,
      chain: toHex(snapshot.chain),
      entries: snapshot.entries,
      tally: snapshot.tally,
      ledger: {
        from: snapshot.ledger.from,
        ids: [...snapshot.ledger.ids].map(([epoch, ids]) => ({ epoch, ids: toHex(ids) }))
      },
      params: [...params],
      live: snapshot.live.map(header => ({ ...header, author: toHex(header.author) })),
      snapshot: toHex(bytes)
    },
    {
      name: 'request',
      epoch: 64,
      offset: 262_144,
      bytes: toHex(encodeSnapshotRequest({ epoch: 64, offset: 262_144 }))
    },
    {
      name: 'range',
      bytes: toHex(encodeSnapshotRange({ totalBytes: bytes.length, digest: digest(bytes), bytes: bytes.subarray(100) }))
    },
    { name: 'busy', bytes: toHex(BUSY) }
  ]
}
