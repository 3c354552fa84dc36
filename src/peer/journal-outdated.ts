/** What a base that moved makes needless in a store. PROTOCOL.md, "What a peer keeps". */
import type { SwarmState } from '../core/protocol/state.js'
import { DecodeError } from '../core/wire/error.js'
import { MINE_PREFIX, mineKey, openRecord, parseUpdateKey, sealRecord, UPDATE_PREFIX } from '../core/wire/record.js'
import type { Store, StoreChange } from '../interface.js'

/** Deletes updates below the set's base, own ones after putting them aside; and those put aside that the core has forgotten. */
export async function outdated(store: Store, { set, own, options }: SwarmState): Promise<StoreChange[]> {
  const changes: StoreChange[] = []
  const { base } = set
  // Keys are in the order of epochs: nothing is read beyond the base.
  for await (const [key, value] of store.read(UPDATE_PREFIX)) {
    const parsed = parseUpdateKey(key)
    if (parsed !== undefined && parsed.epoch >= base) break
    if (parsed?.author === options.self && own.mine.has(parsed.epoch)) {
      const envelope = payloadOf(key, value)
      const mine = mineKey(parsed.epoch)
      if (envelope !== undefined) changes.push({ key: mine, value: sealRecord(mine, envelope) })
    }
    changes.push({ key, value: null })
  }
  // It forgets the oldest first.
  let oldest = base
  for (const epoch of own.mine.keys()) oldest = Math.min(oldest, epoch)
  for await (const [key] of store.read(MINE_PREFIX)) {
    const parsed = parseUpdateKey(key)
    if (parsed !== undefined && parsed.epoch >= oldest) break
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
