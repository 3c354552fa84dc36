/** Why bytes from the network were refused: a closed set, because each reason is also a metric's label. */
export type DecodeReason =
  | 'truncated'
  | 'trailing-bytes'
  | 'oversized'
  | 'not-canonical'
  | 'out-of-range'
  | 'unknown-version'
  | 'unsafe-key'
  | 'not-an-envelope'

/** The only error a decoder of this library throws for bad bytes. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError'

  constructor(
    readonly reason: DecodeReason,
    detail?: string
  ) {
    super(detail === undefined ? reason : `${reason}: ${detail}`)
  }
}
