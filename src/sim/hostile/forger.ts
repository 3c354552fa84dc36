/** A hostile peer that made up the past: a base that follows the swarm's, a snapshot of it, and a chain that fits, with more in it than anybody has. */
import { digest } from '../../core/digest.js'
import { answerQuestion, pulseDigests } from '../../core/protocol/antientropy.js'
import { noHistory } from '../../core/protocol/history.js'
import { initialParams } from '../../core/protocol/init.js'
import { createSet, insertUpdate, reckon, type UpdateSet, updatesOf } from '../../core/protocol/set.js'
import { decodeRepairRequest } from '../../core/wire/repair.js'
import {
  decodeSnapshotRequest,
  encodeSnapshot,
  encodeSnapshotRange,
  SNAPSHOT_RANGE_BYTES
} from '../../core/wire/snapshot.js'
import { signedPulse } from './sign.js'
import type { Behaviour, Hands } from './stranger.js'

/** Bases of honest peers are multiples of this. */
const BASE_STEP = 32
/** How far behind the swarm the made-up base is, epochs. */
const BEHIND = 4

export function snapshotForger(): Behaviour {
  let counter = 0
  let forged: { readonly set: UpdateSet; readonly bytes: Uint8Array; readonly digest: Uint8Array } | undefined

  /** Everything from the base on is true, and everything before it is not. */
  function follow({ set: heard, epoch, manifest, random }: Hands) {
    const base = Math.max(0, Math.floor((epoch - BEHIND) / BASE_STEP) * BASE_STEP)
    if (base > 0 && (forged === undefined || forged.set.base !== base)) {
      const chain = Uint8Array.from({ length: 32 }, () => random.below(256))
      const x0 = initialParams(manifest.params.tensors, manifest.seed)
      const params = x0.map(value => value + random.below(2 ** 24) - 2 ** 23)
      const entries = 2 ** 40
      const bytes = encodeSnapshot(
        { epoch: base, chain, entries, tally: 0, ledger: { from: base, ids: new Map() }, params, live: [] },
        x0
      )
      forged = { set: createSet(base, chain, { ...noHistory(0), entries }), bytes, digest: digest(bytes) }
    }
    const set = forged?.set ?? heard
    for (const [of, { entries }] of heard.epochs)
      if (of >= set.base)
        for (const entry of entries.values()) for (const one of updatesOf(entry)) insertUpdate(set, one)
    return set
  }

  return {
    async act(hands) {
      const { identity, manifest, epoch, neighbours } = hands
      const set = follow(hands)
      const window = Math.min(256, manifest.clock.stalenessBound)
      const digests = pulseDigests(set, epoch, window)
      const pulse = await signedPulse(identity, manifest, { ...digests, epoch, counter: ++counter })
      for (const peer of neighbours) hands.pulse(peer, pulse)
    },
    answer(kind, bytes, _, hands) {
      const set = forged?.set ?? hands.set
      if (kind === 'repair')
        return answerQuestion(set, decodeRepairRequest(bytes), before => ({
          reckoning: before < set.base || before > set.base + 2 ** 16 ? null : reckon(set, before),
          snapshots: forged === undefined ? [] : [{ epoch: set.base, hash: forged.digest }]
        }))
      const { offset } = decodeSnapshotRequest(bytes)
      if (forged === undefined) return Promise.reject(new Error('none'))
      return encodeSnapshotRange({
        totalBytes: forged.bytes.length,
        digest: forged.digest,
        bytes: forged.bytes.subarray(offset, offset + SNAPSHOT_RANGE_BYTES)
      })
    }
  }
}
