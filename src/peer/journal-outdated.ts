/** What a base that moved makes needless in a store. PROTOCOL.md, "What a peer keeps". */
import type { SwarmState } from '../core/protocol/state.js'
import { DecodeError } from '../core/wire/error.js'
import { MINE_PREFIX, mineKey, openRecord, parseUpdateKey, sealRecord, UPDATE_PREFIX } from '../core/wire/record.js'
import type { Store, StoreChange } from '../interface.js'

/** Own updates are kept for this many retentions below the base: they may have to be carried over into another history. */
const MINE_RETENTIONS = 4

/** Deletes updates below the set's base, own ones after putting them aside; and those put aside once they are very old. */
export async function outdated(store: Store, { set, manifest, options }: SwarmState): Promise<StoreChange[]> {
  const changes: StoreChange[] = []
  const { base } = set
  const horizon = base - MINE_RETENTIONS * manifest.limits.retentionEpochs
  // Keys are in the order of epochs: nothing is read beyond the base.
  for await (const [key, value] of store.read(UPDATE_PREFIX)) {
    const parsed = parseUpdateKey(key)
    if (parsed !== undefined && parsed.epoch >= base) break
    if (parsed?.author === options.self && parsed.epoch >= horizon) {
      const envelope = payloadOf(key, value)
      const mine = mineKey(parsed.epoch)
      if (envelope !== undefined) changes.push({ key: mine, value: sealRecord(mine, envelope) })
    }
    changes.push({ key, value: null })
  }
  for await (const [key] of store.read(MINE_PREFIX)) {
    const parsed = parseUpdateKey(key)
    if (parsed !== undefined && parsed.epoch >= horizon) break
    changes.push({ key, value: null })
  }
  return changes
}

function payloadOf(key: string, value: Uint8Array): Uint8Array | undefined {
  try {
    return openRecord(key, value)
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}
