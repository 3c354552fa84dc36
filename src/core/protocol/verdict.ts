/** What to do with an update that arrived, and why. PROTOCOL.md, section 6. */
import type { DecodeReason } from '../wire/error.js'

/** Only what an honest peer cannot have sent. Costs the sender score. */
export type RejectReason =
  | DecodeReason
  | 'bad-signature'
  | 'not-a-member'
  | 'weight-out-of-range'
  | 'value-out-of-range'
  | 'norm-too-large'
  | 'after-the-end'
  | 'not-drawn'

/** Not forwarded now; an honest peer may have sent it, so it costs nobody anything. */
export type IgnoreReason = 'duplicate' | 'stale' | 'far-future' | 'before-base' | 'draw-rate' | 'busy' | 'stopped'

export type Verdict =
  | { readonly kind: 'accept'; readonly news: 'update' | 'conflict' }
  | { readonly kind: 'ignore'; readonly reason: IgnoreReason }
  | { readonly kind: 'reject'; readonly reason: RejectReason }
