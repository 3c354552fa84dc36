/** What a broken invariant looks like. PROTOCOL.md, section 9. */

/** As numbered in PROTOCOL.md, section 9. */
export type InvariantId = 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I7' | 'I8' | 'I9' | 'I10' | 'I11'

export interface Violation {
  readonly id: InvariantId
  /** Its place in the topology; null when it takes several to break it. */
  readonly peer: number | null
  /** Virtual milliseconds. */
  readonly atMs: number
  readonly detail: string
}

/** @param peer its place in the topology; null when it takes several */
export type Report = (id: InvariantId, peer: number | null, detail: string) => void
