/** Reads out of a peer's journal what it published: own updates, each with the residual it was stored with. */

import { decodeOwn, OWN_KEY, openRecord } from '#src/core/wire/record.js'
import type { StoreChange } from '#src/interface.js'

export interface Publication {
  readonly epoch: number
  readonly envelope: Uint8Array
  /** Grid units, after the update was taken out. */
  readonly residual: Int32Array
}

/** The publication in one write: none or one. The own update comes right after the own record. */
export function publicationsIn(changes: readonly StoreChange[], size: number): Publication[] {
  const at = changes.findIndex(({ key }) => key === OWN_KEY)
  const own = changes[at]?.value
  const update = changes[at + 1]
  if (!own || !update?.value || !update.key.startsWith('update/')) return []
  const { signedEpoch: epoch, residual } = decodeOwn(own, size)
  return [{ epoch, envelope: openRecord(update.key, update.value), residual }]
}
