/** What the process with the swarm tells the one that joins it. */
export type SwarmLine =
  | { readonly type: 'listening'; readonly addresses: readonly string[] }
  | {
      readonly type: 'standing'
      /** Of the slowest. */
      readonly epoch: number
      /** Epoch and hash in hex of each that each peer serves. */
      readonly snapshots: readonly string[]
      /** Of the newest of the first peer. */
      readonly bytes: number
      /** Longest that its event loop was blocked since the joiner began, milliseconds; local steps block it too. */
      readonly longestMs: number
    }
