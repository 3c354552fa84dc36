import { toHex } from '#src/core/bytes.js'
import { checksum } from '#src/core/checksum.js'
import {
  encodeClock,
  encodeOwn,
  encodeSwarm,
  mineKey,
  OWN_KEY,
  sealRecord,
  TRAINER_KEY,
  updateKey
} from '#src/core/wire/record.js'
import type { Json } from './index.js'

const ascending = (length: number) => Uint8Array.from({ length }, (_, i) => i)

/** What a peer keeps: checksums first, then a record of each kind. */
export function recordVectors(): Json[] {
  const author = '8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c'
  const key = updateKey(300, author, toHex(ascending(32)))
  const residual = Int32Array.of(0, 1, -1, 2 ** 31 - 1, 1 - 2 ** 31)
  const clock = { epoch: 301, base: 64, claims: 900, counters: [123_456, 5, 0], quorumTimes: [250, 300] }
  return [
    ...[0, 1, 4, 15, 16, 37].map(length => ({
      bytes: toHex(ascending(length)),
      checksum: checksum(ascending(length))
    })),
    { key: 'swarm', swarm: 'bafy', record: toHex(encodeSwarm('bafy')) },
    { key: 'clock', ...clock, record: toHex(encodeClock(clock)) },
    {
      key: OWN_KEY,
      signedEpoch: 300,
      residual: [...residual],
      record: toHex(encodeOwn({ signedEpoch: 300, residual }))
    },
    {
      key: OWN_KEY,
      signedEpoch: -1,
      residual: [],
      record: toHex(encodeOwn({ signedEpoch: -1, residual: new Int32Array(0) }))
    },
    { key, envelope: '0a24', record: toHex(sealRecord(key, Uint8Array.of(0x0a, 0x24))) },
    { key: mineKey(31), envelope: '0a24', record: toHex(sealRecord(mineKey(31), Uint8Array.of(0x0a, 0x24))) },
    { key: TRAINER_KEY, state: '01', record: toHex(sealRecord(TRAINER_KEY, Uint8Array.of(1))) }
  ]
}
