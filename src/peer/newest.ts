/** Which updates came and went last: what a user looks at to see that a swarm lives. */
import type { Input } from '../core/protocol/effects.js'
import type { Verdict } from '../core/protocol/verdict.js'
import type { PeerKey } from '../interface.js'
import type { PeerStatus } from './events.js'

export interface NewestUpdates {
  /** Takes in what the core was fed, and its verdict. @param atMs of the peer's clock */
  note(input: Input, verdict: Verdict | undefined, atMs: number): void
  seen(): Pick<PeerStatus, 'lastUpdate' | 'lastOwnUpdate'>
}

export function createNewestUpdates(self: PeerKey): NewestUpdates {
  let lastUpdate: PeerStatus['lastUpdate'] = null
  let lastOwnUpdate: PeerStatus['lastOwnUpdate'] = null
  return {
    note(input, verdict, atMs) {
      if (input.type === 'sealed') {
        const { author, epoch } = input.candidate.update
        lastOwnUpdate = { author, epoch, atMs }
      } else if (input.type === 'update' && verdict?.kind === 'accept') {
        const { author, epoch } = input.candidate.update
        // An own one comes back when a home was lost.
        if (author !== self) lastUpdate = { author, epoch, atMs }
      }
    },
    seen: () => ({ lastUpdate, lastOwnUpdate })
  }
}
