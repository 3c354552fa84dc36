/** What a peer of the kill -9 run tells its parent, a JSON object per line. */

export interface PeerInput {
  /** Absent for the one that is never killed. */
  readonly home?: string
  readonly manifest: string
  readonly listen: string
  readonly dial: readonly string[]
  /** Tells their optima apart. */
  readonly number: number
}

/** Where a peer stands. */
export interface Standing {
  readonly epoch: number
  /** −1 before the first. */
  readonly signedEpoch: number
  /** CRC-32 of what was trained and not sent. */
  readonly residual: number
  readonly updates: number
}

/** `dropped`: epochs of this life whose work the peer gave up by itself, as it counts them. */
export type PeerLine =
  /** It is as it was, and takes part. */
  | ({
      readonly type: 'ready'
      readonly key: string
      readonly addresses: readonly string[]
      /** What became of the database; null without a home. */
      readonly state: string | null
    } & Standing)
  /** Local steps for an epoch are done, but not sent. */
  | { readonly type: 'trained'; readonly dropped: number }
  | ({ readonly type: 'signed'; readonly dropped: number } & Standing)
  | { readonly type: 'epoch'; readonly epoch: number }
  | { readonly type: 'warning'; readonly message: string }
