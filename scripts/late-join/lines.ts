/** What passes between a peer that trains, in a process of its own, and the one that measures. */

export type ToPeer =
  | { readonly type: 'dial'; readonly addresses: readonly string[] }
  /** From here on its thread is watched. */
  | { readonly type: 'watch' }

export type FromPeer =
  | { readonly type: 'listening'; readonly addresses: readonly string[] }
  | {
      readonly type: 'standing'
      readonly epoch: number
      /** Epoch and hash in hex of each that it serves, the newest first. */
      readonly snapshots: readonly string[]
      /** Of the newest. */
      readonly bytes: number
      /** Longest that its thread was blocked since it is watched, milliseconds; the synthetic local steps block it too. */
      readonly blockedMs: number
    }
