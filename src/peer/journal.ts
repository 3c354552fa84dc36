/** Writes down what must outlive this process, so that it can go on where it stood. PROTOCOL.md, R5. */
import { toHex } from '../core/bytes.js'
import type { UpdateRecord } from '../core/protocol/set.js'
import type { SwarmState } from '../core/protocol/state.js'
import { encodeOwn, OWN_KEY, sealRecord, updateKey } from '../core/wire/record.js'
import type { Store } from '../interface.js'

export function createJournal(state: SwarmState, store: Store) {
  return {
    /** The own update and what the peer is after it, both or neither. Rejects when they were not stored. */
    async publish(update: UpdateRecord): Promise<void> {
      const { own, clock, claims, counters } = state
      const record = encodeOwn({
        epoch: clock.epoch,
        signedEpoch: own.signedEpoch,
        claims,
        counters: [counters.payloadBytesReceived, counters.discardedSteps],
        residual: own.residual
      })
      const key = updateKey(update.epoch, update.author, toHex(update.contentHash))
      await store.write(
        [
          { key: OWN_KEY, value: record },
          { key, value: sealRecord(key, update.envelope) }
        ],
        { durable: true }
      )
    }
  }
}

export type Journal = ReturnType<typeof createJournal>
